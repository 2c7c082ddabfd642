import Kernel
import Logging
import NIOCore
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Functions

/// The scheduler as it runs: asleep until something is due, awake at once when something comes.
@Suite(.timeLimit(.minutes(5))) struct SchedulerSleepTests {
    /// Runs a scheduler around `body`, once it has had its first look at everything and sleeps.
    private func running(_ base: FunctionsFixture, _ scheduler: Scheduler, _ body: () async throws -> Void) async throws {
        let run = Task { try await scheduler.run() }
        defer { run.cancel() }
        #expect(try await eventually { base.functions.wake.hasSleeper })
        try await body()
        run.cancel()
        try await run.value
    }

    private func triggers(_ config: String, _ catchUp: String = "once") -> JSONObject {
        ["triggers": [["name": "t", "config": .string(config), "catchUp": .string(catchUp)]], "asyncRetries": 0]
    }

    /// A closed database answers every query with an error, and the scheduler logs each: so these are counted.
    @Test func anIdleOneAsksTheDatabaseNothing() async throws {
        try await FunctionsFixture.with { base async throws in
            try await base.deploy("f", triggers("0 0 9 1 1 *"))
            let failures = CountingLogHandler()
            try await running(base, base.scheduler(logger: Logger(label: "test") { _ in failures })) { () async throws in
                #expect(try base.functions.store.timers().count == 1)
                try base.functions.store.control.close()
                try await Task.sleep(for: .milliseconds(2500))
                #expect(failures.count == 0)
                base.functions.wake.send(.queue)
                #expect(try await eventually { failures.count > 0 }, "a query would have been noticed")
            }
        }
    }

    @Test func whatIsQueuedStartsAtOnce() async throws {
        try await FunctionsFixture.with { base async throws in
            try await base.deploy("f", ["asyncRetries": 0])
            try await running(base, base.scheduler()) { () async throws in
                for _ in 0..<3 {
                    _ = try await base.functions.enqueue("f", .init(string: "{}"), source: "client", CallContext.nobody(in: base.environment))
                    #expect(try await eventually { try base.queued().isEmpty }, "no time that passes would make it look")
                    #expect(try await eventually { base.functions.wake.hasSleeper })
                }
            }
        }
    }

    @Test func aTriggerThatComesWhileItSleepsFiresOnTime() async throws {
        try await FunctionsFixture.with(clock: .system) { base async throws in
            try await running(base, base.scheduler()) { () async throws in
                try await base.deploy("after")
                var settings = triggers("* * * * * *")
                settings["onFailure"] = "after"
                try await base.deploy("f", settings)
                var lateness: [Int64] = []
                var seen: [Int64] = []
                // Each run fails, since no workers run, and leaves what follows from it, which is tried again and again.
                _ = try await eventually {
                    for item in try base.queued() where item.function == "after" {
                        let time = try #require(try JSON(parsing: item.event)["event"]?["Time"]?.stringValue.flatMap(DateText.milliseconds(fromISO8601:)))
                        guard !seen.contains(time) else { continue }
                        seen.append(time)
                        lateness.append(WallClock.system.now() - time)
                    }
                    // A machine that has other things to do makes any of them late, but not all of them for ever.
                    return seen.count >= 4 && lateness.contains { $0 < 500 }
                }
                try #require(seen.count >= 4)
                #expect(seen.allSatisfy { $0 % 1000 == 0 } && seen == seen.sorted(), "\(seen)")
                #expect(lateness.allSatisfy { $0 >= 0 } && (lateness.min() ?? .max) < 500, "\(lateness)")
            }
        }
    }

    @Test(arguments: ["once", "skip"]) func aClockThatIsSetForwardOrBackStallsNothing(_ catchUp: String) async throws {
        try await FunctionsFixture.with { base async throws in
            let isServing = Mutex(true)
            try await base.deploy("f", triggers("0 0 * * * *", catchUp))
            func next() throws -> Int64? { try base.functions.store.timers().values.first }
            try await running(base, base.scheduler { _ in isServing.withLock { $0 } }) { () async throws in
                let start = base.time.now
                #expect(try next() == start + 3_600_000)
                base.time.advance(seconds: 5 * 3600 + 10)
                #expect(try await eventually { try next() == start + 6 * 3_600_000 }, "set forward")
                base.time.advance(seconds: -9 * 3600)
                #expect(try await eventually { try next() == start - 3 * 3_600_000 }, "set back")
                isServing.withLock { $0 = false }
                base.time.advance(seconds: 3600)
                #expect(try await eventually { try next() == start - 2 * 3_600_000 }, "and it goes on from there")
            }
        }
    }

    @Test func aRetryIsMadeWhenItIsDue() async throws {
        try await FunctionsFixture.with { base async throws in
            try await base.deploy("f", ["asyncRetries": 2])
            try await running(base, base.scheduler()) { () async throws in
                _ = try await base.enqueue("f")
                base.functions.wake.send(.queue)
                for attempt in 1...2 {
                    #expect(try await eventually { try base.queued().first?.attempt == attempt })
                    base.time.advance(seconds: 2)
                }
                #expect(try await eventually { try base.queued().isEmpty })
            }
        }
    }

    @Test func whatAClockAheadHasQueuedIsNotLeftWaiting() async throws {
        try await FunctionsFixture.with { base async throws in
            try await base.deploy("f", ["asyncRetries": 0])
            _ = try await base.enqueue("f")
            base.time.advance(seconds: -7200)
            try await running(base, base.scheduler()) { () async throws in
                #expect(try await eventually { try base.queued().isEmpty }, "at the start")
                base.time.advance(seconds: 7200)
                _ = try await base.enqueue("f")
                base.functions.wake.send(.queue)
                #expect(try await eventually { try base.queued().isEmpty })
                _ = try await base.enqueue("f")
                base.time.advance(seconds: -60)
                #expect(try await eventually { try base.queued().isEmpty }, "and while it runs")
            }
        }
    }

    @Test func anEnvironmentThatServesAgainIsServedSoon() async throws {
        try await FunctionsFixture.with { base async throws in
            let isServing = Mutex(false)
            try await base.deploy("f", ["asyncRetries": 0])
            _ = try await base.enqueue("f")
            try await running(base, base.scheduler { _ in isServing.withLock { $0 } }) { () async throws in
                base.time.advance(seconds: 1)
                try await Task.sleep(for: .milliseconds(200))
                #expect(try base.queued().count == 1)
                isServing.withLock { $0 = true }
                base.time.advance(seconds: 1)
                #expect(try await eventually { try base.queued().isEmpty })
            }
        }
    }

    @Test func aSignalThatCameFirstIsNotLost() async throws {
        let wake = WakeSignal()
        wake.send(.queue)
        wake.send(.triggers)
        await wake.sleep(upTo: .seconds(3600))
        #expect(wake.take() == [.queue, .triggers] && wake.take() == [])
        let start = ContinuousClock.now
        await wake.sleep(upTo: .milliseconds(20))
        #expect(ContinuousClock.now - start >= .milliseconds(20), "and it is taken once")
        #expect(!wake.hasSleeper)
    }
}

extension CallContext {
    fileprivate static func nobody(in environment: EnvironmentID) -> CallContext {
        CallContext(environment: environment, caller: .key, requestID: RequestID.make())
    }
}

/// Counts what is logged.
private final class CountingLogHandler: LogHandler {
    private let lines = Mutex(0)
    var count: Int { lines.withLock { $0 } }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) { lines.withLock { $0 += 1 } }
}
