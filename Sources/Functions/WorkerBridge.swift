internal import HTTPSupport
internal import Kernel
internal import NIOCore
internal import Workers

/// Joins workers to the platform: carries out what functions ask, and takes their logs.
///
/// The identity of a call is that of the invocation it came from; a sandbox holds no credential.
final class WorkerBridge: WorkerDelegate {
    private let services: any FunctionServices
    private let logBook: LogBook
    private let clock: WallClock
    /// Set once by `Functions`, which owns the pool that this bridge serves.
    let invoke: @Sendable (_ name: String, _ event: ByteBuffer, _ context: CallContext) async throws -> ByteBuffer

    init(
        services: any FunctionServices, logBook: LogBook, clock: WallClock,
        invoke: @escaping @Sendable (_ name: String, _ event: ByteBuffer, _ context: CallContext) async throws -> ByteBuffer
    ) {
        self.services = services
        self.logBook = logBook
        self.clock = clock
        self.invoke = invoke
    }

    func call(_ call: WorkerCall, from invocation: InvocationContext) async -> CallAnswer {
        let running = running(invocation)
        let user = running.context.caller.user ?? .nobody
        let context = running.context.acting(as: .function(name: invocation.code.function, user: user))
        do {
            return .reply(try await perform(call, running, scope: invocation.id, context))
        } catch {
            let known = SampanError(reporting: error)
            return .error(JSON.object(known.problem(requestID: context.requestID, language: context.language)).serialized())
        }
    }

    private func running(_ invocation: InvocationContext) -> RunningInvocation {
        guard let running = invocation.caller as? RunningInvocation else {
            preconditionFailure("invocations carry what Functions gave them")
        }
        return running
    }

    private func perform(_ call: WorkerCall, _ running: RunningInvocation, scope: UInt64, _ context: CallContext) async throws -> ByteBuffer {
        switch call.method {
        case "database": return try await database(call, running, scope: scope, context)
        case "callFunction": return try await callFunction(call, context)
        case "file.upload":
            return buffer(try await services.upload(object(call).text("cloudPath"), call.attachment, context))
        case "file.download": return try await services.download(object(call).text("fileID"), context)
        case "file.delete": return buffer(try await services.deleteFiles(object(call), context))
        case "file.urls": return buffer(try await services.fileURLs(object(call), context))
        case "coupons": return buffer(try await services.coupons(object(call), context))
        case "openapi": return try await services.openAPI(object(call), context)
        case "pay":
            throw SampanError(
                "PAYMENT_NOT_CONFIGURED", status: 501, Localized("No payment channel is configured for this environment.", zh: "此环境尚未配置支付渠道。"),
                remedy: Localized("Payment through the platform is not offered yet; use its open API.", zh: "平台支付暂未提供,请改用开放接口。"))
        default:
            throw SampanError.badRequest(
                "UNKNOWN_METHOD", Localized("There is no method \"\(call.method.prefix(60))\".", zh: "不存在方法 “\(call.method.prefix(60))”。"),
                remedy: Localized("Update the function SDK and the server together.", zh: "请同时升级函数 SDK 与服务器。"))
        }
    }

    /// A database operation, which leaves no transaction open that nobody would end.
    ///
    /// An invocation may end while its call is on the way here or under way. A plain write that was not waited for is still
    /// done; what belongs to a transaction is refused, and what has begun one meanwhile ends it again.
    private func database(_ call: WorkerCall, _ running: RunningInvocation, scope: UInt64, _ context: CallContext) async throws -> ByteBuffer {
        if running.hasEnded {
            let operation = try object(call)
            guard operation["op"] != "begin", operation["transaction"] == nil else { throw SampanError.invocationEnded }
        }
        defer { if running.hasEnded { services.endScope(scope, in: context.environment) } }
        return try await services.database(call.json, scope: scope, context)
    }

    private func callFunction(_ call: WorkerCall, _ context: CallContext) async throws -> ByteBuffer {
        let request = try object(call)
        let event = request["data"] ?? [:]
        return try await invoke(request.text("name"), ByteBuffer(bytes: event.serialized()), context)
    }

    private func object(_ call: WorkerCall) throws -> JSONObject {
        guard let object = try JSON(call.json).objectValue else { throw SampanError.badMember("call", Localized("an object", zh: "对象")) }
        return object
    }

    private func buffer(_ json: JSON) -> ByteBuffer { ByteBuffer(bytes: json.serialized()) }

    func log(_ line: WorkerLog) {
        guard let code = line.code, let environment = EnvironmentID(code.env) else { return }
        logBook.append(
            LogBook.Line(
                environment: environment, at: clock.now(), function: code.function, version: code.version,
                requestID: line.invocation?.requestID ?? "", level: Int(line.level.rawValue), text: line.text))
    }

    func invocationEnded(_ invocation: InvocationContext) {
        let running = running(invocation)
        // First: a call that begins a transaction after `endScope` then sees that it has to end it.
        running.end()
        services.endScope(invocation.id, in: running.context.environment)
    }
}
