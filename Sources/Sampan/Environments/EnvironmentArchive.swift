internal import Coupons
internal import Documents
internal import Files
internal import Foundation
internal import Functions
internal import HTTPSupport
internal import Hummingbird
internal import Identity
internal import Kernel
internal import NIOCore
internal import Tenancy

// Hummingbird has one, too.
internal import struct Tenancy.Environment

/// Everything of one environment as a tar archive of open formats, written piece by piece.
///
/// Documents are those of one moment. Files come as they are when their turn comes; none is cut off or mixed up with another.
final class EnvironmentArchive: Sendable {
    private static let usersAtOnce = 1000
    private static let pieceBytes = 256 << 10

    private let parts: EnvironmentParts
    private let place: Places.Place
    private let environment: Environment
    private let exportedAt: Int64
    /// For what has to be written down before its size is known; gone with this value.
    private let folder: URL
    private let picture: DatabasePicture
    /// The files of coupons in `folder`.
    private let couponFiles: [String]

    /// Takes the picture of what changes; the rest is read while it is sent.
    init(of environment: Environment, _ parts: EnvironmentParts, now: Int64) async throws {
        self.parts = parts
        self.environment = environment
        place = try parts.places.take(for: environment.organization)
        exportedAt = now
        let folder = try parts.folder.newArchiveFolder()
        self.folder = folder
        do {
            picture = try await parts.documents.picture(of: environment.id, at: folder.appendingPathComponent("documents.sqlite").path)
            let users = folder.appendingPathComponent("users.jsonl")
            try await offEventLoop { [identity = parts.identity] in try Self.writeUsers(of: environment.id, identity, to: users) }
            couponFiles = try await parts.coupons.write(environment.id, into: folder)
        } catch {
            // Removed at the next start if not now.
            try? FileManager.default.removeItem(at: folder)
            throw error
        }
    }

    deinit {
        // What cannot be removed now is removed at the next start.
        try? picture.close()
        try? FileManager.default.removeItem(at: folder)
    }

    /// What a browser is to call it.
    var fileName: String {
        let name = environment.name.map { "/\\\"".contains($0) || $0.isNewline ? "-" : $0 }
        return "\(String(name))-\(DateText.iso8601(fromMilliseconds: exportedAt).prefix(10)).tar"
    }

    /// Writes the whole archive.
    func write(to writer: inout any ResponseBodyWriter) async throws {
        let collections = try picture.parts()
        try await write("environment.json", try about(), to: &writer)
        try await write("settings.json", try settings(), to: &writer)
        try await write("collections.json", .array(collections.map(\.description)), to: &writer)
        for collection in collections { try await write(collection, to: &writer) }
        try await writeUsers(to: &writer)
        for name in couponFiles { try await write(fileAt: folder.appendingPathComponent(name), as: "coupons/\(name)", to: &writer) }
        for function in try await parts.functions.deployed(in: environment.id) { try await write(function, to: &writer) }
        try await writeFiles(to: &writer)
        try await writer.write(ByteBuffer(bytes: TarEntry.end))
    }

    // MARK: Parts

    private func about() throws -> JSON {
        [
            "format": "sampan-environment", "version": 1, "exportedAt": .int(exportedAt), "environment": environment.json,
            "quotas": parts.tenancy.quotas(of: environment.id).json,
        ]
    }

    /// Without secrets; of the variables only their names.
    private func settings() throws -> JSON {
        var settings = try parts.tenancy.shownSettings(environment.id).objectValue ?? [:]
        settings["variables"] = .array(settings["variables"]?.objectValue?.map { .string($0.key) } ?? [])
        return .object(settings)
    }

    private func write(_ path: String, _ json: JSON, modifiedAt: Int64? = nil, to writer: inout any ResponseBodyWriter) async throws {
        let bytes = json.serialized() + [10]
        try await begin(path, size: Int64(bytes.count), modifiedAt: modifiedAt, to: &writer)
        try await writer.write(ByteBuffer(bytes: bytes))
        try await end(Int64(bytes.count), to: &writer)
    }

    private func write(_ collection: DatabasePicture.Part, to writer: inout any ResponseBodyWriter) async throws {
        try await begin("documents/\(collection.name).jsonl", size: collection.lineBytes, to: &writer)
        while let lines = try await offEventLoop({ try collection.nextLines() }) { try await writer.write(lines) }
        try await end(collection.lineBytes, to: &writer)
    }

    private func writeUsers(to writer: inout any ResponseBodyWriter) async throws {
        try await write(fileAt: folder.appendingPathComponent("users.jsonl"), as: "users.jsonl", to: &writer)
    }

    private func write(_ function: Functions.Deployed, to writer: inout any ResponseBodyWriter) async throws {
        try await write("functions/\(function.name).json", function.manifest, modifiedAt: function.deployedAt, to: &writer)
        for file in function.files {
            try await write(
                fileAt: file.url, as: "functions/\(function.name)/\(file.path)", modifiedAt: function.deployedAt, isExecutable: file.isExecutable,
                to: &writer)
        }
    }

    private func writeFiles(to writer: inout any ResponseBodyWriter) async throws {
        var last = ""
        while let file = try parts.files.next(after: last, in: environment.id) {
            last = file.path
            try await begin("files/\(file.path)", size: file.size, modifiedAt: file.updatedAt, to: &writer)
            while let piece = try await file.nextPiece() { try await writer.write(ByteBuffer(bytes: piece)) }
            try await end(file.size, to: &writer)
        }
    }

    private static func writeUsers(of environment: EnvironmentID, _ identity: Identity, to file: URL) throws {
        guard FileManager.default.createFile(atPath: file.path, contents: nil, attributes: [.posixPermissions: 0o600]) else {
            throw DurableFile.Failure("cannot create \(file.path)")
        }
        let handle = try FileHandle(forWritingTo: file)
        var last = ""
        while true {
            let users = try identity.users(of: environment, afterOpenid: last, max: usersAtOnce)
            guard let end = users.last else { break }
            last = end.openid
            try handle.write(contentsOf: users.flatMap { $0.json.serialized() + [10] })
        }
        try handle.close()
    }

    // MARK: Entries

    private func write(
        fileAt url: URL, as path: String, modifiedAt: Int64? = nil, isExecutable: Bool = false, to writer: inout any ResponseBodyWriter
    ) async throws {
        let handle = try FileHandle(forReadingFrom: url)
        let size = Int64(try handle.seekToEnd())
        try handle.seek(toOffset: 0)
        try await begin(path, size: size, modifiedAt: modifiedAt, isExecutable: isExecutable, to: &writer)
        while let piece = try await offEventLoop({ try handle.read(upToCount: Self.pieceBytes) }), !piece.isEmpty {
            try await writer.write(ByteBuffer(bytes: piece))
        }
        try await end(size, to: &writer)
    }

    private func begin(
        _ path: String, size: Int64, modifiedAt: Int64? = nil, isExecutable: Bool = false, to writer: inout any ResponseBodyWriter
    ) async throws {
        let entry = TarEntry(path: path, size: size, modifiedAt: modifiedAt ?? exportedAt, isExecutable: isExecutable)
        try await writer.write(ByteBuffer(bytes: entry.header))
    }

    private func end(_ size: Int64, to writer: inout any ResponseBodyWriter) async throws {
        let padding = TarEntry.padding(after: size)
        if !padding.isEmpty { try await writer.write(ByteBuffer(bytes: padding)) }
    }
}
