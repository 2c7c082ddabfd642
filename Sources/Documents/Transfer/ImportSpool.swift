public import Foundation
internal import Kernel

/// The folder of files that are being imported: `<root>/<environment>/<import>`.
public struct ImportSpool: Sendable {
    private let root: URL

    /// Makes a spool; its folder is made when it is first needed.
    public init(_ root: URL) { self.root = root }

    func folder(_ environment: EnvironmentID) -> URL { root.appendingPathComponent(environment.text) }

    func file(_ id: String, _ environment: EnvironmentID) -> URL { folder(environment).appendingPathComponent(id) }

    /// The bytes that have come of a file; `nil` where there is none.
    func size(_ id: String, _ environment: EnvironmentID) -> Int64? {
        var status = stat()
        return stat(file(id, environment).path, &status) == 0 ? Int64(status.st_size) : nil
    }

    /// A handle at the end of a file, which is made where it is missing.
    func open(_ id: String, _ environment: EnvironmentID) throws -> FileHandle {
        let file = file(id, environment)
        if !FileManager.default.fileExists(atPath: file.path) {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            guard FileManager.default.createFile(atPath: file.path, contents: nil, attributes: [.posixPermissions: 0o600]) else {
                throw DurableFile.Failure("cannot create \(file.path): \(String(cString: strerror(errno)))")
            }
        }
        let handle = try FileHandle(forWritingTo: file)
        try handle.seekToEnd()
        return handle
    }

    /// Removes a file; that it is not there is as good.
    func remove(_ id: String, _ environment: EnvironmentID) { unlink(file(id, environment).path) }

    /// Removes all files of an environment.
    func remove(_ environment: EnvironmentID) throws {
        let folder = folder(environment)
        if FileManager.default.fileExists(atPath: folder.path) { try FileManager.default.removeItem(at: folder) }
    }

    /// The environments with files, and the files' names with the moment when something last came, in milliseconds.
    func all() throws -> [(environment: EnvironmentID, files: [(id: String, changedAt: Int64)])] {
        let manager = FileManager.default
        guard manager.fileExists(atPath: root.path) else { return [] }
        return try manager.contentsOfDirectory(atPath: root.path).compactMap { name in
            guard let environment = EnvironmentID(name) else { return nil }
            let files = try manager.contentsOfDirectory(atPath: folder(environment).path).map { id in
                let changed = try manager.attributesOfItem(atPath: file(id, environment).path)[.modificationDate] as? Date
                return (id, Int64((changed ?? .distantPast).timeIntervalSince1970 * 1000))
            }
            return (environment, files)
        }
    }
}
