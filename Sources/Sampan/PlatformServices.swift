internal import Coupons
internal import Documents
internal import Files
internal import Functions
internal import HTTPSupport
internal import Identity
internal import Kernel
internal import NIOCore
internal import Tenancy

/// What functions may ask of the other rooms.
struct PlatformServices: FunctionServices {
    let tenancy: Tenancy
    let identity: Identity
    let documents: Documents
    let files: Files
    let facade: CouponFacade

    func database(_ request: ByteBuffer, scope: UInt64, _ context: CallContext) async throws -> ByteBuffer {
        try await documents.perform(request, scope: scope, context)
    }

    func endScope(_ scope: UInt64, in environment: EnvironmentID) { documents.endScope(scope, in: environment) }

    func upload(_ cloudPath: String, _ bytes: ByteBuffer, _ context: CallContext) async throws -> JSON {
        try await files.upload(cloudPath, bytes, context)
    }

    func download(_ fileID: String, _ context: CallContext) async throws -> ByteBuffer { try await files.download(fileID, context) }

    func deleteFiles(_ request: JSONObject, _ context: CallContext) async throws -> JSON { try await files.delete(request, context) }

    func fileURLs(_ request: JSONObject, _ context: CallContext) async throws -> JSON { try files.urls(request, context) }

    func coupons(_ request: JSONObject, _ context: CallContext) async throws -> JSON { try await facade.perform(request, context) }

    func openAPI(_ request: JSONObject, _ context: CallContext) async throws -> ByteBuffer {
        guard try tenancy.environment(context.environment).rehearsalOf == nil else {
            let stub = StubbedPlatform.answer(
                try request.text("platform"), try request.text("api"), request["params"] ?? [:], requestID: context.requestID)
            return ByteBuffer(bytes: stub.serialized())
        }
        return ByteBuffer(
            bytes:
                try await identity.openAPI(
                    context.environment, platform: request.text("platform"), api: request.text("api"), parameters: request["params"] ?? [:],
                    appAuthToken: request.optionalText("appAuthToken")))
    }

    func environment(_ id: EnvironmentID) throws -> (variables: [String: String], internet: Bool) {
        try tenancy.requireActive(id)
        let settings = try tenancy.settings(id)
        guard try tenancy.environment(id).rehearsalOf == nil else {
            return (settings.variables.merging([StubbedPlatform.variable: "1"]) { $1 }, false)
        }
        return (settings.variables, settings.internet)
    }
}
