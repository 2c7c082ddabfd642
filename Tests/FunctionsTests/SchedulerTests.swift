import Kernel
import Testing

@testable import Functions

@Suite struct SchedulerTests {
    private func trigger(_ config: String, catchUp: String = "once") -> JSONObject {
        ["triggers": [["name": "t", "type": "timer", "config": .string(config), "catchUp": .string(catchUp), "argument": "{\"a\":1}"]]]
    }

    @Test func aTimerFiresOnceWhenItIsDue() async throws {
        try await FunctionsFixture.with { base async throws in
            try await base.deploy("f", trigger("0 30 9 * * *"))
            let scheduler = base.scheduler()
            try await scheduler.fireTimers()
            base.time.advance(seconds: 90 * 60 - 1)
            try await scheduler.fireTimers()
            #expect(try base.queued().isEmpty, "it is a second too early")
            base.time.advance(seconds: 1)
            for _ in 0..<3 { try await scheduler.fireTimers() }
            let items = try base.queued()
            #expect(items.count == 1)
            let item = try #require(items.first)
            #expect(item.function == "f" && item.source == "timer" && item.environment == base.environment)
            let event = try JSON(parsing: item.event)
            #expect(event == ["Type": "Timer", "TriggerName": "t", "Time": "2026-11-22T01:30:00.000Z", "Argument": ["a": 1]])
            base.time.advance(seconds: 86_400)
            try await scheduler.fireTimers()
            #expect(try base.queued().count == 2, "and again the next day")
        }
    }

    @Test func aRestartNeitherLosesNorDoublesARun() async throws {
        try await FunctionsFixture.with { base async throws in
            try await base.deploy("f", trigger("0 30 9 * * *"))
            try await base.scheduler().fireTimers()
            base.time.advance(seconds: 90 * 60)
            try await base.scheduler().fireTimers()
            try await base.scheduler().fireTimers()
            #expect(try base.queued().count == 1)
        }
    }

    @Test(arguments: [("once", 1), ("skip", 0)]) func missedRunsAreMadeUpForAsTheTriggerSays(_ catchUp: String, runs: Int) async throws {
        try await FunctionsFixture.with { base async throws in
            try await base.deploy("f", trigger("0 0 * * * *", catchUp: catchUp))
            try await base.scheduler().fireTimers()
            base.time.advance(seconds: 3 * 86_400 + 1800)
            let scheduler = base.scheduler()
            for _ in 0..<3 { try await scheduler.fireTimers() }
            #expect(try base.queued().count == runs)
            base.time.advance(seconds: 1800)
            try await scheduler.fireTimers()
            #expect(try base.queued().count == runs + 1, "from then on it runs as planned")
        }
    }

    @Test func aScheduleThatWasChangedNoLongerRunsAtItsOldTime() async throws {
        try await FunctionsFixture.with { base async throws in
            try await base.deploy("f", trigger("0 30 9 * * *"))
            let scheduler = base.scheduler()
            try await scheduler.fireTimers()
            try await base.deploy("f", trigger("0 30 21 * * *"))
            try await scheduler.fireTimers()
            base.time.advance(seconds: 2 * 3600)
            try await scheduler.fireTimers()
            #expect(try base.queued().isEmpty)
            try await base.deploy("f", trigger("0 15 10 * * *"))
            try await scheduler.fireTimers()
            base.time.advance(seconds: 900)
            try await scheduler.fireTimers()
            #expect(try base.queued().count == 1)
        }
    }

    @Test func aTimerThatIsGoneRunsNoMore() async throws {
        try await FunctionsFixture.with { base async throws in
            try await base.deploy("f", trigger("0 30 9 * * *"))
            let scheduler = base.scheduler()
            try await scheduler.fireTimers()
            _ = try await base.functions.deployments.setTriggers([], of: "f", in: base.environment)
            try await scheduler.fireTimers()
            #expect(try base.functions.store.timers().isEmpty)
            base.time.advance(seconds: 86_400)
            try await scheduler.fireTimers()
            #expect(try base.queued().isEmpty)
        }
    }

    @Test func aScheduleInThePastNeverRuns() async throws {
        try await FunctionsFixture.with { base async throws in
            try await base.deploy("f", trigger("0 0 0 1 1 * 2020"))
            let scheduler = base.scheduler()
            for _ in 0..<2 { try await scheduler.fireTimers() }
            #expect(try base.functions.store.timers().isEmpty && base.queued().isEmpty)
        }
    }

    @Test func nothingOfASuspendedEnvironmentIsStarted() async throws {
        try await FunctionsFixture.with { base async throws in
            try await base.deploy("f", trigger("0 0 * * * *"))
            let scheduler = base.scheduler { _ in false }
            try await scheduler.fireTimers()
            base.time.advance(seconds: 3600)
            try await scheduler.fireTimers()
            #expect(try base.queued().isEmpty)
            _ = try await base.enqueue("f")
            #expect(try scheduler.takeDue().isEmpty)
            #expect(try base.scheduler().takeDue().count == 1, "it is kept until the environment serves again")
        }
    }

    @Test func whatWaitsForASuspendedEnvironmentKeepsNobodyElseWaiting() async throws {
        try await FunctionsFixture.with { base async throws in
            let suspended = EnvironmentID.random()
            for _ in 0..<100 { _ = try await base.enqueue("f", in: suspended) }
            let id = try await base.enqueue("f")
            let scheduler = base.scheduler { $0 != suspended }
            #expect(try scheduler.takeDue().map(\.id) == [id])
        }
    }

    @Test func aQueuedInvocationIsHandedOutOnceAndOnlySoManyAtATime() async throws {
        try await FunctionsFixture.with { base async throws in
            for _ in 0..<6 {
                let environment = EnvironmentID.random()
                for _ in 0..<12 { _ = try await base.enqueue("f", in: environment) }
            }
            let scheduler = base.scheduler()
            let first = try scheduler.takeDue()
            #expect(first.count == 32 && Set(first.map(\.id)).count == 32)
            let shares = Dictionary(grouping: first, by: \.environment).mapValues(\.count)
            #expect(shares.values.allSatisfy { $0 <= 8 }, "one environment does not take every place")
            #expect(try scheduler.takeDue().isEmpty)
            // After the death of the process everything that was running runs again.
            #expect(try base.scheduler().takeDue().map(\.id) == first.map(\.id))
        }
    }

    @Test func aFailedInvocationIsTriedAgainLaterAndLater() async throws {
        try await FunctionsFixture.with { base async throws in
            try await base.deploy("f", ["asyncRetries": 3])
            _ = try await base.enqueue("f", #"{"n":1}"#)
            var waited: [Int64] = []
            for attempt in 0..<3 {
                let scheduler = base.scheduler()
                let item = try #require(try scheduler.takeDue().first)
                #expect(item.attempt == attempt)
                try await scheduler.run(item)
                waited.append(try await secondsUntilDue(base))
            }
            #expect(waited == [1, 2, 4])
            let scheduler = base.scheduler()
            try await scheduler.run(#require(try scheduler.takeDue().first))
            #expect(try base.queued().isEmpty, "the last failure ends it")
        }
    }

    @Test func theLastFailureGoesToItsDestination() async throws {
        try await FunctionsFixture.with { base async throws in
            try await base.deploy("f", ["asyncRetries": 0, "onFailure": "alarm"])
            try await base.deploy("alarm", ["asyncRetries": 0])
            _ = try await base.enqueue("f", #"{"n":1}"#)
            let scheduler = base.scheduler()
            let item = try #require(try scheduler.takeDue().first)
            try await scheduler.run(item)
            let follow = try #require(try base.queued().first)
            #expect(follow.function == "alarm" && follow.requestID == item.requestID && follow.user.openid == "alice")
            let outcome = try JSON(parsing: follow.event)
            #expect(outcome["function"] == "f" && outcome["status"] == "failed" && outcome["event"] == ["n": 1])
            #expect(outcome["error"]?["code"] == "FUNCTION_BUSY")
            try await scheduler.run(follow)
            #expect(try base.queued().isEmpty)
        }
    }

    @Test func aFunctionThatIsGoneIsNotTriedAgain() async throws {
        try await FunctionsFixture.with { base async throws in
            _ = try await base.enqueue("f")
            let scheduler = base.scheduler()
            try await scheduler.run(#require(try scheduler.takeDue().first))
            #expect(try base.queued().isEmpty)
        }
    }

    @Test(.enabled(if: FunctionsFixture.runtime != nil)) func aResultGoesToItsDestination() async throws {
        try await FunctionsFixture.with { base async throws in
            let workers = Task { try await base.functions.run() }
            try await base.deploy("f", "exports.main = async event => ({ doubled: event.n * 2 })", ["onSuccess": "after"])
            try await base.deploy("after")
            let scheduler = base.scheduler()
            // The workers' start is theirs; until then calls are refused and tried again.
            while !(try base.queued().contains { $0.function == "after" }) {
                if try base.queued().isEmpty { _ = try await base.enqueue("f", #"{"n":21}"#) }
                base.time.advance(seconds: 600)
                for item in try base.scheduler().takeDue() { try await scheduler.run(item) }
            }
            let follow = try #require(try base.queued().first { $0.function == "after" })
            let outcome = try JSON(parsing: follow.event)
            #expect(outcome["status"] == "success" && outcome["result"] == ["doubled": 42])
            workers.cancel()
            try await workers.value
        }
    }

    /// Turns the clock second by second until the queue has something due.
    private func secondsUntilDue(_ base: FunctionsFixture) async throws -> Int64 {
        var seconds: Int64 = 0
        while try base.scheduler().takeDue().isEmpty, seconds < 1000 {
            base.time.advance(seconds: 1)
            seconds += 1
        }
        return seconds
    }
}

extension FunctionsFixture {
    func deploy(_ name: String, _ settings: JSONObject) async throws {
        try await deploy(name, "exports.main = async event => event", settings)
    }
}
