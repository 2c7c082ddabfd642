internal import Coupons
internal import Documents
internal import Foundation
internal import Functions
internal import HTTPSupport
internal import Identity
internal import Kernel
internal import NIOCore
internal import Rehearsals
internal import Tenancy

// Hummingbird has one, too.
internal import struct Tenancy.Environment

/// Makes and removes the copies on which rehearsals run.
///
/// Documents are masked on their way: what the copy's disk holds was never anybody's. Users and files stay behind; timers and triggers do not run.
struct ShadowMaker: Sendable {
    private static let usersAtOnce = 1000
    /// So many users are known by name while documents are masked.
    private static let usersMax = 500_000

    let parts: EnvironmentParts

    /// Makes a copy; what fails leaves nothing.
    func make(of source: EnvironmentID, _ wanted: ShadowRequest) async throws -> EnvironmentID {
        let environment = try parts.tenancy.environment(source)
        let place = try parts.places.take(for: environment.organization)
        defer { withExtendedLifetime(place) {} }
        let id = try await parts.tenancy.beginMaking()
        do {
            try await parts.documents.copy(source, to: id, withDocuments: false)
            try await copyDocuments(of: source, to: id, Mask(users: users(of: source), declared: wanted.masked))
            try await parts.coupons.copyPublished(source, to: id)
            try await parts.functions.copy(source, to: id, withTriggers: false)
            _ = try await parts.tenancy.finishShadow(id, of: source)
            try await prepare(id, wanted.prepare)
            return id
        } catch {
            await parts.giveUp(id)
            throw error
        }
    }

    private func users(of source: EnvironmentID) async throws -> Set<String> {
        try await offEventLoop { [identity = parts.identity] in
            var users: Set<String> = []
            var last = ""
            while users.count < Self.usersMax {
                let page = try identity.users(of: source, afterOpenid: last, max: Self.usersAtOnce)
                guard let end = page.last else { break }
                last = end.openid
                users.formUnion(page.map(\.openid))
            }
            return users
        }
    }

    private func copyDocuments(of source: EnvironmentID, to id: EnvironmentID, _ mask: Mask) async throws {
        let folder = try parts.folder.newArchiveFolder()
        // What cannot be removed now is removed at the next start.
        defer { try? FileManager.default.removeItem(at: folder) }
        let picture = try await parts.documents.picture(of: source, at: folder.appendingPathComponent("documents.sqlite").path)
        defer { try? picture.close() }
        let context = CallContext(environment: id, caller: .key, requestID: RequestID.make())
        for collection in try picture.parts() {
            let name = collection.name
            let lines = AsyncThrowingStream<ByteBuffer, any Error> {
                try await offEventLoop {
                    guard let lines = try collection.nextLines() else { return nil }
                    return try Self.masked(lines, mask, name)
                }
            }
            // A document that its collection's validator refuses once it is masked is left out: its absence slows nothing down.
            _ = try await parts.documents.importDocuments(lines, ImportPlan(collection: name, format: .json, stopsOnError: false), context)
        }
    }

    private static func masked(_ lines: ByteBuffer, _ mask: Mask, _ collection: String) throws -> ByteBuffer {
        var out = ByteBuffer()
        for line in lines.readableBytesView.split(separator: 10) {
            guard let document = try JSON(parsing: Array(line)).objectValue else { continue }
            out.writeBytes(JSON.object(mask.masked(document, in: collection)).serialized())
            out.writeInteger(UInt8(10))
        }
        return out
    }

    /// What the merchant does to the copy before the load comes, such as filling up the stock.
    private func prepare(_ id: EnvironmentID, _ operations: [JSON]) async throws {
        let context = CallContext(environment: id, caller: .key, requestID: RequestID.make())
        for operation in operations {
            _ = try await parts.documents.perform(ByteBuffer(bytes: operation.serialized()), idempotencyKey: nil, context)
        }
    }
}
