public import Foundation
internal import HTTPSupport
public import Kernel
internal import Storage

/// An environment's files as a whole: how much there is, a copy of all of it, reading all of it.
extension Files {
    private static let copiedAtOnce = 500

    /// How many files an environment has, and their bytes.
    public func usage(_ environment: EnvironmentID) throws -> (files: Int64, bytes: Int64) { try store(environment).totals() }

    /// Makes the files of one environment files of another one as well.
    ///
    /// Stored bytes never change, so both name the same ones; what one of them replaces or removes stays the other's.
    public func copy(_ source: EnvironmentID, to copy: EnvironmentID) async throws {
        let (from, to) = (try store(source), try store(copy))
        var after = ""
        while true {
            let page = try from.list(prefix: "", after: after, max: Self.copiedAtOnce)
            guard let last = page.last else { return }
            after = last.path
            let linked = try await offEventLoop { try page.compactMap { try from.link($0, into: to) } }
            try await offEventLoop { try DurableFile.sync(to.objects.path) }
            try await to.insert(linked)
        }
    }

    /// The first file of an environment behind `path`, opened; `nil` at the end.
    public func next(after path: String, in environment: EnvironmentID) throws -> OpenedFile? {
        let store = try store(environment)
        var path = path
        while let entry = try store.list(prefix: "", after: path, max: 1).first {
            if let opened = try OpenedFile(entry, at: store.url(of: entry.object)) { return opened }
            // Removed or replaced since it was listed: looked at again, which passes it where it is gone.
            if try store.find(entry.path) == nil { path = entry.path }
        }
        return nil
    }
}

/// A file's bytes, which stay readable whatever happens to the file.
public final class OpenedFile: Sendable {
    private static let pieceBytes = 256 << 10

    /// Where it lies.
    public let path: String
    /// How many bytes it has.
    public let size: Int64
    /// When it was stored, in milliseconds.
    public let updatedAt: Int64
    private let handle: FileHandle

    /// - Returns: `nil` when the bytes are gone.
    init?(_ entry: FileStore.Entry, at url: URL) throws {
        let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0, errno == ENOENT { return nil }
        guard descriptor >= 0 else { throw DurableFile.Failure("cannot open \(url.path): \(String(cString: strerror(errno)))") }
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        path = entry.path
        size = entry.size
        updatedAt = entry.updatedAt
    }

    /// The next bytes; `nil` at the end.
    public func nextPiece() async throws -> Data? {
        try await offEventLoop { [handle] in try handle.read(upToCount: Self.pieceBytes) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension FileStore {
    /// Gives a file's bytes a name in another store.
    /// - Returns: what was linked; `nil` when the file was removed meanwhile.
    fileprivate func link(_ entry: Entry, into other: FileStore) throws -> Entry? {
        var current: Entry? = entry
        while let entry = current {
            if try DurableFile.link(url(of: entry.object).path, to: other.url(of: entry.object).path) { return entry }
            current = try find(entry.path)
        }
        return nil
    }

    fileprivate func insert(_ entries: [Entry]) async throws {
        try await database.write { connection in
            for entry in entries {
                try connection.execute(
                    "INSERT INTO files (path, object, size, owner, updated_at) VALUES ($1, $2, $3, $4, $5)", .text(entry.path), .text(entry.object),
                    .int(entry.size), .text(entry.owner), .int(entry.updatedAt))
            }
        }
    }
}
