internal import Foundation
internal import Kernel

/// Where the files of functions lie in an environment's folder.
struct FunctionFolders: Sendable {
    /// The folder of an environment.
    let environment: @Sendable (EnvironmentID) -> URL

    /// The contents of all deployments.
    func blobs(_ id: EnvironmentID) -> BlobStore { BlobStore(folder: environment(id).appendingPathComponent("blobs")) }

    /// Every version of a function.
    func versions(of name: String, in id: EnvironmentID) -> URL {
        environment(id).appendingPathComponent("functions").appendingPathComponent(name)
    }

    /// What a worker of one version runs.
    func version(_ number: Int, of name: String, in id: EnvironmentID) -> URL {
        versions(of: name, in: id).appendingPathComponent(String(number))
    }

    /// Makes `target` hold what `source` holds; files of versions never change, so both name the same ones.
    static func link(_ source: URL, to target: URL) throws {
        let manager = FileManager.default
        try manager.createDirectory(at: target, withIntermediateDirectories: true)
        for file in try VersionFile.all(in: source) {
            let place = target.appendingPathComponent(file.path)
            try manager.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
            guard try DurableFile.link(file.url.path, to: place.path) else {
                throw DurableFile.Failure("\(file.url.path) was removed while it was copied")
            }
        }
    }
}
