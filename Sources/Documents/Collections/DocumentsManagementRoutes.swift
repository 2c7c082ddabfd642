public import HTTPSupport
public import Hummingbird
internal import Kernel
internal import NIOCore

/// Collections and indexes: `/admin/v1/environments/{env}/…`.
public struct DocumentsManagementRoutes: Sendable {
    private static let bodyBytesMax = 64 << 10
    private let documents: Documents

    /// Makes the routes.
    public init(_ documents: Documents) { self.documents = documents }

    /// Adds them to `router`.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        let group = router.group("/admin/v1/environments/:env")
        group.get("collections", use: list)
        group.post("collections", use: create)
        group.get("collections/:name", use: show)
        group.patch("collections/:name", use: change)
        group.delete("collections/:name", use: drop)
        group.get("collections/:name/schema", use: schema)
        group.post("collections/:name/rules/test", use: testRules)
        group.post("collections/:name/restore", use: restore)
        group.post("collections/:name/indexes", use: createIndex)
        group.delete("collections/:name/indexes/:index", use: dropIndex)
        group.post("database", use: perform)
        group.get("database/slow", use: slowQueries)
        group.post("database/restore", use: restoreAll)
        group.get("database/dropped", use: droppedCollections)
        group.delete("database/dropped/:number", use: removeDropped)
    }

    private func list(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let search = TextSearch(request)
        let wanted = try documents.collectionNames(context.managedEnvironment()).filter { search.fits($0) }
        // Counting documents takes time, so only what is shown is described.
        let environment = try context.managedEnvironment()
        return .json(try ListWindow(request).page("collections", wanted, position: \.self) { try documents.collection($0, environment) })
    }

    private func create(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let environment = try context.managedEnvironment()
        let body = try await request.jsonObject(upTo: Self.bodyBytesMax)
        let name = try body.text("name")
        let created = try await documents.createCollection(
            name, permission: body.optionalText("permission"), rules: body["rules"], validation: body, environment)
        return try shown(name, environment, status: created ? .created : .ok)
    }

    private func show(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try shown(context.parameters.require("name"), context.managedEnvironment())
    }

    private func shown(_ name: String, _ environment: EnvironmentID, status: HTTPResponse.Status = .ok) throws -> Response {
        .tagged(try documents.collection(name, environment), try documents.collectionTag(name, environment), status: status)
    }

    private func change(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let environment = try context.managedEnvironment()
        let name = try context.parameters.require("name")
        let body = try await request.jsonObject(upTo: Self.bodyBytesMax)
        try await documents.setAccess(
            permission: body.optionalText("permission"), rules: body["rules"], validation: body, of: name, if: Precondition(request), environment)
        return try shown(name, environment)
    }

    private func drop(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try await documents.dropCollection(context.parameters.require("name"), if: Precondition(request), context.managedEnvironment())
        return Response(status: .noContent)
    }

    private func schema(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(try await documents.schema(of: context.parameters.require("name"), context.managedEnvironment()))
    }

    private func testRules(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let body = try await request.jsonObject(upTo: Self.bodyBytesMax)
        return .json(try documents.testRules(body, of: context.parameters.require("name"), context.managedEnvironment()))
    }

    private func restore(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let body = try await request.jsonObject(upTo: Self.bodyBytesMax)
        let restored = try await documents.restore(
            context.parameters.require("name"), at: Self.moment(in: body), as: body.optionalText("as"), context.managedEnvironment())
        return .json(restored, status: .created)
    }

    private func restoreAll(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let body = try await request.jsonObject(upTo: Self.bodyBytesMax)
        let preview = try body.optionalBool("preview") ?? false
        return .json(try await documents.restoreAll(at: Self.moment(in: body), preview: preview, context.managedEnvironment()))
    }

    private static func moment(in body: JSONObject) throws -> Int64 {
        guard let moment = body["at"]?.dateValue ?? body["at"]?.intValue ?? body["at"]?.stringValue.flatMap(DateText.milliseconds(fromISO8601:)) else {
            throw SampanError.badMember("at", Localized("a moment such as \"2026-11-27T12:00:00Z\"", zh: "形如 \"2026-11-27T12:00:00Z\" 的时刻"))
        }
        return moment
    }

    private func droppedCollections(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(["collections": .array(try documents.droppedCollections(context.managedEnvironment()))])
    }

    private func removeDropped(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let name = try context.parameters.require("number")
        guard let number = Int64(name) else { throw SampanError.noCollection(name) }
        try await documents.removeDropped(number, context.managedEnvironment())
        return Response(status: .noContent)
    }

    private func createIndex(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let environment = try context.managedEnvironment()
        let name = try context.parameters.require("name")
        try await documents.createIndex(try await request.jsonObject(upTo: Self.bodyBytesMax), of: name, environment)
        return try shown(name, environment, status: .created)
    }

    private func dropIndex(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try await documents.dropIndex(context.parameters.requireDecoded("index"), of: context.parameters.require("name"), context.managedEnvironment())
        return Response(status: .noContent)
    }

    private func perform(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let environment = try context.managedEnvironment()
        let body = try await request.bytes(upTo: documents.limits.bodyBytesMax)
        return .json(
            try await documents.perform(
                body, idempotencyKey: request.idempotencyKeyChecked(), mayWrite: context.may(.documentsWrite), context.keyCall(environment)))
    }

    private func slowQueries(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(["queries": try documents.slowQueries(context.managedEnvironment())])
    }
}
