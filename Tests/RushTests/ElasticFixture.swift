import Forecast
import Foundation
import Kernel
import Logging
import Storage
import Synchronization

@testable import Rush

/// A clock that only a test turns.
final class TurnedClock: Sendable {
    private let time: Mutex<Int64>

    init(at start: Int64) { time = Mutex(start) }

    var now: Int64 { time.withLock { $0 } }

    var clock: WallClock { WallClock { self.now } }

    func set(_ moment: Int64) { time.withLock { $0 = moment } }

    func advance(seconds: Int64) { time.withLock { $0 += seconds * 1000 } }
}

/// Functions that do nothing, and what was wished for them last.
final class StubFleet: WorkerFleet {
    struct Wish: Sendable, Equatable {
        var workers: Int
        var lastIdleSeconds: Double?
    }

    struct State: Sendable {
        var functions: [EnvironmentID: [ElasticFunction]] = [:]
        var wishes: [EnvironmentID: [String: Wish]] = [:]
    }

    let state = Mutex(State())

    func environments() -> [EnvironmentID] { state.withLock { Array($0.functions.keys) } }

    func functions(of environment: EnvironmentID) -> [ElasticFunction] { state.withLock { $0.functions[environment] ?? [] } }

    func keep(_ function: String, of environment: EnvironmentID, workers: Int, lastIdleSeconds: Double?) {
        state.withLock { $0.wishes[environment, default: [:]][function] = Wish(workers: workers, lastIdleSeconds: lastIdleSeconds) }
    }

    func workers(of environment: EnvironmentID) -> [String: Int] {
        state.withLock { ($0.wishes[environment] ?? [:]).mapValues(\.workers) }
    }

    func floor(of function: String, in environment: EnvironmentID) -> Int { state.withLock { $0.wishes[environment]?[function]?.workers ?? 0 } }
}

/// What opens, as a test says.
final class StubLaunches: LaunchCalendar {
    let found = Mutex<[EnvironmentID: [Launch]]>([:])

    func launches(of environment: EnvironmentID, onlyAtHand: Bool) async throws -> [Launch]? { found.withLock { $0[environment] } }
}

/// Elastic workers over a folder that is gone after the test.
struct ElasticFixture: Sendable {
    /// Monday, 2026-06-01 00:00 in Beijing.
    static let monday: Int64 = 1_780_243_200_000
    static let day: Int64 = 86_400_000

    let folder: URL
    let time: TurnedClock
    let fleet = StubFleet()
    let launches = StubLaunches()
    let logged: LoggedLines
    let shop = EnvironmentID(wellFormed: "env-shop")

    static func with(at start: Int64 = monday, _ body: (ElasticFixture) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sampan-elastic-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let fixture = ElasticFixture(folder: folder, time: TurnedClock(at: start), logged: LoggedLines())
        try fixture.add(fixture.shop, ElasticFunction(name: "order", concurrency: 4, memoryMB: 256))
        try await body(fixture)
    }

    func add(_ environment: EnvironmentID, _ functions: ElasticFunction...) throws {
        fleet.state.withLock { $0.functions[environment] = functions }
        try FileManager.default.createDirectory(at: folder.appendingPathComponent(environment.text), withIntermediateDirectories: true)
    }

    func rushes() throws -> RushPlans {
        try RushPlans(control: Database(path: folder.appendingPathComponent("control.sqlite").path), clock: time.clock)
    }

    /// A node that was just started.
    func elastic(_ change: (inout ElasticLimits) -> Void = { _ in }) throws -> ElasticWorkers {
        var limits = ElasticLimits()
        change(&limits)
        let elastic = ElasticWorkers(
            recorder: LoadRecorder(ordinaryIdleSeconds: limits.idleSeconds), rushes: try rushes(), fleet: fleet, launches: launches,
            folder: { [folder] in folder.appendingPathComponent($0.text) }, node: folder.appendingPathComponent("load"), limits: limits, clock: time.clock,
            logger: logged.logger)
        elastic.wake()
        return elastic
    }

    /// Invocations of a second each, all within a minute.
    func call(_ elastic: ElasticWorkers, _ count: Int, function: String = "order", milliseconds: Double = 200, cold: Bool = false) {
        for _ in 0..<count {
            let idle = elastic.recorder.began(function, in: shop, at: time.now)
            elastic.recorder.ended(function, in: shop, at: time.now, idleBefore: idle, durationMs: milliseconds, cold: cold)
        }
    }

    /// Plants a history of so many days before now: invocations from 11:30 to 13:00, none otherwise.
    func plantLunches(_ days: Int, perMinute: Int = 120, in elastic: ElasticWorkers) {
        let minute = Minute(time.now / 60_000)
        var load = EnvironmentLoad(at: minute)
        for past in minute - days * 1440..<minute { load.history.record(minute: past, count: Self.isLunch(past) ? perMinute : 0) }
        var function = FunctionLoad()
        (function.weight, function.duration) = (1000, 0.2)
        load.functions["order"] = function
        load.isChanged = true
        let planted = load
        elastic.state.withLock { $0.environments[shop] = planted }
    }

    static func isLunch(_ minute: Minute) -> Bool { (690..<780).contains((minute + 480) % 1440) }
}

/// What was logged.
final class LoggedLines: Sendable {
    let lines = Mutex<[String]>([])

    var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

    private struct Handler: LogHandler {
        let lines: LoggedLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.lines.withLock { $0.append("\(event.message)") } }
    }
}
