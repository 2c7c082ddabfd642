internal import Foundation
public import HTTPSupport
public import Hummingbird
internal import Kernel
internal import NIOCore

/// The database for clients: `/v1/database`.
public struct DocumentsRoutes: Sendable {
    private let documents: Documents

    /// Makes the routes.
    public init(_ documents: Documents) { self.documents = documents }

    /// Adds them to `router`.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        router.post("/v1/database", use: perform)
        router.get("/v1/database/:collection/:id", use: document)
    }

    private func perform(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let call = try context.requireCall()
        let body = try await request.bytes(upTo: documents.limits.bodyBytesMax)
        return .json(try await documents.perform(body, idempotencyKey: request.idempotencyKeyChecked(), call))
    }

    private func document(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let call = try context.requireCall()
        return .json(try documents.document(context.parameters.require("collection"), id: context.parameters.requireDecoded("id"), call))
    }
}

extension Request {
    /// The idempotency key, if one was sent.
    func idempotencyKeyChecked() throws -> String? {
        guard let key = headers[.idempotencyKey] else { return nil }
        guard (1...128).contains(key.utf8.count) else { throw SampanError.badMember("Idempotency-Key", Localized("1 to 128 bytes", zh: " 1 到 128 字节")) }
        return key
    }
}

extension Parameters {
    /// A path parameter with its percent escapes undone.
    func requireDecoded(_ name: String) throws -> String {
        let text = try require(name)
        guard text.utf8.contains(37) else { return text }
        guard let decoded = text.removingPercentEncoding else { throw SampanError.badMember(name, Localized("a well-formed path", zh: "格式正确的路径")) }
        return decoded
    }
}
