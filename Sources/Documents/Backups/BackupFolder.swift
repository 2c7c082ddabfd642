internal import Crypto
public import Foundation
internal import Kernel

/// The folder of backups: `<root>/<environment>/<moment>-<kind>.sqlite`.
///
/// What lies there is what there is: a file that somebody has copied back counts like one that was made here, and a file whose
/// name does not tell a moment and a kind is not looked at.
public struct BackupFolder: Sendable {
    private static let ending = ".sqlite"
    private static let unfinishedEnding = ".part"
    private let root: URL
    /// Begins the names of what is being made: several servers may share the folder, and none may take another's for its own of yesterday.
    private let mark: String

    /// The folder at `root`, which is made when it is first needed.
    /// - Parameter server: what tells the server from others that use the same folder.
    public init(_ root: URL, server: String) {
        self.root = root
        mark = SHA256.hash(data: Data(server.utf8)).prefix(8).map { String($0, radix: 36) }.joined() + "-"
    }

    func folder(_ environment: EnvironmentID) -> URL { root.appendingPathComponent(environment.text) }

    /// Makes a backup: `fill` writes the file aside, which then gets its name in one step, durably.
    func make(_ kind: Backup.Kind, at now: Int64, _ environment: EnvironmentID, fill: (_ path: String) throws -> Void) throws -> Backup {
        let folder = folder(environment)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        var backup = Backup(at: now, kind: kind, bytes: 0)
        // Two within a millisecond are two.
        while FileManager.default.fileExists(atPath: path(backup.id, environment)) { backup = Backup(at: backup.at + 1, kind: kind, bytes: 0) }
        let aside = folder.appendingPathComponent(mark + RandomText.make(12, alphabet: RandomText.readable) + Self.unfinishedEnding).path
        do {
            guard FileManager.default.createFile(atPath: aside, contents: nil, attributes: [.posixPermissions: 0o600]) else {
                throw DurableFile.Failure("cannot create \(aside): \(String(cString: strerror(errno)))")
            }
            try fill(aside)
            try DurableFile.sync(aside)
            try DurableFile.move(aside, to: path(backup.id, environment))
        } catch {
            Self.removeFiles(of: aside)
            throw error
        }
        return Backup(at: backup.at, kind: kind, bytes: Self.size(path(backup.id, environment)) ?? 0)
    }

    /// The backups of an environment, the newest first.
    func all(_ environment: EnvironmentID) throws -> [Backup] {
        let folder = folder(environment)
        guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).compactMap { name in
            guard name.hasSuffix(Self.ending) else { return nil }
            return find(String(name.dropLast(Self.ending.count)), environment)
        }.sorted { ($0.at, $0.kind.rawValue) > ($1.at, $1.kind.rawValue) }
    }

    /// The backup with an id; `nil` where there is none.
    func find(_ id: String, _ environment: EnvironmentID) -> Backup? {
        guard let named = Backup(id: id), let bytes = Self.size(path(named.id, environment)) else { return nil }
        return Backup(at: named.at, kind: named.kind, bytes: bytes)
    }

    /// Where the file of a backup lies.
    func path(_ id: String, _ environment: EnvironmentID) -> String { folder(environment).appendingPathComponent(id + Self.ending).path }

    /// Removes a backup.
    func remove(_ backup: Backup, _ environment: EnvironmentID) throws {
        Self.removeFiles(of: path(backup.id, environment))
        try DurableFile.sync(folder(environment).path)
    }

    /// Removes all backups of an environment.
    func remove(_ environment: EnvironmentID) throws {
        let folder = folder(environment)
        if FileManager.default.fileExists(atPath: folder.path) { try FileManager.default.removeItem(at: folder) }
    }

    /// Removes what this server was making when it ended.
    func removeUnfinished() throws {
        let manager = FileManager.default
        guard manager.fileExists(atPath: root.path) else { return }
        for environment in try manager.contentsOfDirectory(atPath: root.path).compactMap(EnvironmentID.init) {
            let folder = folder(environment)
            for name in try manager.contentsOfDirectory(atPath: folder.path) where name.hasPrefix(mark) && name.contains(Self.unfinishedEnding) {
                try manager.removeItem(at: folder.appendingPathComponent(name))
            }
        }
    }

    /// SQLite keeps more beside a file that is open.
    private static func removeFiles(of path: String) { for more in ["", "-wal", "-shm", "-journal"] { unlink(path + more) } }

    private static func size(_ path: String) -> Int64? {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : nil
    }
}

/// A backup of an environment's database.
struct Backup: Sendable, Hashable {
    enum Kind: String, Sendable, CaseIterable {
        /// Made by itself, and removed when enough newer ones are there.
        case scheduled
        /// Made because somebody wanted it, and kept until somebody removes it.
        case manual
    }

    /// When it was made, in milliseconds.
    let at: Int64
    let kind: Kind
    let bytes: Int64

    var id: String { "\(at)-\(kind.rawValue)" }

    var json: JSON { ["id": .string(id), "kind": .string(kind.rawValue), "at": .int(at), "bytes": .int(bytes)] }
}

extension Backup {
    /// What an id says; `nil` where it is none.
    init?(id: String) {
        let parts = id.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let at = Int64(parts[0]), at >= 0, String(at) == parts[0], let kind = Kind(rawValue: String(parts[1])) else { return nil }
        self.init(at: at, kind: kind, bytes: 0)
    }
}
