public import Foundation
internal import HTTPSupport
public import Kernel
internal import NIOCore

/// Deploying a folder of this machine: the sample shop at start-up or at the press of a button.
extension Functions {
    /// Deploys every function folder in `folder`: its files, and the triggers of its `config.json`.
    public func deployFolders(in folder: URL, to environment: EnvironmentID) async throws {
        let manager = FileManager.default
        for name in try manager.contentsOfDirectory(atPath: folder.path).sorted() {
            let function = folder.appendingPathComponent(name)
            guard manager.fileExists(atPath: function.appendingPathComponent("index.js").path) else { continue }
            let files = try await offEventLoop { [blobs = folders.blobs(environment)] in try Self.store(filesIn: function, blobs) }
            var request: JSONObject = ["files": .array(files)]
            if let config = manager.contents(atPath: function.appendingPathComponent("config.json").path) {
                request["triggers"] = try JSON(parsing: Array(config))["triggers"] ?? []
            }
            _ = try await deployments.deploy(name, to: environment, DeploymentRequest(request, limits: limits))
        }
    }

    private static func store(filesIn folder: URL, _ blobs: BlobStore) throws -> [JSON] {
        try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted().compactMap { path in
            let url = folder.appendingPathComponent(path)
            guard try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { return nil }
            let bytes = ByteBuffer(bytes: try Data(contentsOf: url))
            let hash = BlobStore.hash(bytes)
            try blobs.put(bytes, hash: hash)
            return ["path": .string(path), "hash": .string(hash)]
        }
    }
}
