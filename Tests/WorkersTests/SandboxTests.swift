import Foundation
import Logging
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Workers

/// What a function can do to others: real processes in real sandboxes.
@Suite(
    "Sandbox", .serialized, .enabled(if: Machine.canSandbox, "needs bwrap, node and the runtime in sdk/functions"), .timeLimit(.minutes(5)))
struct SandboxTests {
    /// A function that loops is ended at its time limit; others in its worker hear why; the next call works.
    @Test func endsEndlessLoops() async throws {
        try await FunctionZoo.run { zoo in
            _ = await zoo.result(#"{"do":"hello"}"#)
            async let bystander = zoo.invoke(#"{"do":"wait","ms":9000}"#)
            try await Task.sleep(for: .milliseconds(100))
            let looping = await zoo.invoke(#"{"do":"loop"}"#, timeoutMs: 700)
            #expect(looping.outcome == .timeout)
            #expect(await bystander.outcome.text.contains("another invocation"))
            #expect(await zoo.result(#"{"do":"hello","name":"again"}"#) == #"{"hello":"again"}"#)
            #expect(zoo.pool.status().timeouts == 1)
        }
    }

    /// Both ways of using too much memory end only the worker, and the reason is known.
    @Test(arguments: ["fillHeap", "fillBuffers"], [true, false])
    func endsWhoTakesTooMuchMemory(way: String, groups: Bool) async throws {
        try await FunctionZoo.run(configure: { $0.usesControlGroups = groups }) { zoo in
            let code = zoo.version(1) { $0.memoryMB = 128 }
            #expect(await zoo.invoke(#"{"do":"\#(way)"}"#, code: code).outcome == .crashed(reason: "out of memory"))
            #expect(await zoo.result(#"{"do":"hello","name":"again"}"#, code: code) == #"{"hello":"again"}"#)
        }
    }

    /// After a call that leaves much memory in use, the worker is replaced.
    @Test func replacesWorkersNearTheirLimit() async throws {
        try await FunctionZoo.run { zoo in
            let code = zoo.version(1) { $0.memoryMB = 128 }
            let first = await zoo.result(#"{"do":"loaded"}"#, code: code)
            _ = await zoo.result(#"{"do":"keep","megabytes":120}"#, code: code)
            // It is measured every 200 ms, and replaced after the first call that ends after that.
            for _ in 0..<500 {
                if await zoo.result(#"{"do":"loaded"}"#, code: code) != first { return }
                try await Task.sleep(for: .milliseconds(20))
            }
            Issue.record("the worker goes on although its memory is nearly full")
        }
    }

    /// The number of processes is bounded, with or without control groups, and the server goes on.
    @Test(arguments: [true, false])
    func boundsProcesses(groups: Bool) async throws {
        try await FunctionZoo.run(configure: { $0.usesControlGroups = groups }) { zoo in
            let other = zoo.version(2)
            _ = await zoo.result(#"{"do":"hello"}"#, code: other)
            let started = try #require(Int(await zoo.result(#"{"do":"fork"}"#)))
            #expect(started > 5 && started < 64)
            _ = await zoo.result(#"{"do":"bomb"}"#)
            #expect(await zoo.result(#"{"do":"hello","name":"other"}"#, code: other) == #"{"hello":"other"}"#)
        }
    }

    /// A full `/tmp` is a full `/tmp` for nobody else.
    @Test func boundsFiles() async throws {
        try await FunctionZoo.run(configure: { $0.tmpBytesMax = 16 << 20 }) { zoo in
            #expect(await zoo.result(#"{"do":"fillTmp","megabytes":40}"#) == #""ENOSPC""#)
            #expect(await zoo.result(#"{"do":"fillTmp","megabytes":8}"#, code: zoo.version(2)) == #""fits""#)
            for path in ["/x", "/code/x", "/runtime/x", "/etc/x", "/usr/x", "/dev/x", "/var/x"] {
                let answer = await zoo.result(#"{"do":"write","path":"\#(path)"}"#, code: zoo.version(2))
                #expect(["\"EROFS\"", "\"ENOENT\"", "\"EACCES\""].contains(answer), "\(path): \(answer)")
            }
        }
    }

    /// Signals reach nobody outside.
    @Test(arguments: [#""parent""#, "-1", "1"])
    func keepsSignalsInside(target: String) async throws {
        try await FunctionZoo.run { zoo in
            let other = zoo.version(2)
            _ = await zoo.result(#"{"do":"hello"}"#, code: other)
            async let bystander = zoo.result(#"{"do":"wait","ms":600}"#, code: other)
            _ = await zoo.invoke(#"{"do":"kill","pid":\#(target)}"#)
            #expect(await bystander == "600")
            #expect(await zoo.result(#"{"do":"hello","name":"again"}"#) == #"{"hello":"again"}"#)
        }
    }

    /// Nothing of this machine, of the server and of other tenants can be seen.
    @Test func hidesTheMachine() async throws {
        try await FunctionZoo.run { zoo in
            #expect(await zoo.result(#"{"do":"list","path":"/code"}"#) == #"["index.js"]"#)
            let root = await zoo.result(#"{"do":"list","path":"/"}"#)
            for hidden in ["root", "home", "var", "work", "srv", "sys", "boot"] { #expect(!root.contains("\"\(hidden)\"")) }
            let hidden = ["/root", "/etc/shadow", "/home", zoo.folder, "\(zoo.folder)/code/index.js", "/proc/1/root/root", "/sys"]
            for path in hidden {
                let answer = await zoo.result(#"{"do":"read","path":"\#(path)"}"#)
                #expect([#""ENOENT""#, #""EACCES""#].contains(answer), "\(path): \(answer)")
            }
            let others = await zoo.result(#"{"do":"run","command":"ls -d /proc/[0-9]* | wc -l"}"#)
            #expect(others.split(separator: " ").last.flatMap { Int($0.filter(\.isNumber)) }.map { $0 < 10 } == true)
        }
    }

    /// No power over the system, no secrets in the environment, no open files of the server.
    @Test func givesNoPower() async throws {
        try await FunctionZoo.run { zoo in
            let status = await zoo.result(#"{"do":"read","path":"/proc/self/status"}"#)
            #expect(status.contains(#"CapEff:\t0000000000000000"#) && status.contains(#"CapBnd:\t0000000000000000"#))
            #expect(status.contains(#"NoNewPrivs:\t1"#) && status.contains(#"Seccomp:\t2"#))
            #expect(await zoo.result(#"{"do":"run","command":"unshare -U true"}"#).contains("not permitted"))
            #expect(await zoo.result(#"{"do":"user"}"#) == #""1000 worker /code 8""#)
            let environment = await zoo.result(#"{"do":"environment"}"#)
            #expect(environment.contains(#""GREETING":"hi""#) && !environment.contains("NODE_OPTIONS"))
            let names = try #require(JSONSerialization.jsonObject(with: Data(environment.utf8)) as? [String: Any]).keys
            #expect(
                names.allSatisfy { ProcessInfo.processInfo.environment[$0] == nil || ["PATH", "HOME", "LANG", "TZ", "PWD"].contains($0) })
            let open = await zoo.result(#"{"do":"run","command":"for f in /proc/1/fd/*; do readlink $f; done"}"#)
            #expect(!open.contains("bpf") && !open.contains(zoo.folder), "\(open)")
        }
    }

    /// The workers' own user: not root, and not the same for two of them, when the server is root.
    @Test(.enabled(if: geteuid() == 0, "needs root"))
    func givesEachWorkerAUser() async throws {
        try await FunctionZoo.run { zoo in
            _ = await zoo.result(#"{"do":"hello"}"#)
            _ = await zoo.result(#"{"do":"hello"}"#, code: zoo.version(2))
            func users() -> [Substring] {
                zoo.processes.compactMap { pid in
                    Directories.read("/proc/\(pid)/status")?.split(separator: "\n").first { $0.hasPrefix("Uid:") }?.split(separator: "\t")[1]
                }
            }
            // A worker that is just being started has not changed its user yet; none runs code before it has.
            _ = try await eventually { !users().contains("0") }
            let users = users()
            #expect(users.count >= 2 && Set(users).count == users.count && !users.contains("0"))
        }
    }

    /// A server that is killed leaves no workers: they end with the thread that started them.
    @Test func endsWithItsParent() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("parent-\(UUID().uuidString)").path
        defer { Directories.remove(folder) }
        var configuration = WorkerConfiguration(runtimeDirectory: try #require(Machine.runtime), stateDirectory: folder)
        configuration.workerScript = "functions/worker.js"
        let launcher = try WorkerLauncher(configuration, logger: Logger(label: "workers-tests"))
        let thread = ThreadWithResult {
            let worker = try launcher.start(memoryMB: 128)
            // Until the worker says that it is up.
            var byte: UInt8 = 0
            read(worker.descriptors.socket, &byte, 1)
            return worker
        }
        let (process, descriptors) = try await thread.result()
        let status = try await poll { process.reap() }
        #expect(status & 0x7f == SIGKILL)
        let groups = process.controlGroup?.paths ?? []
        _ = try await poll { groups.allSatisfy { Directories.read("\($0)/cgroup.procs") == "" } ? true : nil }
        [descriptors.socket, descriptors.standardOutput, descriptors.standardError].forEach { close($0) }
        launcher.cleanUp(process)
        launcher.cleanUp()
    }

    /// Asks until there is an answer; gives up after ten seconds.
    private func poll<T>(_ answer: () -> T?) async throws -> T {
        for _ in 0..<500 {
            if let value = answer() { return value }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw FunctionZoo.Impatience()
    }

    // MARK: Network

    private func withServer(_ body: (Int) async throws -> Void) async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(host: "127.0.0.1", port: 0).get()
        try await body(try #require(server.localAddress?.port))
        try await server.close()
    }

    /// Without the internet there is no network at all.
    @Test func refusesTheNetwork() async throws {
        try await withServer { port in
            try await FunctionZoo.run { zoo in
                for host in ["127.0.0.1", "10.0.2.2", "169.254.169.254", "1.1.1.1"] {
                    let answer = await zoo.result(#"{"do":"connect","host":"\#(host)","port":\#(port)}"#)
                    #expect([#""ECONNREFUSED""#, #""ENETUNREACH""#].contains(answer), "\(host): \(answer)")
                }
            }
        }
    }

    /// With the internet, this machine and its neighbourhood still cannot be reached.
    @Test(.enabled(if: Machine.canReachOut, "needs slirp4netns and a /dev/net/tun that everybody may use"))
    func keepsTheMachineOutOfReach() async throws {
        try await withServer { port in
            try await FunctionZoo.run { zoo in
                let code = zoo.version(1) { $0.internet = true }
                #expect(await zoo.result(#"{"do":"run","command":"grep -c tap0 /proc/net/dev"}"#, code: code) == #""0 1""#)
                for host in ["127.0.0.1", "10.0.2.2", "169.254.169.254", "192.168.0.1", "172.17.0.1", "100.100.100.200"] {
                    let answer = await zoo.result(#"{"do":"connect","host":"\#(host)","port":\#(port)}"#, code: code)
                    #expect(answer != #""connected""#, "\(host): \(answer)")
                }
                let metadata = await zoo.result(#"{"do":"connect","host":"169.254.169.254","port":80}"#, code: code)
                #expect(metadata == #""EINVAL""#, "the route is a black hole")
            }
        }
    }
}

/// Runs something on a thread that ends right after it.
private struct ThreadWithResult<Value: Sendable>: Sendable {
    let work: @Sendable () throws -> Value

    func result() async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Result { try work() }) }.start()
        }
    }
}
