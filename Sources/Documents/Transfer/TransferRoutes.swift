public import HTTPSupport
internal import HTTPTypes
public import Hummingbird
internal import Kernel
internal import NIOCore

/// Documents in and out: `/admin/v1/environments/{env}/import`, `imports` and `export`.
public struct TransferRoutes: Sendable {
    private static let bodyBytesMax = 4 << 10
    private let documents: Documents

    /// Makes the routes.
    public init(_ documents: Documents) { self.documents = documents }

    /// Adds them to `router`.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        let group = router.group("/admin/v1/environments/:env")
        group.post("import", use: importNow)
        group.get("export", use: export)
        group.get("imports", use: list)
        group.post("imports", use: begin)
        group.get("imports/:import", use: show)
        group.patch("imports/:import", use: append)
        group.post("imports/:import/resume", use: resume)
        group.delete("imports/:import", use: cancel)
    }

    private func importNow(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let plan = try ImportPlan(fileName: request.queryText("fileName"), request.queryText)
        return .json(try await documents.importDocuments(request.body, plan, context.keyCall(context.managedEnvironment())))
    }

    private func export(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let plan = try ExportPlan(request.queryText)
        let export = try await documents.export(plan, context.managedEnvironment())
        return try await .export(export, plan)
    }

    // MARK: Imports with progress

    private func list(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let imports = try documents.imports(of: context.managedEnvironment(), context.language)
        return .json(["imports": .array(imports)])
    }

    private func begin(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let (fileName, call) = (request.queryText("fileName"), context.keyCall(try context.managedEnvironment()))
        let bytes = try request.headers[.uploadLength].map { try Self.count($0, of: .uploadLength) }
        let begun = try await documents.beginImport(ImportPlan(fileName: fileName, request.queryText), fileName: fileName, bytes: bytes, call)
        let id = begun["id"]?.stringValue ?? ""
        do {
            return .json(try await receive(request, id, from: 0, call), status: .created)
        } catch {
            // Nobody could send the rest of a file whose size nobody knows.
            if bytes == nil { try await documents.cancelImport(id, call.environment) }
            throw error
        }
    }

    private func append(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        guard let offset = request.headers[.uploadOffset] else {
            throw SampanError.badMember("Upload-Offset", Localized("the bytes that have come", zh: "已收到的字节数"))
        }
        let id = try context.parameters.require("import")
        let call = context.keyCall(try context.managedEnvironment())
        return .json(try await receive(request, id, from: Self.count(offset, of: .uploadOffset), call))
    }

    private func receive(_ request: Request, _ id: String, from offset: Int64, _ call: CallContext) async throws -> JSON {
        let upload = try documents.receiveImport(id, from: offset, call.environment)
        do {
            for try await piece in request.body { try await upload.write(ArraySlice(piece.readableBytesView)) }
        } catch {
            try upload.close()
            throw error
        }
        return try await documents.received(upload, isWhole: true, call)
    }

    private static func count(_ text: String, of header: HTTPField.Name) throws -> Int64 {
        guard let count = Int64(text), count >= 0 else { throw SampanError.badMember(header.rawName, Localized("a number of bytes", zh: "字节数")) }
        return count
    }

    private func show(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(try documents.importShown(context.parameters.require("import"), context.managedEnvironment(), context.language))
    }

    private func resume(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let (id, environment) = (try context.parameters.require("import"), try context.managedEnvironment())
        let body = try await request.jsonObject(upTo: Self.bodyBytesMax)
        let skips: Bool? =
            switch try body.optionalText("onError") {
            case nil: nil
            case "stop": false
            case "skip": true
            default: throw SampanError.badMember("onError", Localized("stop or skip", zh: " stop 或 skip"))
            }
        try await documents.resumeImport(id, skips: skips, environment)
        return .json(try documents.importShown(id, environment, context.language))
    }

    private func cancel(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try await documents.cancelImport(context.parameters.require("import"), context.managedEnvironment())
        return Response(status: .noContent)
    }
}

extension Response {
    /// The documents of an export as a file.
    static func export(_ export: DocumentExport, _ plan: ExportPlan) async throws -> Response {
        // Read before the answer begins: what cannot be written is then refused with a clear error.
        let first = try await export.next()
        let body = ResponseBody { writer in
            var piece = first
            while let next = piece {
                try await writer.write(next)
                piece = try await export.next()
            }
            try await writer.finish(nil)
        }
        var headers: HTTPFields = [.contentType: plan.mediaType]
        headers[.contentDisposition] = "attachment; filename=\"\(plan.collection).\(plan.fileNameExtension)\""
        headers[.documentCount] = String(export.total)
        return Response(status: .ok, headers: headers, body: body)
    }
}

extension HTTPField.Name {
    fileprivate static let uploadLength = Self("Upload-Length").unsafelyUnwrapped
    fileprivate static let uploadOffset = Self("Upload-Offset").unsafelyUnwrapped
    fileprivate static let documentCount = Self("Sampan-Documents").unsafelyUnwrapped
}
