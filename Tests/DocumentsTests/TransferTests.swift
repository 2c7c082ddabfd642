import Foundation
import Kernel
import Synchronization
import Testing

@testable import Documents

@Suite struct TransferTests {
    @Test(arguments: TestEngine.allCases) func whatIsExportedCanBeImportedAndIsTheSame(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            let lines = """
                {"_id":"a","n":9007199254740993,"d":{"$date":-5},"t":"é\\n\\u0000","deep":{"x":[1,2.0,null,true]}}
                {"_id":"b"}

                """
            #expect(try await base.lines(lines, into: "one") == ["inserted": 2, "updated": 0])
            let first = try await base.exported("one")
            #expect(try await base.lines(first, into: "two") == ["inserted": 2, "updated": 0])
            #expect(try await base.exported("two") == first)
            #expect(try await base.document("one", "a") == json(lines.split(separator: "\n").map(String.init)[0]))
        }
    }

    @Test(arguments: TestEngine.allCases) func anExportOfManyPagesMissesNothing(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            let lines = (0..<1203).map { #"{"_id":"\#($0)"}"# }.joined(separator: "\n")
            #expect(try await base.lines(lines, into: "c") == ["inserted": 1203, "updated": 0])
            #expect(try await base.exported("c") == lines + "\n")
        }
    }

    /// The event loop of a connection serves others too: it must not look through a whole import at once.
    @Test(arguments: TestEngine.allCases) func aLargeImportDoesNotHoldUpItsEventLoop(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            let text = String(repeating: "\n", count: 4 << 20) + #"{"_id":"a"}"#
            let loop = WatchedExecutor()
            let answer = try await Task(executorPreference: loop) { try await base.lines(text, into: "c") }.value
            #expect(answer == ["inserted": 1, "updated": 0])
            #expect(loop.turns > 1 && loop.longestTurn < .milliseconds(100), "\(loop.longestTurn) at one go")
        }
    }

    @Test(arguments: TestEngine.allCases) func numbersOfLinesCountEmptyOnes(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            let lines = String(repeating: " \n", count: 1200) + "no"
            let error = await #expect(throws: SampanError.self) { try await base.lines(lines, into: "c") }
            #expect(error?.members["line"] == 1201)
            #expect(try await base.lines("\n\n", into: "c") == ["inserted": 0, "updated": 0])
        }
    }

    @Test(arguments: [
        ("{\"_id\":\"a\"}\n\n{oops}\n", 3, "INVALID_DOCUMENT"), ("[1]", 1, "INVALID_DOCUMENT"), ("{\"_id\":\"x\"}\n{\"_id\":\"x\"}", 2, "DUPLICATE_KEY"),
        ("{\"_id\":\"a\"}\r\n{\"$bad\":1}", 2, "INVALID_DOCUMENT"), ("{\"_id\":[]}", 1, "BAD_MEMBER"),
    ])
    func anErrorNamesItsLineAndItsBatchIsUndone(_ lines: String, line: Int, code: String) async throws {
        try await DatabaseFixture.with { base async throws in
            let error = await #expect(throws: SampanError.self) { try await base.lines(lines, into: "c") }
            #expect(error?.code == code)
            #expect(error?.members["line"] == .int(Int64(line)))
            #expect(error?.detail.en.contains("Line \(line)") == true && error?.detail.zh.contains("第 \(line) 行") == true)
            #expect(try await base.ids("c", where: [:]) == [])
        }
    }

    @Test(arguments: TestEngine.allCases) func anErrorInALaterBatchNamesItsLine(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            let lines = (1...700).map { $0 == 642 ? "no" : "{}" }.joined(separator: "\n")
            let error = await #expect(throws: SampanError.self) { try await base.lines(lines, into: "c") }
            #expect(error?.members["line"] == 642)
        }
    }

    @Test(arguments: TestEngine.allCases) func insertingRefusesWhatIsThereAndUpsertingReplacesIt(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"a","old":1}}"#)
            await #expect(throws: SampanError.self) { try await base.lines(#"{"_id":"a","n":1}"#, into: "c") }
            let answer = try await base.lines("{\"_id\":\"a\",\"n\":1}\n{\"_id\":\"b\"}", into: "c", upserts: true)
            #expect(answer == ["inserted": 1, "updated": 1])
            #expect(try await base.document("c", "a") == ["_id": "a", "n": 1])
        }
    }

    @Test(arguments: TestEngine.allCases) func anImportWaitsForATransactionThatHoldsADocument(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"a","n":0}}"#)
            let name = try await base.begin(scope: 1)
            try await base.inTransaction(name, scope: 1, #"{"op":"update","collection":"c","id":"a","update":{"$set":{"n":1}}}"#)
            async let imported = base.lines(#"{"_id":"a","n":2}"#, into: "c", upserts: true)
            try await base.inTransaction(name, scope: 1, #"{"op":"commit"}"#)
            #expect(try await imported == ["inserted": 0, "updated": 1])
            #expect(try await base.document("c", "a")?["n"] == 2)
        }
    }

    @Test(arguments: TestEngine.allCases) func anIndexThatIsMadeDuringAnImportHasEveryDocument(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"createCollection","collection":"c"}"#)
            let lines = (0..<5000).map { #"{"n":\#($0)}"# }.joined(separator: "\n")
            async let imported = base.lines(lines, into: "c")
            var made = false
            while !made {
                // After some batches and, as far as this machine lets us choose, before others.
                made = try await base.perform(#"{"op":"count","collection":"c"}"#)["total"]?.intValue ?? 0 > 0
                await Task.yield()
            }
            try await base.documents.createIndex(["keys": [["n", "asc"]]], of: "c", base.environment)
            _ = try await imported
            #expect(try await base.perform(#"{"op":"count","collection":"c","where":{"n":{"$gte":0}}}"#) == ["total": 5000])
        }
    }
}

/// Runs jobs one after the other, as an event loop does, and remembers how much of a processor the longest took.
private final class WatchedExecutor: TaskExecutor {
    private let queue = DispatchQueue(label: "watched")
    private let seen = Mutex((turns: 0, longest: Duration.zero))

    var turns: Int { seen.withLock { $0.turns } }

    var longestTurn: Duration { seen.withLock { $0.longest } }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async {
            let began = Self.processorTime()
            job.runSynchronously(on: self.asUnownedTaskExecutor())
            let took = Self.processorTime() - began
            self.seen.withLock { $0 = ($0.turns + 1, max($0.longest, took)) }
        }
    }

    /// Of this thread: what other tests do on this machine meanwhile does not count.
    private static func processorTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
