import Foundation
import NIOCore
import Synchronization
import Testing

@testable import Workers

/// The pool with real processes.
@Suite(
    "Worker pool", .serialized, .enabled(if: Machine.canSandbox, "needs bwrap, node and the runtime in sdk/functions"),
    .timeLimit(.minutes(5)))
struct WorkerPoolTests {
    @Test func callsColdThenWarm() async throws {
        try await FunctionZoo.run { zoo in
            try await zoo.waitUntil { $0.pool.status().generic == 1 }
            let cold = await zoo.invoke(#"{"do":"hello","name":"a"}"#)
            #expect(cold.outcome.text == #"{"hello":"a"}"#)
            #expect(cold.cold && cold.coldMs > 0 && cold.coldMs == cold.queuedMs)
            let warm = await zoo.invoke(#"{"do":"hello","name":"b"}"#)
            #expect(warm.outcome.text == #"{"hello":"b"}"#)
            #expect(!warm.cold && warm.coldMs == 0)
            #expect(zoo.delegate.ended == [1, 2])
            #expect(zoo.pool.status().functions.map(\.key) == ["env-t/zoo/1"])
        }
    }

    /// Answers find their callers, in whatever order they come.
    @Test func answersManyAtOnce() async throws {
        try await FunctionZoo.run { zoo in
            let code = zoo.version(1) { $0.concurrency = 32 }
            let began = ContinuousClock.now
            let right = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<32 {
                    let ms = 400 - number * 10
                    group.addTask { await zoo.result(#"{"do":"wait","ms":\#(ms)}"#, code: code) == "\(ms)" }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(right == 32)
            #expect(ContinuousClock.now - began < .seconds(4))
            #expect(zoo.pool.status().functions.first?.workers == 1)
        }
    }

    /// An event and a result that do not fit into one read or write.
    @Test func carriesBigEvents() async throws {
        try await FunctionZoo.run { zoo in
            let name = String(repeating: "大", count: 1_000_000)
            #expect(await zoo.result(#"{"do":"hello","name":"\#(name)"}"#) == #"{"hello":"\#(name)"}"#)
        }
    }

    @Test func refusesEventsThatAreTooBig() async throws {
        try await FunctionZoo.run(configure: { $0.frameBytesMax = 10_000 }) { zoo in
            let big = await zoo.invoke(#"{"do":"hello","name":"\#(String(repeating: "x", count: 10_000))"}"#)
            #expect(big.outcome.text.contains("EVENT_TOO_LARGE"))
        }
    }

    @Test func reportsErrors() async throws {
        try await FunctionZoo.run { zoo in
            let thrown = await zoo.invoke(#"{"do":"throw"}"#).outcome.text
            #expect(thrown.hasPrefix("failed") && thrown.contains("E_BROKEN") && thrown.contains("broken"))
            let missing = await zoo.invoke("{}", code: zoo.version(2) { $0.handler = "absent.main" }).outcome.text
            #expect(missing.hasPrefix("loadFailed") && missing.contains("absent"))
            let nowhere = await zoo.invoke("{}", code: zoo.version(3) { $0.directory = "/nonexistent" }).outcome.text
            #expect(nowhere.hasPrefix("loadFailed"))
            #expect(await zoo.invoke(#"{"do":"exit","code":3}"#).outcome == .crashed(reason: "exited with status 3"))
            #expect(await zoo.result(#"{"do":"hello","name":"x"}"#) == #"{"hello":"x"}"#)
        }
    }

    /// Code that never finishes loading is given up, and whoever waits for it hears so.
    @Test func givesUpEndlessLoading() async throws {
        try await FunctionZoo.run(configure: { $0.loadSeconds = 1 }) { zoo in
            let endless = "\(zoo.folder)/endless"
            try Directories.make(endless)
            try Directories.write("for (;;);", to: "\(endless)/index.js")
            let outcome = await zoo.invoke("{}", code: zoo.version(2) { $0.directory = endless }).outcome.text
            #expect(outcome.hasPrefix("loadFailed") && outcome.contains("LOAD_TIMEOUT"), "\(outcome)")
            #expect(await zoo.result(#"{"do":"hello","name":"x"}"#) == #"{"hello":"x"}"#)
        }
    }

    /// Calls reach the delegate with their invocation, several at once, and answers and problems come back.
    @Test func answersCalls() async throws {
        let answer: @Sendable (WorkerCall, InvocationContext) async -> CallAnswer = { call, invocation in
            let json = String(buffer: call.json)
            guard call.method == "database", invocation.caller as? String == "alice" else {
                return .error(Array(#"{"status":500,"code":"WRONG"}"#.utf8))
            }
            if json.contains("\"d2\"") { return .error(Array(#"{"status":404,"code":"DOCUMENT_NOT_FOUND","detail":"none"}"#.utf8)) }
            return .reply(ByteBuffer(string: json.contains("\"d1\"") ? #"{"data":{"n":1}}"# : #"{"data":{"n":3}}"#))
        }
        try await FunctionZoo.run(answer: answer) { zoo in
            let text = await zoo.invoke(#"{"do":"database"}"#, caller: "alice").outcome.text
            #expect(text.contains(#"{"n":1}"#) && text.contains(#"{"n":3}"#) && !text.contains("WRONG"), "\(text)")
        }
    }

    // MARK: Limits

    @Test func queuesAndRefuses() async throws {
        try await FunctionZoo.run(configure: { configuration in
            configuration.maxWorkersPerFunction = 1
            configuration.queueMax = 1
        }) { zoo in
            let code = zoo.version(1) { $0.concurrency = 1 }
            _ = await zoo.result(#"{"do":"hello"}"#, code: code)
            async let running = zoo.invoke(#"{"do":"wait","ms":800}"#, code: code)
            try await zoo.waitUntil { $0.pool.status().functions.first?.inFlight == 1 }
            async let late = zoo.invoke(#"{"do":"hello"}"#, code: code, timeoutMs: 200)
            try await zoo.waitUntil { $0.pool.status().functions.first?.queued == 1 }
            #expect(await zoo.invoke(#"{"do":"hello"}"#, code: code).outcome == .busy)
            #expect(await late.outcome == .busy)
            #expect(await running.outcome.text == "800")
        }
    }

    /// However much is written, only a second's worth a second passes, and the loss is told.
    @Test(arguments: ["floodPipe", "floodLog"])
    func boundsLogs(way: String) async throws {
        try await FunctionZoo.run(configure: { $0.logBytesPerSecondMax = 50_000 }) { zoo in
            _ = await zoo.result(#"{"do":"\#(way)"}"#)
            try await Task.sleep(for: .milliseconds(1300))
            let lines = zoo.delegate.logs
            let bytes = lines.reduce(0) { $0 + $1.text.utf8.count }
            #expect(bytes > 10_000 && bytes < 400_000)
            #expect(lines.contains { $0.level == .warn && $0.text.contains("bytes of log were dropped") })
        }
    }

    @Test func tellsWhereLinesComeFrom() async throws {
        try await FunctionZoo.run { zoo in
            _ = await zoo.invoke(#"{"do":"print","text":"小心"}"#, caller: "bob")
            try await zoo.waitUntil { $0.delegate.logs.contains { $0.text == "raw 小心" } }
            let own = try #require(zoo.delegate.logs.first { $0.text == "小心" })
            #expect(own.level == .warn && own.invocation?.caller as? String == "bob" && own.code?.key == "env-t/zoo/1")
            let raw = try #require(zoo.delegate.logs.first { $0.text == "raw 小心" })
            #expect(raw.level == .info && raw.invocation == nil && raw.code?.key == "env-t/zoo/1")
        }
    }

    // MARK: Life

    @Test func survivesAKilledWorker() async throws {
        try await FunctionZoo.run(configure: { $0.warmWorkers = 0 }) { zoo in
            _ = await zoo.result(#"{"do":"hello"}"#)
            async let running = zoo.invoke(#"{"do":"never"}"#)
            try await zoo.waitUntil { $0.pool.status().functions.first?.inFlight == 1 }
            let worker = try #require(zoo.processes.first)
            kill(worker, SIGKILL)
            #expect(await running.outcome == .crashed(reason: "killed by signal 9"))
            #expect(await zoo.result(#"{"do":"hello","name":"again"}"#) == #"{"hello":"again"}"#)
            #expect(zoo.pool.status().crashes == 1)
        }
    }

    /// A worker that closed its channel is of no use any more; it is ended at the time limit at the latest.
    @Test func endsWorkersThatHangUp() async throws {
        try await FunctionZoo.run { zoo in
            let hungUp = await zoo.invoke(#"{"do":"close"}"#, timeoutMs: 1500).outcome
            #expect(hungUp == .timeout || hungUp.text.hasPrefix("crashed"))
            #expect(await zoo.result(#"{"do":"hello","name":"again"}"#) == #"{"hello":"again"}"#)
        }
    }

    /// Calls that arrive while a worker is ending are served by the next one: only what it had begun is lost.
    @Test func losesOnlyWhatHadBegun() async throws {
        try await FunctionZoo.run { zoo in
            let code = zoo.version(1) { $0.concurrency = 4 }
            for _ in 0..<10 {
                #expect(await zoo.invoke(#"{"do":"exit","code":1}"#, code: code).outcome == .crashed(reason: "exited with status 1"))
                #expect(await zoo.result(#"{"do":"hello","name":"next"}"#, code: code) == #"{"hello":"next"}"#)
            }
        }
    }

    /// Workers are replaced after their number of invocations without a call that fails or waits for long.
    @Test func recyclesUnderLoad() async throws {
        try await FunctionZoo.run(configure: { $0.maxInvocationsPerWorker = 50 }) { zoo in
            var seen: Set<String> = []
            for _ in 0..<20_000 where seen.count < 3 { seen.insert(await zoo.result(#"{"do":"loaded"}"#)) }
            #expect(seen.count == 3)
            #expect(seen.allSatisfy { $0.hasPrefix("0.") })
        }
    }

    @Test func retiresVersions() async throws {
        try await FunctionZoo.run { zoo in
            _ = await zoo.result(#"{"do":"hello"}"#)
            async let running = zoo.result(#"{"do":"wait","ms":300}"#)
            try await zoo.waitUntil { $0.pool.status().functions.first?.inFlight == 1 }
            zoo.pool.retire { $0.key == "env-t/zoo/1" }
            #expect(await running == "300")
            try await zoo.waitUntil { $0.pool.status().functions.isEmpty }
        }
    }

    @Test func warmsBeforeAPeak() async throws {
        try await FunctionZoo.run { zoo in
            zoo.pool.warm(zoo.code, count: 2)
            try await zoo.waitUntil { $0.pool.status().functions.first?.workers == 2 }
            #expect(await zoo.invoke(#"{"do":"hello"}"#).cold == false)
        }
    }

    /// Shutdown lets what runs finish, refuses what is new, and leaves nothing: no process, no folder, no control group.
    @Test func leavesNothingBehind() async throws {
        let (processes, folder, groups) = try await FunctionZoo.run { zoo in
            for number in 1...3 { _ = await zoo.result(#"{"do":"hello"}"#, code: zoo.version(number)) }
            try await zoo.waitUntil { $0.pool.status().generic == 1 }
            let groups = zoo.pool.shared.withLock { $0.machinery?.launcher.groups?.folders.values.map { $0 } ?? [] }
            #expect(groups.allSatisfy(Directories.exists))
            return (zoo.processes, zoo.folder, groups)
        }
        #expect(processes.count == 4)
        for process in processes { #expect(kill(process, 0) == -1 && errno == ESRCH) }
        #expect(!Directories.exists("\(folder)/state/workers"))
        #expect(groups.allSatisfy { !Directories.exists($0) })
    }

    @Test func drainsOnShutdown() async throws {
        let running = try await FunctionZoo.run { zoo in
            _ = await zoo.result(#"{"do":"hello"}"#)
            let running = Task { await zoo.result(#"{"do":"wait","ms":500}"#) }
            try await zoo.waitUntil { $0.pool.status().functions.first?.inFlight == 1 }
            return running
        }
        #expect(await running.value == "500")
    }

    /// What does not end in time is ended.
    @Test func drainIsBounded() async throws {
        let running = try await FunctionZoo.run(configure: { $0.drainSeconds = 1 }) { zoo in
            _ = await zoo.result(#"{"do":"hello"}"#)
            let running = Task { await zoo.invoke(#"{"do":"never"}"#).outcome }
            try await zoo.waitUntil { $0.pool.status().functions.first?.inFlight == 1 }
            return running
        }
        #expect(await running.value == .crashed(reason: "the node shuts down"))
    }
}

@Suite(
    "Worker pool without a sandbox", .serialized, .enabled(if: Machine.canRunWorkers, "needs node and the runtime"), .timeLimit(.minutes(5))
)
struct UnsandboxedPoolTests {
    @Test func runsFunctions() async throws {
        try await FunctionZoo.run(configure: { $0.sandbox = .none }) { zoo in
            #expect(await zoo.result(#"{"do":"hello","name":"dev"}"#) == #"{"hello":"dev"}"#)
            #expect(await zoo.invoke(#"{"do":"loop"}"#, timeoutMs: 500).outcome == .timeout)
            #expect(await zoo.result(#"{"do":"hello","name":"dev"}"#) == #"{"hello":"dev"}"#)
        }
    }

    /// A worker that does not speak the protocol is ended, and callers hear that none starts.
    @Test func endsWorkersThatDoNotSpeakTheProtocol() async throws {
        try await FunctionZoo.run(configure: { configuration in
            let runtime = configuration.stateDirectory + "-runtime"
            try? Directories.make(runtime)
            try? Directories.write(
                "require('fs').writeSync(0, Buffer.from('hello, world, this is no frame'));setInterval(() => {}, 1000)",
                to: "\(runtime)/worker.js")
            configuration.sandbox = .none
            configuration.runtimeDirectory = runtime
            configuration.workerScript = "worker.js"
        }) { zoo in
            #expect(await zoo.invoke("{}").outcome == .crashed(reason: "no worker could be started"))
        }
    }

    @Test func saysWhatIsMissing() async throws {
        let error = await #expect(throws: WorkersError.self) {
            try await FunctionZoo.run(configure: { $0.nodePath = "/nonexistent/node" }) { _ in }
        }
        #expect(error?.code == .nodeMissing)
    }
}
