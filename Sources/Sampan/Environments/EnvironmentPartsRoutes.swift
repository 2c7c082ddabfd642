internal import Foundation
internal import HTTPSupport
internal import HTTPTypes
internal import Hummingbird
internal import Kernel
internal import Tenancy

/// Environments as a whole: quotas and usage, copies, archives.
struct EnvironmentPartsRoutes: Sendable {
    private static let bodyBytesMax = 64 << 10

    let parts: EnvironmentParts
    let clock: WallClock

    func add(to router: some RouterMethods<SampanRequestContext>) {
        let group = router.group("/admin/v1/environments/:env")
        group.get("quotas", use: quotas)
        group.patch("quotas", use: changeQuotas)
        group.post("copies", use: copy)
        group.get("archive", use: archive)
    }

    private func quotas(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try shownQuotas(context.managedEnvironment())
    }

    private func changeQuotas(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let environment = try context.managedEnvironment()
        try await parts.tenancy.changeQuotas(environment, request.jsonObject(upTo: Self.bodyBytesMax), if: Precondition(request))
        return try shownQuotas(environment)
    }

    /// Usage changes by itself, so the tag is that of the quotas alone.
    private func shownQuotas(_ environment: EnvironmentID) throws -> Response {
        let quotas = parts.tenancy.quotas(of: environment).json
        let used = try parts.usage(environment)
        let usage = EnvironmentQuotas.Measure.allCases.reduce(into: JSONObject()) { $0[$1.rawValue] = .int(used[$1] ?? 0) }
        return .tagged(["quotas": quotas, "usage": .object(usage)], EntityTag(of: quotas))
    }

    private func copy(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .tagged(try await parts.copy(request.jsonObject(upTo: Self.bodyBytesMax), context).json, status: .created)
    }

    private func archive(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let environment = try parts.tenancy.environment(context.managedEnvironment())
        let archive = try await EnvironmentArchive(of: environment, parts, now: clock.now())
        AuditNote.changed("archive of \(environment.id)")
        let body = ResponseBody { writer in
            try await archive.write(to: &writer)
            try await writer.finish(nil)
        }
        var headers: HTTPFields = [.contentType: "application/x-tar", .cacheControl: "no-store"]
        headers[.contentDisposition] = Self.attachment(archive.fileName, plain: environment.id.text)
        return Response(status: .ok, headers: headers, body: body)
    }

    /// RFC 6266: a name for everybody, and the real one for who can read it.
    private static func attachment(_ name: String, plain: String) -> String {
        let escaped = name.addingPercentEncoding(withAllowedCharacters: unreserved) ?? plain
        return "attachment; filename=\"\(plain).tar\"; filename*=UTF-8''\(escaped)"
    }

    private static let unreserved = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
}
