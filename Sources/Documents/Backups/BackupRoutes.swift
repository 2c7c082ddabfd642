internal import Foundation
public import HTTPSupport
internal import HTTPTypes
public import Hummingbird
internal import Kernel
internal import NIOCore

/// Backups and restores: `/admin/v1/environments/{env}/backups` and `restores`.
public struct BackupRoutes: Sendable {
    private static let bodyBytesMax = 64 << 10
    private static let pieceBytes = 256 << 10
    private let documents: Documents

    /// Makes the routes.
    public init(_ documents: Documents) { self.documents = documents }

    /// Adds them to `router`.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        let group = router.group("/admin/v1/environments/:env")
        group.get("backups", use: list)
        group.post("backups", use: make)
        group.get("backups/:backup", use: show)
        group.delete("backups/:backup", use: remove)
        group.get("backups/:backup/file", use: file)
        group.get("backups/:backup/export", use: export)
        group.post("backups/:backup/restore", use: restore)
        group.get("restores/:restore", use: showRestore)
        group.delete("restores/:restore", use: cancelRestore)
    }

    private func list(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(try await documents.backups(of: context.managedEnvironment(), context.language))
    }

    private func make(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(try await documents.makeBackup(context.managedEnvironment()), status: .created)
    }

    private func show(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(try await documents.backup(context.parameters.require("backup"), context.managedEnvironment()))
    }

    private func remove(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try await documents.removeBackup(context.parameters.require("backup"), context.managedEnvironment())
        return Response(status: .noContent)
    }

    private func file(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let (id, environment) = (try context.parameters.require("backup"), try context.managedEnvironment())
        let (path, bytes) = try documents.backupFile(id, environment)
        // Opened before the answer begins: it stays readable if the backup is removed meanwhile.
        let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        let body = ResponseBody(contentLength: Int(bytes)) { writer in
            var left = Int(bytes)
            while left > 0, let piece = try await offEventLoop({ [left] in try handle.read(upToCount: min(left, Self.pieceBytes)) }), !piece.isEmpty {
                left -= piece.count
                try await writer.write(ByteBuffer(bytes: piece))
            }
            try await writer.finish(nil)
        }
        var headers: HTTPFields = [.contentType: "application/vnd.sqlite3", .cacheControl: "no-store"]
        headers[.contentDisposition] = "attachment; filename=\"\(environment)-\(id).sqlite\""
        return Response(status: .ok, headers: headers, body: body)
    }

    private func export(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let plan = try ExportPlan(request.queryText)
        let export = try await documents.export(plan, fromBackup: context.parameters.require("backup"), context.managedEnvironment())
        return try await .export(export, plan)
    }

    private func restore(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let body = try await request.jsonObject(upTo: Self.bodyBytesMax)
        let names = try Self.names(in: body)
        let (id, environment) = (try context.parameters.require("backup"), try context.managedEnvironment())
        return .json(try await documents.restoreBackup(id, collections: names, environment, context.language), status: .accepted)
    }

    /// Everything only where it is said: a slip of the pen must not drop what somebody still needs.
    private static func names(in body: JSONObject) throws -> [String]? {
        if body["collections"]?.stringValue == "all" { return nil }
        guard let names = body["collections"]?.arrayValue?.map(\.stringValue), !names.isEmpty, !names.contains(nil), Set(names).count == names.count else {
            throw SampanError.badMember("collections", Localized("\"all\" or a list of names", zh: " \"all\" 或集合名列表"))
        }
        return names.compactMap { $0 }
    }

    private func showRestore(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(try await documents.restore(context.parameters.require("restore"), context.managedEnvironment(), context.language))
    }

    private func cancelRestore(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try await documents.cancelRestore(context.parameters.require("restore"), context.managedEnvironment())
        return Response(status: .noContent)
    }
}
