import Foundation
import Kernel
import Logging
import NIOCore
import Synchronization
import Testing

@testable import Functions
@testable import Workers

/// Transactions end with the invocation that has begun them, however its calls and its end overlap.
@Suite struct InvocationEndTests {
    private let services = HeldServices()
    private let bridge: WorkerBridge
    private let invocation: InvocationContext

    init() {
        let environment = EnvironmentID.random()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let logBook = LogBook(limits: Limits(), clock: .system, logger: logger) { _ in "/nonexistent" }
        bridge = WorkerBridge(services: services, logBook: logBook, clock: .system) { _, _, _ in ByteBuffer() }
        let code = FunctionCode(
            key: "k", directory: "/", handler: "index.main", environment: [:], env: environment.text, function: "f", version: 1, timeoutMs: 1000,
            memoryMB: 64, concurrency: 1, internet: false)
        let context = CallContext(environment: environment, caller: .key, requestID: "r-1")
        invocation = InvocationContext(id: 7, requestID: "r-1", code: code, caller: RunningInvocation(context))
    }

    private func call(_ json: String) async -> CallAnswer {
        await bridge.call(WorkerCall(method: "database", json: ByteBuffer(string: json)), from: invocation)
    }

    @Test(arguments: [#"{"op":"begin"}"#, #"{"op":"get","collection":"c","id":"1","transaction":"c-1"}"#])
    func nothingOfATransactionBeginsAfterTheEnd(_ operation: String) async throws {
        bridge.invocationEnded(invocation)
        guard case .error(let problem) = await call(operation) else {
            Issue.record("it was done")
            return
        }
        #expect(try JSON(parsing: problem)["code"] == "INVOCATION_ENDED")
        #expect(services.events == ["end 7"])
    }

    @Test func aPlainWriteThatNobodyWaitedForIsStillDone() async {
        bridge.invocationEnded(invocation)
        guard case .reply = await call(#"{"op":"add","collection":"c","data":{}}"#) else {
            Issue.record("it was refused")
            return
        }
        #expect(services.events.contains("database"))
    }

    @Test func whatIsUnderWayAtTheEndLeavesNoTransactionOpen() async {
        async let answer = call(#"{"op":"begin"}"#)
        await services.untilHeld()
        bridge.invocationEnded(invocation)
        services.release()
        _ = await answer
        #expect(services.events == ["database", "end 7", "answered", "end 7"])
    }

    @Test func aCallThatIsOverInTimeEndsNothing() async {
        services.release()
        _ = await call(#"{"op":"begin"}"#)
        #expect(services.events == ["database", "answered"])
    }
}

/// Answers `begin` when it is let go, and writes down what comes in which order.
private final class HeldServices: FunctionServices {
    private struct Unused: Error {}
    private let log = Mutex<[String]>([])
    private let held = AsyncStream.makeStream(of: Void.self)
    private let letGo = AsyncStream.makeStream(of: Void.self)

    var events: [String] { log.withLock { $0 } }

    func untilHeld() async { for await _ in held.stream { return } }

    func release() { letGo.continuation.yield() }

    func database(_ request: ByteBuffer, scope: UInt64, _ context: CallContext) async throws -> ByteBuffer {
        log.withLock { $0.append("database") }
        guard String(buffer: request).contains("begin") else { return ByteBuffer() }
        held.continuation.yield()
        for await _ in letGo.stream { break }
        log.withLock { $0.append("answered") }
        return ByteBuffer()
    }

    func endScope(_ scope: UInt64, in environment: EnvironmentID) { log.withLock { $0.append("end \(scope)") } }

    func upload(_ cloudPath: String, _ bytes: ByteBuffer, _ context: CallContext) async throws -> JSON { throw Unused() }
    func download(_ fileID: String, _ context: CallContext) async throws -> ByteBuffer { throw Unused() }
    func deleteFiles(_ request: JSONObject, _ context: CallContext) async throws -> JSON { throw Unused() }
    func fileURLs(_ request: JSONObject, _ context: CallContext) async throws -> JSON { throw Unused() }
    func coupons(_ request: JSONObject, _ context: CallContext) async throws -> JSON { throw Unused() }
    func openAPI(_ request: JSONObject, _ context: CallContext) async throws -> ByteBuffer { throw Unused() }
    func environment(_ id: EnvironmentID) throws -> (variables: [String: String], internet: Bool) { ([:], false) }
}
