import Foundation
import Kernel
import Logging
import NIOCore
import Storage
import Synchronization
import Workers

@testable import Functions

/// A clock that only a test turns.
final class TurnedClock: Sendable {
    private let time: Mutex<Int64>

    /// 2026-11-22 08:00:00 in Beijing.
    init(at start: Int64 = 1_795_305_600_000) { time = Mutex(start) }

    var now: Int64 { time.withLock { $0 } }

    var clock: WallClock { WallClock { self.now } }

    func advance(seconds: Int64) { time.withLock { $0 += seconds * 1000 } }
}

/// Functions over a folder that is gone after the test.
///
/// Their workers do not run unless a test runs them: every call is then refused as busy, which serves as a failure.
struct FunctionsFixture: Sendable {
    let folder: URL
    let functions: Functions
    let environment = EnvironmentID.random()
    let time: TurnedClock
    let clock: WallClock

    /// - Parameter clock: what tells the time instead of the clock that the test turns.
    static func with(clock: WallClock? = nil, _ body: (FunctionsFixture) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sampan-functions-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(FunctionsFixture(folder, clock))
    }

    private init(_ folder: URL, _ given: WallClock?) throws {
        self.folder = folder
        time = TurnedClock()
        clock = given ?? time.clock
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let logBook = LogBook(limits: Limits(), clock: clock, logger: logger) { folder.appendingPathComponent("\($0)-logs.sqlite").path }
        var workers = WorkerConfiguration(
            runtimeDirectory: Self.runtime ?? folder.path, stateDirectory: folder.appendingPathComponent("workers").path, sandbox: .none)
        workers.workerScript = "functions/worker.js"
        functions = try Functions(
            control: Database(path: folder.appendingPathComponent("control.sqlite").path), folder: { folder.appendingPathComponent($0.text) },
            workers: workers, services: NoServices(), logBook: logBook, secrets: (seal: { $0 }, open: { $0 }), limits: Limits(), clock: clock,
            logger: logger)
    }

    /// The folder of the SDKs of this checkout, if Node can run them here.
    static let runtime: String? = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let sdk = root.appendingPathComponent("sdk").path
        let hasNode = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/node")
        }
        return hasNode && FileManager.default.fileExists(atPath: sdk + "/functions/worker.js") ? sdk : nil
    }()

    /// Deploys `index.js`.
    func deploy(_ name: String, _ source: String = "exports.main = async event => event", _ settings: JSONObject = [:]) async throws {
        let bytes = ByteBuffer(string: source)
        let hash = BlobStore.hash(bytes)
        try functions.folders.blobs(environment).put(bytes, hash: hash)
        var request = settings
        request["files"] = [["path": "index.js", "hash": .string(hash)]]
        _ = try await functions.deployments.deploy(name, to: environment, DeploymentRequest(request, limits: Limits()))
    }

    /// A scheduler as after a restart: it knows what is on disk and nothing else.
    func scheduler(
        logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, isServing: @escaping @Sendable (EnvironmentID) -> Bool = { _ in true }
    ) -> Scheduler {
        Scheduler(functions, clock: clock, logger: logger, isServing: isServing)
    }

    func enqueue(_ name: String, _ event: String = "{}", in other: EnvironmentID? = nil) async throws -> Int64 {
        try await functions.store.enqueue(
            other ?? environment, name, requestID: RequestID.make(), source: "client", user: User(openid: "alice"), event: Array(event.utf8), now: time.now)
    }

    /// Everything that waits in the queue, due or not.
    func queued() throws -> [FunctionStore.Queued] {
        try functions.store.due(now: .max, running: [], max: 1000, accepts: { _ in true })
    }
}

/// A platform that offers functions nothing.
private struct NoServices: FunctionServices {
    private struct Nothing: Error {}

    func database(_ request: ByteBuffer, scope: UInt64, _ context: CallContext) async throws -> ByteBuffer { throw Nothing() }
    func endScope(_ scope: UInt64, in environment: EnvironmentID) {}
    func upload(_ cloudPath: String, _ bytes: ByteBuffer, _ context: CallContext) async throws -> JSON { throw Nothing() }
    func download(_ fileID: String, _ context: CallContext) async throws -> ByteBuffer { throw Nothing() }
    func deleteFiles(_ request: JSONObject, _ context: CallContext) async throws -> JSON { throw Nothing() }
    func fileURLs(_ request: JSONObject, _ context: CallContext) async throws -> JSON { throw Nothing() }
    func coupons(_ request: JSONObject, _ context: CallContext) async throws -> JSON { throw Nothing() }
    func openAPI(_ request: JSONObject, _ context: CallContext) async throws -> ByteBuffer { throw Nothing() }
    func environment(_ id: EnvironmentID) throws -> (variables: [String: String], internet: Bool) { ([:], false) }
}
