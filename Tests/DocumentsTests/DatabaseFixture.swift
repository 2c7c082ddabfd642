import Foundation
import Kernel
import Logging
import NIOCore
import Storage
import Synchronization
import Testing

@testable import Documents

/// A clock that only a test turns.
final class TurnedClock: Sendable {
    private let time: Mutex<Int64>

    init(at start: Int64 = 1_700_000_000_000) { time = Mutex(start) }

    var now: Int64 { time.withLock { $0 } }

    var clock: WallClock { WallClock { self.now } }

    func advance(milliseconds: Int64) { time.withLock { $0 += milliseconds } }
}

/// What the same tests run on.
enum TestEngine: String, CaseIterable, Sendable {
    case files
    case postgres

    /// - Parameter folder: where files lie.
    fileprivate func engine(_ folder: URL) throws -> DocumentsEngine {
        switch self {
        case .files: return .files { folder.appendingPathComponent("\($0).sqlite").path }
        case .postgres:
            guard let url = ProcessInfo.processInfo.environment["SAMPAN_TEST_POSTGRES"] else {
                try Test.cancel("SAMPAN_TEST_POSTGRES is not set: run it with scripts/with-postgres.sh")
            }
            var configuration = try PostgresConfiguration(url)
            configuration.readersMax = 4
            return .postgres(configuration)
        }
    }
}

/// The database room over a folder or schema that is gone after the test.
struct DatabaseFixture: Sendable {
    static let alice = Caller.user(User(openid: "alice"))
    static let bob = Caller.user(User(openid: "bob"))
    static let function = Caller.function(name: "f", user: .nobody)

    let engine: TestEngine
    let folder: URL
    let documents: Documents
    let environment: EnvironmentID
    let time: TurnedClock
    let limits: Limits

    /// Runs `body` with a database; twice with the same folder finds what the first one left.
    static func with(
        engine: TestEngine = .files, folder kept: URL? = nil, environment: EnvironmentID = .random(), limits: Limits = Limits(),
        _ body: (DatabaseFixture) async throws -> Void
    ) async throws {
        let folder = kept ?? FileManager.default.temporaryDirectory.appendingPathComponent("sampan-documents-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { if kept == nil { try? FileManager.default.removeItem(at: folder) } }
        let time = TurnedClock()
        let documents = Documents(
            engine: try engine.engine(folder), limits: limits, clock: time.clock, spool: ImportSpool(folder.appendingPathComponent("imports")),
            backups: BackupFolder(folder.appendingPathComponent("backups"), server: "test"),
            logger: Logger(label: "test"))
        try await body(
            DatabaseFixture(engine: engine, folder: folder, documents: documents, environment: environment, time: time, limits: limits))
        if kept == nil { try await documents.remove(environment) } else { try documents.close(environment) }
        // A run that is over before it began stops the room's threads.
        let end = Task { try await documents.run() }
        end.cancel()
        try await end.value
    }

    var store: DocumentStore { get throws { try documents.store(environment) } }

    @discardableResult
    func perform(_ request: JSON, as caller: Caller = .key, key: String? = nil, scope: UInt64? = nil) async throws -> JSON {
        let context = CallContext(environment: environment, caller: caller, requestID: "r-test")
        let answer = try await documents.perform(ByteBuffer(bytes: request.serialized()), idempotencyKey: key, scope: scope, context)
        return try JSON(parsing: Array(answer.readableBytesView))
    }

    @discardableResult
    func perform(_ request: String, as caller: Caller = .key, key: String? = nil, scope: UInt64? = nil) async throws -> JSON {
        try await perform(json(request), as: caller, key: key, scope: scope)
    }

    /// The code of the error that a request ends with; `nil` when it succeeds.
    func refusal(_ request: JSON, as caller: Caller = .key, key: String? = nil, scope: UInt64? = nil) async -> String? {
        await errorCode { try await perform(request, as: caller, key: key, scope: scope) }
    }

    func refusal(_ request: String, as caller: Caller = .key, key: String? = nil, scope: UInt64? = nil) async -> String? {
        await refusal(json(request), as: caller, key: key, scope: scope)
    }

    func begin(scope: UInt64) async throws -> String {
        let answer = try await perform(#"{"op":"begin"}"#, as: Self.function, scope: scope)
        return try #require(answer["transaction"]?.stringValue)
    }

    /// An operation inside a transaction of a function.
    @discardableResult
    func inTransaction(_ name: String, scope: UInt64, _ request: String) async throws -> JSON {
        var request = object(request)
        request["transaction"] = .string(name)
        return try await perform(.object(request), as: Self.function, scope: scope)
    }

    /// The whole document, `nil` when there is none.
    func document(_ collection: String, _ id: String) async throws -> JSON? {
        let found = try await perform(["op": "get", "collection": .string(collection), "where": ["_id": .string(id)]])
        return found["data"]?.arrayValue?.first
    }

    func ids(_ collection: String, where condition: JSON) async throws -> [String] {
        let found = try await perform(["op": "get", "collection": .string(collection), "where": condition, "limit": 1000])
        return (found["data"]?.arrayValue ?? []).compactMap { $0["_id"]?.stringValue }
    }

    func lines(_ text: String, into collection: String, upserts: Bool = false) async throws -> JSON {
        try await documents.importDocuments(
            ByteBuffer(string: text), ImportPlan(collection: collection, upserts: upserts),
            CallContext(environment: environment, caller: .key, requestID: "r-test"))
    }

    func exported(_ collection: String) async throws -> String {
        let pages = try await documents.export(ExportPlan(collection: collection), environment)
        var text = ""
        while let page = try await pages.next() { text += String(buffer: page) }
        return text
    }
}

/// The code of the error that `body` throws; `nil` when it throws none.
func errorCode(_ body: () async throws -> some Any) async -> String? {
    do {
        _ = try await body()
        return nil
    } catch let error as SampanError {
        return error.code
    } catch let error as QueryError {
        return error.code.rawValue
    } catch {
        return "\(error)"
    }
}
