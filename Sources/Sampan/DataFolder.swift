internal import Foundation
internal import Kernel

/// What lies where in the data folder.
///
/// Only the owner can read it.
///
/// ```
/// data/
///   control.sqlite            environments, keys, users, functions, queue
///   operator.key              the operator's key
///   keys/master.key           seals secrets; back it up apart from the rest
///   logs/access.log
///   load                      when this node ran, and what all environments' load has in common
///   archives/                 what is being exported; emptied at the start
///   backups/<id>/             backups of databases, unless --backups names another folder
///   imports/<id>/             files of documents that are being imported
///   env/<id>/documents.sqlite, coupons.sqlite, logs.sqlite, files.sqlite, load, objects/, blobs/, functions/<name>/<version>/
/// ```
struct DataFolder: Sendable {
    let root: URL
    private let lock: Int32

    init(_ root: URL) throws {
        self.root = root
        let manager = FileManager.default
        for folder in ["", "keys", "logs", "env", "workers"] {
            let url = root.appendingPathComponent(folder)
            do {
                try manager.createDirectory(at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            } catch {
                throw StartError("The data folder \(url.path) cannot be made: \(error.localizedDescription). Choose another with --data.")
            }
        }
        try manager.setAttributes([.posixPermissions: 0o700], ofItemAtPath: root.path)
        lock = open(root.appendingPathComponent("lock").path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0, Self.take(lock) else {
            throw StartError("Another server uses the data folder \(root.path). Stop it, or choose another folder with --data.")
        }
        let archives = root.appendingPathComponent("archives")
        do {
            if manager.fileExists(atPath: archives.path) { try manager.removeItem(at: archives) }
            try manager.createDirectory(at: archives, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        } catch {
            throw StartError("The folder \(archives.path) cannot be emptied: \(error.localizedDescription). Remove it and start again.")
        }
    }

    /// Takes the lock, and waits a moment for one who is just leaving: a server that was killed may have a child on its way from
    /// `fork` to `exec`, which holds the lock until then.
    private static func take(_ lock: Int32) -> Bool {
        for _ in 0..<leavingTries {
            if flock(lock, LOCK_EX | LOCK_NB) == 0 { return true }
            usleep(leavingMicroseconds)
        }
        return flock(lock, LOCK_EX | LOCK_NB) == 0
    }

    /// Together two seconds.
    private static let leavingTries = 100
    private static let leavingMicroseconds: UInt32 = 20_000

    /// A folder for one archive that is being made.
    func newArchiveFolder() throws -> URL {
        let url = root.appendingPathComponent("archives").appendingPathComponent(RandomText.make(16, alphabet: RandomText.readable))
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        return url
    }

    func file(_ name: String) -> URL { root.appendingPathComponent(name) }

    /// The folder of an environment, made when it is first asked for.
    func environment(_ id: EnvironmentID) throws -> URL {
        let url = root.appendingPathComponent("env").appendingPathComponent(id.text)
        if !FileManager.default.fileExists(atPath: url.path) {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        }
        return url
    }

    func path(_ id: EnvironmentID) -> URL { root.appendingPathComponent("env").appendingPathComponent(id.text) }

    /// The operator's key, made at the first start.
    func operatorKey() throws -> String {
        let url = file("operator.key")
        if let stored = try? String(contentsOf: url, encoding: .utf8) {
            let key = stored.trimmingCharacters(in: .whitespacesAndNewlines)
            guard key.utf8.count >= 20 else { throw StartError("\(url.path) is damaged. Remove it and start again for a new key.") }
            return key
        }
        let key = "sk-" + RandomText.make(40)
        try Array((key + "\n").utf8).withUnsafeBytes { try DurableFile.write($0, to: url.path) }
        return key
    }
}
