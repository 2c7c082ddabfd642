internal import Foundation
internal import HTTPSupport
internal import Kernel
internal import Storage

/// The files of one environment: rows in `files.sqlite`, bytes in `objects/`, where an object never changes.
///
/// An object is on disk before its row is, and goes after its row has gone, so a row always has its bytes.
final class FileStore: Sendable {
    /// A stored file.
    struct Entry: Sendable {
        let path: String
        let object: String
        let size: Int64
        let owner: String
        let updatedAt: Int64
    }

    private static let migrations = [
        Migration(
            "files-1",
            """
            CREATE TABLE files (
                path TEXT PRIMARY KEY, object TEXT NOT NULL, size INTEGER NOT NULL, owner TEXT NOT NULL, updated_at INTEGER NOT NULL) WITHOUT ROWID;
            """),
        // One row that says how much there is, kept by the engine in the same commit, so that nobody has to count.
        Migration(
            "files-2",
            """
            CREATE TABLE totals (files INTEGER NOT NULL, bytes INTEGER NOT NULL);
            INSERT INTO totals (files, bytes) SELECT count(*), coalesce(sum(size), 0) FROM files;
            CREATE TRIGGER files_inserted AFTER INSERT ON files BEGIN
                UPDATE totals SET files = files + 1, bytes = bytes + NEW.size;
            END;
            CREATE TRIGGER files_updated AFTER UPDATE ON files BEGIN
                UPDATE totals SET bytes = bytes + NEW.size - OLD.size;
            END;
            CREATE TRIGGER files_deleted AFTER DELETE ON files BEGIN
                UPDATE totals SET files = files - 1, bytes = bytes - OLD.size;
            END;
            """),
    ]

    let database: Database
    let objects: URL
    /// The environment's quotas as they are now.
    private let quotas: @Sendable () -> EnvironmentQuotas

    init(folder: URL, quotas: @escaping @Sendable () -> EnvironmentQuotas) throws {
        self.quotas = quotas
        objects = folder.appendingPathComponent("objects")
        try FileManager.default.createDirectory(at: objects, withIntermediateDirectories: true)
        database = try Database(path: folder.appendingPathComponent("files.sqlite").path, readers: 2)
        try database.migrate(Self.migrations)
    }

    /// A place for a new object's bytes while they arrive.
    func newObject() -> (name: String, part: URL) {
        let name = RandomText.make(24, alphabet: RandomText.readable)
        return (name, objects.appendingPathComponent(name + ".part"))
    }

    func url(of object: String) -> URL { objects.appendingPathComponent(object) }

    func find(_ path: String) throws -> Entry? {
        try database.read { connection in
            try connection.first("SELECT path, object, size, owner, updated_at FROM files WHERE path = $1", .text(path), transform: Self.entry)
        }
    }

    func list(prefix: String, after: String, max: Int) throws -> [Entry] {
        try database.read { connection in
            try connection.all(
                "SELECT path, object, size, owner, updated_at FROM files WHERE path > $1 AND substr(path, 1, length($2)) = $2 ORDER BY path LIMIT $3",
                .text(after), .text(prefix), .int(Int64(max)), transform: Self.entry)
        }
    }

    /// Puts an object whose bytes are synced under `path`, in place of what was there.
    /// - Parameter mayReplace: asked with the owner of what is there.
    func commit(_ object: String, at path: String, size: Int64, owner: String, now: Int64, mayReplace: @escaping @Sendable (String) -> Bool) async throws {
        let (part, whole) = (url(of: object + ".part").path, url(of: object).path)
        try await offEventLoop { try DurableFile.move(part, to: whole) }
        let replaced: String?
        do {
            replaced = try await database.write { [self] connection in
                let old = try connection.first("SELECT object, owner FROM files WHERE path = $1", .text(path)) { ($0.text(0), $0.text(1)) }
                if let old, !mayReplace(old.1) { throw SampanError.fileNotYours(path) }
                // In the writer's turn: two that fit alone and not together cannot both pass.
                try requireRoom(for: size, at: path, connection)
                try connection.execute(
                    """
                    INSERT INTO files (path, object, size, owner, updated_at) VALUES ($1, $2, $3, $4, $5)
                    ON CONFLICT (path) DO UPDATE SET object = excluded.object, size = excluded.size, owner = excluded.owner, updated_at = excluded.updated_at
                    """, .text(path), .text(object), .int(size), .text(owner), .int(now))
                return old?.0
            }
        } catch {
            discard(url(of: object))
            throw error
        }
        if let replaced { discard(url(of: replaced)) }
    }

    /// How many files there are, and their bytes.
    func totals() throws -> (files: Int64, bytes: Int64) { try database.read { try Self.totals($0) } }

    private static func totals(_ connection: Connection) throws -> (files: Int64, bytes: Int64) {
        try connection.first("SELECT files, bytes FROM totals") { ($0.int(0), $0.int(1)) } ?? (0, 0)
    }

    /// Throws unless a file of this size fits at `path`, as far as one can say before the writer's turn.
    func requireRoom(for size: Int64, at path: String) throws { try database.read { try requireRoom(for: size, at: path, $0) } }

    private func requireRoom(for size: Int64, at path: String, _ connection: Connection) throws {
        let quotas = quotas()
        guard quotas[.fileBytes] != nil || quotas[.files] != nil else { return }
        let now = try Self.totals(connection)
        let replaced = try connection.first("SELECT size FROM files WHERE path = $1", .text(path)) { $0.int(0) }
        try quotas.require(.files, before: now.files, after: now.files + (replaced == nil ? 1 : 0))
        try quotas.require(.fileBytes, before: now.bytes, after: now.bytes + size - (replaced ?? 0))
    }

    /// Removes a file.
    ///
    /// - Returns: whether it was there.
    func remove(_ path: String, mayRemove: @escaping @Sendable (String) -> Bool) async throws -> Bool {
        let removed = try await database.write { connection -> String? in
            let old = try connection.first("SELECT object, owner FROM files WHERE path = $1", .text(path)) { ($0.text(0), $0.text(1)) }
            guard let old else { return nil }
            guard mayRemove(old.1) else { throw SampanError.fileNotYours(path) }
            try connection.execute("DELETE FROM files WHERE path = $1", .text(path))
            return old.0
        }
        if let removed { discard(url(of: removed)) }
        return removed != nil
    }

    /// Removes bytes that no row names.
    ///
    /// Failing leaves an orphan that costs space and nothing else.
    func discard(_ url: URL) { try? FileManager.default.removeItem(at: url) }

    static func entry(_ row: Row) -> Entry {
        Entry(path: row.text(0), object: row.text(1), size: row.int(2), owner: row.text(3), updatedAt: row.int(4))
    }
}

extension SampanError {
    static func fileNotYours(_ path: String) -> SampanError {
        forbidden(
            Localized("\"\(path.prefix(100))\" was uploaded by someone else.", zh: "“\(path.prefix(100))” 由其他用户上传。"),
            remedy: Localized("Use another cloudPath, or do it in a cloud function.", zh: "请换用其他 cloudPath,或在云函数中操作。"))
    }
}
