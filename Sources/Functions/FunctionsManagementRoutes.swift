public import HTTPSupport
public import Hummingbird
internal import Kernel
internal import NIOCore
internal import ServiceLifecycle

/// Deploying, shaping and watching functions: `/admin/v1/environments/{env}/…`.
public struct FunctionsManagementRoutes: Sendable {
    private static let bodyBytesMax = 16 << 20
    private let functions: Functions

    /// Makes the routes.
    public init(_ functions: Functions) { self.functions = functions }

    /// Adds them to `router`.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        let group = router.group("/admin/v1/environments/:env")
        group.post("blobs/missing", use: missingBlobs)
        group.put("blobs/:hash", use: putBlob)
        group.get("functions", use: list)
        group.get("functions/:name", use: show)
        group.delete("functions/:name", use: remove)
        group.post("functions/:name/versions", use: deploy)
        group.put("functions/:name/traffic", use: setTraffic)
        group.put("functions/:name/triggers", use: setTriggers)
        group.post("functions/:name/invoke", use: invoke)
        group.get("logs", use: logs)
        group.get("logs/follow", use: follow)
        group.get("executions", use: executions)
    }

    private func missingBlobs(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let environment = try context.managedEnvironment()
        guard let list = try await request.jsonObject(upTo: Self.bodyBytesMax).optionalList("hashes"), list.count <= 10_000 else {
            throw SampanError.badMember("hashes", Localized("a list of at most 10000", zh: "至多 10000 项的数组"))
        }
        let blobs = functions.folders.blobs(environment)
        let hashes = try list.map { item in
            guard let hash = item.stringValue, BlobStore.isHash(hash) else {
                throw SampanError.badMember("hashes", Localized("SHA-256 in hexadecimal", zh: "十六进制 SHA-256"))
            }
            return hash
        }
        let missing = try await offEventLoop { hashes.filter { !blobs.has($0) }.map { JSON.string($0) } }
        return .json(["missing": .array(missing)])
    }

    private func putBlob(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let environment = try context.managedEnvironment()
        let hash = try context.parameters.require("hash")
        guard BlobStore.isHash(hash) else { throw SampanError.badMember("hash", Localized("64 hexadecimal digits (SHA-256)", zh: " 64 位十六进制 SHA-256")) }
        let bytes = try await request.bytes(upTo: functions.limits.blobBytesMax)
        let blobs = functions.folders.blobs(environment)
        try await offEventLoop { try blobs.put(bytes, hash: hash) }
        return Response(status: .noContent)
    }

    private func list(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let search = TextSearch(request)
        let wanted = functions.catalog.records(of: try context.managedEnvironment()).filter { search.fits($0.name) }
        return .json(try ListWindow(request).page("functions", wanted, position: \.name) { .object($0.summary) })
    }

    private func show(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .tagged(.object(try functions.catalog.record(context.parameters.require("name"), in: context.managedEnvironment()).detail))
    }

    private func remove(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try await functions.deployments.remove(
            context.parameters.require("name"), from: context.managedEnvironment(), if: Precondition(request), insists: insists(request))
        return Response(status: .noContent)
    }

    private func deploy(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let environment = try context.managedEnvironment()
        let name = try context.parameters.require("name")
        let wanted = try DeploymentRequest(try await request.jsonObject(upTo: Self.bodyBytesMax), limits: functions.limits)
        let (version, reused) = try await functions.deployments.deploy(
            name, to: environment, wanted, if: Precondition(request), insists: insists(request))
        return .json(["version": .int(Int64(version)), "reused": .bool(reused)], status: reused ? .ok : .created)
    }

    private func setTraffic(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let environment = try context.managedEnvironment()
        let shares = try TrafficShare.list(try await request.jsonObject(upTo: Self.bodyBytesMax)["traffic"] ?? .null)
        let name = try context.parameters.require("name")
        let changed = try await functions.deployments.setTraffic(
            shares, of: name, in: environment, if: Precondition(request), insists: insists(request))
        return .tagged(.object(changed.detail))
    }

    /// Whether somebody deploys although an announced rush makes deployments rest.
    private func insists(_ request: Request) -> Bool { request.queryText("despiteFreeze") == "1" }

    private func setTriggers(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let environment = try context.managedEnvironment()
        guard let triggers = try Trigger.wanted(in: try await request.jsonObject(upTo: Self.bodyBytesMax)) else {
            throw SampanError.badMember("triggers", Localized("a list, or null for none", zh: "数组,或以 null 表示清空"))
        }
        let name = try context.parameters.require("name")
        return .tagged(.object(try await functions.deployments.setTriggers(triggers, of: name, in: environment, if: Precondition(request)).detail))
    }

    private func invoke(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let environment = try context.managedEnvironment()
        let name = try context.parameters.require("name")
        let event = try await request.event(upTo: functions.limits.functionBytesMax)
        let call = context.keyCall(environment, as: request.queryText("openid").map { User(openid: $0, platform: "development") })
        if request.queryText("async") == "1" {
            let id = try await functions.enqueue(name, event, source: "admin", call)
            return .json(["invocationId": .int(id), "requestId": .string(call.requestID)], status: .accepted)
        }
        return .json(try await functions.call(name, event, source: "admin", call))
    }

    // MARK: Logs

    private func logs(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let lines = try await functions.logBook.lines(query(request), of: context.managedEnvironment())
        return .json(page("logs", lines))
    }

    private func executions(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let executions = try await functions.logBook.executions(query(request), of: context.managedEnvironment())
        return .json(page("executions", executions))
    }

    private func page(_ name: String, _ items: [JSON]) -> JSON {
        var page: JSONObject = [name: .array(items)]
        if let last = items.last?["id"] { page["next"] = last }
        return .object(page)
    }

    private func query(_ request: Request) throws -> LogBook.Query {
        var query = LogBook.Query()
        query.function = request.queryText("function")
        query.requestID = request.queryText("requestId")
        query.text = request.queryText("text")
        query.status = request.queryText("status")
        if let level = request.queryText("level") {
            guard let number = LogBook.levels.firstIndex(of: level) else {
                throw SampanError.badMember("level", Localized("debug, info, warn or error", zh: " debug、info、warn 或 error"))
            }
            query.level = number
        }
        query.since = try request.queryInt("since", in: 0...Int64.max)
        query.until = try request.queryInt("until", in: 0...Int64.max)
        query.after = try request.queryInt("after", in: 0...Int64.max)
        query.limit = Int(try request.queryInt("limit", in: 1...1000) ?? 100)
        return query
    }

    /// Server-sent events: one log line each, as they come, until the client leaves or the server shuts down.
    ///
    /// A server that shuts down waits for its open answers, so this one has to end by itself when that begins.
    private func follow(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let wanted = try query(request)
        let environment = try context.managedEnvironment()
        let body = ResponseBody { writer in
            let (lines, end) = functions.logBook.follow(environment)
            defer { end() }
            try await writer.write(ByteBuffer(string: ": following\n\n"))
            try await request.body.consumeWithInboundCloseHandler { _ in
                try await withGracefulShutdownHandler {
                    for await line in lines where wanted.fits(line) {
                        try await writer.write(ByteBuffer(string: "data: \(JSON.object(line.json).text)\n\n"))
                    }
                } onGracefulShutdown: {
                    end()
                }
            } onInboundClosed: {
                end()
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"], body: body)
    }
}

extension LogBook.Query {
    fileprivate func fits(_ line: LogBook.Line) -> Bool {
        (function.map { $0 == line.function } ?? true) && (requestID.map { $0 == line.requestID } ?? true)
            && (text.map { line.text.contains($0) } ?? true) && (level.map { line.level >= $0 } ?? true)
    }
}
