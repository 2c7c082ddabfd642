internal import Foundation
internal import HTTPSupport
public import Kernel
public import NIOCore
internal import Storage

/// An environment's database as a whole: how much it holds, a copy of it, a picture of one moment.
extension Documents {
    /// How much an environment's database holds, without the log of changes.
    public func usage(_ environment: EnvironmentID) throws -> (bytes: Int64, collections: Int64) {
        let store = try store(environment)
        let bytes = try store.database.read { try $0.usedPages() * store.pageBytes - store.historyBytes($0) }
        return (max(0, bytes), Int64(store.catalog.count))
    }

    /// Makes the database of a new environment from that of another one, as it is at one moment.
    ///
    /// Ids of files in documents then name the copy's files, which have the same paths.
    /// - Parameter withDocuments: whether the documents come along; otherwise only collections, permissions and indexes do.
    public func copy(_ source: EnvironmentID, to copy: EnvironmentID, withDocuments: Bool) async throws {
        let from = try store(source)
        guard withDocuments else { return try await copyCollections(of: from, to: store(copy)) }
        switch place {
        case .files(let path):
            let path = try path(copy)
            try await offEventLoop {
                try from.database.snapshot(to: path)
                try DurableFile.sync(path)
                try DurableFile.sync(URL(fileURLWithPath: path).deletingLastPathComponent().path)
            }
        case .postgres: try await offEventLoop { try from.database.copy(toNamespace: DocumentsPlace.namespace(copy)) }
        }
        let to = try store(copy)
        // Whoever repeats a request repeats it where it was made; and what the source once was is its own history.
        let now = clock.now()
        try await to.database.write { connection in
            try connection.execute("DELETE FROM answers")
            try connection.execute("DELETE FROM changes")
            try connection.execute("DELETE FROM imports")
            try connection.execute("DELETE FROM restores")
            try connection.execute("DELETE FROM dropped WHERE returned_at IS NOT NULL")
            // Its own history begins here.
            try connection.execute("INSERT INTO changes (at, collection, kind, id) VALUES ($1, 0, 2, $2)", .int(now), .verbatim(""))
        }
        try await to.forgetDropped(before: .max)
        try await to.forgetFillings(except: [])
        for collection in to.catalog.all {
            var last: Int64? = -1
            while let after = last { last = try await to.renameFiles(of: source, to: copy, in: collection, after: after) }
        }
    }

    private func copyCollections(of from: DocumentStore, to: DocumentStore) async throws {
        for collection in from.catalog.all {
            _ = try await to.createCollection(collection.name, collection.access, collection.validator, now: clock.now())
            for index in collection.indexes {
                try await to.createIndex(index.definition.unmarked, on: collection.name)
            }
        }
    }

    /// A picture of the database at one moment, in a file of its own at `path`.
    public func picture(of environment: EnvironmentID, at path: String) async throws -> DatabasePicture {
        let store = try store(environment)
        return try await offEventLoop { [limits, clock] in
            if store.database.isShared {
                try store.draw(to: path)
            } else {
                try store.database.snapshot(to: path)
            }
            return DatabasePicture(try DocumentStore(path: path, limits: limits, clock: clock))
        }
    }
}

/// A database that nobody writes to any more.
public final class DatabasePicture: Sendable {
    /// One collection of it.
    public struct Part: Sendable {
        /// Its name.
        public let name: String
        /// Name, permission and indexes, as the management API shows them and a seed folder has them.
        public let description: JSON
        /// The bytes of all its lines.
        public let lineBytes: Int64
        let pages: DocumentExport

        /// The next lines, a document each; `nil` at the end.
        public func nextLines() throws -> ByteBuffer? { try pages.piece() }
    }

    private let store: DocumentStore

    init(_ store: DocumentStore) { self.store = store }

    /// Its collections by name.
    public func parts() throws -> [Part] {
        try store.catalog.all.map { collection in
            let bytes = try store.database.read { connection in
                try connection.first("SELECT coalesce(sum(length(body) + 1), 0) FROM d\(collection.number)") { $0.int(0) } ?? 0
            }
            return Part(
                name: collection.name,
                description: .object(collection.definition), lineBytes: bytes,
                pages: try DocumentExport(store, collection, ExportPlan(collection: collection.name), nil))
        }
    }

    /// Closes its file, which can then be removed.
    public func close() throws { try store.database.close() }
}

extension DocumentStore {
    private static let renamedAtOnce = 500

    /// Lets some documents that name files of one environment name those of another.
    /// - Returns: the last row that was looked at; `nil` when there were no more.
    fileprivate func renameFiles(of source: EnvironmentID, to copy: EnvironmentID, in collection: Collection, after: Int64) async throws -> Int64? {
        try await inTurn { [self] connection in
            var mutator = mutator(connection, try self.collection(collection.name))
            // What the source has, the copy has as well.
            mutator.validates = false
            var found: [(seq: Int64, document: JSONObject)] = []
            try connection.rows(
                "SELECT seq, body FROM d\(collection.number) WHERE seq > $1 AND \(connection.dialect.contains("body", "$2")) ORDER BY seq LIMIT \(Self.renamedAtOnce)",
                [.int(after), .blob(Array("cloud://\(source)".utf8))]
            ) { row in
                found.append((row.int(0), try row.document(1)))
                return true
            }
            for (seq, document) in found {
                guard case .object(let renamed) = JSON.object(document).renamingFiles(of: source, to: copy), renamed != document else { continue }
                try mutator.replace(seq, old: document, new: renamed, bytesMax: limits.documentBytesMax)
            }
            return found.last?.seq
        }
    }
}

extension JSON {
    /// With the ids of one environment's files as those of another's; WeChat writes a bucket behind the environment.
    fileprivate func renamingFiles(of source: EnvironmentID, to copy: EnvironmentID) -> JSON {
        switch self {
        case .string(let text):
            let old = "cloud://\(source)"
            guard text.contains(old) else { return self }
            return .string(text.replacing("\(old)/", with: "cloud://\(copy)/").replacing("\(old).", with: "cloud://\(copy)."))
        case .array(let elements): return .array(elements.map { $0.renamingFiles(of: source, to: copy) })
        case .object(let members):
            var renamed: JSONObject = [:]
            for (name, value) in members { renamed[name] = value.renamingFiles(of: source, to: copy) }
            return .object(renamed)
        default: return self
        }
    }
}
