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
        return .json(try await documents.document(context.parameters.require("collection"), id: context.parameters.requireDecoded("id"), call))
    }
}
