import Documents
import Foundation
import HTTPSupport
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import Kernel
import Logging
import NIOCore
import Synchronization
import Tenancy
import Testing

@testable import Sampan

/// A clock that only a test turns.
final class TurnedClock: Sendable {
    private let time: Mutex<Int64>

    /// 2026-11-22 08:00:00 in Beijing.
    init(at start: Int64 = 1_795_305_600_000) { time = Mutex(start) }

    var now: Int64 { time.withLock { $0 } }

    var clock: WallClock { WallClock { self.now } }

    func advance(milliseconds: Int64) { time.withLock { $0 += milliseconds } }
}

/// A platform's gateway that answers as a test says and remembers what it was asked.
final class StubPlatform: Sendable {
    private struct State {
        var requests: [OutboundHTTP.Request] = []
        var answer: @Sendable (OutboundHTTP.Request) throws -> String = { _ in "{}" }
    }

    private let state = Mutex(State())

    var requests: [OutboundHTTP.Request] { state.withLock { $0.requests } }

    func answers(_ answer: @escaping @Sendable (OutboundHTTP.Request) throws -> String) { state.withLock { $0.answer = answer } }

    var http: OutboundHTTP {
        OutboundHTTP { request in
            let answer = self.state.withLock { state in
                state.requests.append(request)
                return state.answer
            }
            return (200, Array(try answer(request).utf8))
        }
    }
}

/// What a request was answered with.
struct Answer: Sendable {
    let status: Int
    let headers: HTTPFields
    let body: ByteBuffer

    var text: String { String(buffer: body) }

    var json: JSON { (try? JSON(parsing: Array(body.readableBytesView))) ?? .null }

    /// The code of a problem document.
    var code: String? { json["code"]?.stringValue }
}

/// A whole node over a folder that is gone after the test; its services do not run.
struct NodeFixture: Sendable {
    let folder: URL
    let configuration: ServerConfiguration
    let sampan: Sampan
    let client: any TestClientProtocol
    let time: TurnedClock
    let platform: StubPlatform
    /// The environment that a new node has: active, with development login.
    let environment: EnvironmentID

    /// The folder of this checkout, where Node can run the SDK; a node does not start without it.
    static let canStart: Bool = {
        let hasNode = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/node")
        }
        return hasNode && FileManager.default.fileExists(atPath: checkout.appendingPathComponent("sdk/functions/worker.js").path)
    }()

    private static let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    static func with(_ body: @escaping @Sendable (NodeFixture) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sampan-node-\(UUID().uuidString)").resolvingSymlinksInPath()
        defer { try? FileManager.default.removeItem(at: folder) }
        var configuration = ServerConfiguration(data: folder.appendingPathComponent("data"), home: try home(in: folder))
        configuration.isSandboxed = false
        configuration.publicURL = "https://cloud.example"
        let (time, platform) = (TurnedClock(), StubPlatform())
        let sampan = try await Sampan.build(configuration, clock: time.clock, outbound: platform.http, logger: logger)
        let environment = try #require(sampan.tenancy.environments().first?.id)
        let application = Application(responder: sampan.responder, logger: logger)
        try await application.test(.router) { [configuration] client in
            try await body(
                NodeFixture(
                    folder: folder, configuration: configuration, sampan: sampan, client: client, time: time, platform: platform,
                    environment: environment))
        }
        let end = Task { try await sampan.documents.run() }
        end.cancel()
        try await end.value
    }

    /// A home with the SDK of this checkout, a page of its own, and a file beside the pages that must not be served.
    private static func home(in folder: URL) throws -> URL {
        let home = folder.appendingPathComponent("home")
        let pages = home.appendingPathComponent("templates/retail/h5/sub")
        try FileManager.default.createDirectory(at: pages, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(at: home.appendingPathComponent("sdk"), withDestinationURL: checkout.appendingPathComponent("sdk"))
        for (path, text) in [("h5/index.html", "<p>shop"), ("h5/sub/a b.js", "1"), ("secret.txt", "SECRET"), ("../secret.txt", "SECRET")] {
            try Data(text.utf8).write(to: home.appendingPathComponent("templates/retail").appendingPathComponent(path).standardizedFileURL)
        }
        return home
    }

    // MARK: Requests

    func send(
        _ method: HTTPRequest.Method, _ path: String, bytes: ByteBuffer? = nil, bearer: String? = nil, headers: [String: String] = [:]
    ) async throws -> Answer {
        var fields = HTTPFields()
        if let bearer { fields[.authorization] = "Bearer \(bearer)" }
        for (name, value) in headers { fields[try #require(HTTPField.Name(name))] = value }
        return try await client.execute(uri: path, method: method, headers: fields, body: bytes) {
            Answer(status: $0.status.code, headers: $0.headers, body: $0.body)
        }
    }

    func send(_ method: HTTPRequest.Method, _ path: String, _ body: JSON, bearer: String? = nil, headers: [String: String] = [:]) async throws -> Answer {
        try await send(method, path, bytes: ByteBuffer(bytes: body.serialized()), bearer: bearer, headers: headers)
    }

    /// A request to the management API below this node's environment, with the operator's key.
    func manage(_ method: HTTPRequest.Method, _ path: String, _ body: JSON? = nil) async throws -> Answer {
        let bytes = body.map { ByteBuffer(bytes: $0.serialized()) }
        return try await send(method, "/admin/v1/environments/\(environment)\(path)", bytes: bytes, bearer: sampan.operatorKey)
    }

    func login(_ body: JSON, to other: EnvironmentID? = nil, headers: [String: String] = [:]) async throws -> Answer {
        try await send(.post, "/v1/login", body, headers: headers.merging(["x-sampan-env": (other ?? environment).text]) { own, _ in own })
    }

    /// The access token of a development user.
    func token(of user: String) async throws -> String {
        let answer = try await login(["platform": "development", "user": .string(user)])
        return try #require(answer.json["accessToken"]?.stringValue)
    }

    /// The secret of a new key of a new environment.
    func keyOfAnotherEnvironment() async throws -> (EnvironmentID, key: String) {
        let other = try await sampan.tenancy.create(name: "other")
        return (other.id, try await sampan.tenancy.createKey(other.id, name: "", kind: .management).secret)
    }
}

/// The trait of every suite that starts a node.
extension Trait where Self == ConditionTrait {
    static var needsNode: Self { .enabled(if: NodeFixture.canStart, "there is no Node or no SDK here") }
}
