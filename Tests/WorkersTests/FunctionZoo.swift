import Foundation
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization
import TestSupport

@testable import Workers

/// What the tests with real processes need from the machine.
enum Machine {
    static let runtime: String? = {
        var folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            let sdk = folder.appendingPathComponent("sdk").path
            if FileManager.default.fileExists(atPath: "\(sdk)/functions/worker.js") { return sdk }
        }
        return nil
    }()
    static let hasNode = ProgramSearch.find("node") != nil
    static let canRunWorkers = hasNode && runtime != nil
    static let canSandbox = canRunWorkers && ProgramSearch.find("bwrap") != nil
    static let canReachOut = canSandbox && ProgramSearch.find("slirp4netns") != nil && everybodyHasTunnels

    /// slirp4netns runs as the user of its worker, so root's right to the device is not enough.
    private static let everybodyHasTunnels: Bool = {
        var status = stat()
        return stat("/dev/net/tun", &status) == 0 && status.st_mode & 0o006 == 0o006
    }()
}

/// A delegate that remembers logs and answers calls as the test says.
final class RecordingDelegate: WorkerDelegate {
    private let lines = Mutex<[WorkerLog]>([])
    private let endedIDs = Mutex<[UInt64]>([])
    private let answer: @Sendable (WorkerCall, InvocationContext) async -> CallAnswer

    init(answer: @escaping @Sendable (WorkerCall, InvocationContext) async -> CallAnswer = { call, _ in .reply(call.json) }) {
        self.answer = answer
    }

    var logs: [WorkerLog] { lines.withLock { $0 } }
    var ended: [UInt64] { endedIDs.withLock { $0 } }

    func call(_ call: WorkerCall, from invocation: InvocationContext) async -> CallAnswer { await answer(call, invocation) }
    func log(_ line: WorkerLog) { lines.withLock { $0.append(line) } }
    func invocationEnded(_ invocation: InvocationContext) { endedIDs.withLock { $0.append(invocation.id) } }
}

/// A running pool with one deployed function that does whatever its event names.
struct FunctionZoo: Sendable {
    let pool: WorkerPool
    let delegate: RecordingDelegate
    let folder: String

    var code: FunctionCode { version(1) }

    func version(_ number: Int, change: (inout FunctionCode) -> Void = { _ in }) -> FunctionCode {
        var code = FunctionCode(
            key: "env-t/zoo/\(number)", directory: "\(folder)/code", handler: "index.main", environment: ["GREETING": "hi"], env: "env-t",
            function: "zoo", version: number, timeoutMs: 15_000)
        change(&code)
        return code
    }

    func invoke(_ event: String, code: FunctionCode? = nil, timeoutMs: Int? = nil, caller: any Sendable = "test") async -> InvocationReport {
        let meta =
            #"{"requestId":"r-1","env":"env-t","openid":"","source":"http","deadlineMs":\#(Int(Date().timeIntervalSince1970 * 1000) + 15_000)}"#
        let request = InvocationRequest(meta: Array(meta.utf8), event: ByteBuffer(string: event), requestID: "r-1", timeoutMs: timeoutMs)
        return await pool.invoke(request, code: code ?? self.code, caller: caller)
    }

    /// The result as text, or what happened instead.
    func result(_ event: String, code: FunctionCode? = nil) async -> String { await invoke(event, code: code).outcome.text }

    /// Processes of the pool's workers as this machine sees them.
    var processes: [pid_t] { pool.shared.withLock { $0.connections.values.map(\.process.pid) } }

    /// Runs a pool for as long as `body` takes and shuts it down.
    static func run<R: Sendable>(
        answer: @escaping @Sendable (WorkerCall, InvocationContext) async -> CallAnswer = { call, _ in .reply(call.json) },
        configure: (inout WorkerConfiguration) -> Void = { _ in }, _ body: @Sendable (FunctionZoo) async throws -> R
    ) async throws -> R {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("zoo-\(UUID().uuidString)").path
        // Nobody else may enter: workers have to get at their files all the same.
        try Directories.make(folder, mode: 0o700)
        defer { Directories.remove(folder) }
        try Directories.make("\(folder)/code")
        try Directories.write(source, to: "\(folder)/code/index.js")
        var configuration = WorkerConfiguration(runtimeDirectory: Machine.runtime ?? "", stateDirectory: "\(folder)/state")
        configuration.workerScript = "functions/worker.js"
        configuration.warmWorkers = 1
        configure(&configuration)
        let delegate = RecordingDelegate(answer: answer)
        let logger = Logger(label: "workers-tests")
        let pool = WorkerPool(configuration: configuration, delegate: delegate, logger: logger)
        let group = ServiceGroup(services: [pool], logger: logger)
        let zoo = FunctionZoo(pool: pool, delegate: delegate, folder: folder)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            do {
                try await zoo.waitUntil { $0.pool.shared.withLock { $0.isRunning } }
                let value = try await body(zoo)
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
                return value
            } catch {
                await group.triggerGracefulShutdown()
                // Why the pool did not run says more than that it did not.
                try await tasks.waitForAll()
                throw error
            }
        }
    }

    /// Waits until something holds.
    func waitUntil(_ holds: (FunctionZoo) -> Bool) async throws {
        guard try await eventually({ holds(self) }) else { throw Impatience() }
    }

    struct Impatience: Error {}

    static let source = #"""
        const fs = require('fs'), net = require('net'), child = require('child_process');
        const tell = (action) => { try { return action(); } catch (error) { return error.code || String(error); } };
        const loaded = Math.random();
        const kept = [];
        const actions = {
          hello: (event) => ({ hello: event.name }),
          loaded: () => loaded,
          wait: (event) => new Promise((resolve) => setTimeout(() => resolve(event.ms), event.ms)),
          throw: () => { throw Object.assign(new Error('broken'), { code: 'E_BROKEN' }); },
          loop: () => { for (;;); },
          never: () => new Promise(() => {}),
          fillHeap: () => { for (;;) kept.push(new Array(100000).fill(kept.length)); },
          fillBuffers: () => { for (;;) kept.push(Buffer.alloc(8 << 20, kept.length)); },
          keep: (event) => { kept.push(Buffer.alloc(event.megabytes << 20, 1)); return true; },
          exit: (event) => process.exit(event.code),
          fork: () => new Promise((resolve) => {
            let started = 0, left = 200;
            const done = () => { if (--left === 0) resolve(started); };
            for (let i = 0; i < 200; i += 1) {
              try {
                const one = child.spawn('/usr/bin/sleep', ['3'], { stdio: 'ignore' });
                one.on('spawn', () => { started += 1; done(); });
                one.on('error', done);
              } catch (error) { done(); }
            }
          }),
          bomb: () => { child.spawn('/bin/sh', ['-c', 'b() { b | b & }; b; sleep 2'], { stdio: 'ignore' }); return 'lit'; },
          fillTmp: (event) => tell(() => {
            const chunk = Buffer.alloc(1 << 20, 1);
            for (let i = 0; i < event.megabytes; i += 1) fs.appendFileSync(`/tmp/fill-${i % 4}`, chunk);
            return 'fits';
          }),
          write: (event) => tell(() => { fs.writeFileSync(event.path, 'x'); return 'written'; }),
          read: (event) => tell(() => fs.readFileSync(event.path, 'utf8')),
          list: (event) => tell(() => fs.readdirSync(event.path).sort()),
          kill: (event) => tell(() => { process.kill(event.pid === 'parent' ? process.ppid : event.pid, 'SIGKILL'); return 'sent'; }),
          run: (event) => { const r = child.spawnSync('/bin/sh', ['-c', event.command]); return `${r.status} ${r.stdout}${r.stderr}`.trim(); },
          connect: (event) => new Promise((resolve) => {
            const socket = net.connect({ host: event.host, port: event.port, timeout: 4000 });
            socket.on('connect', () => { resolve('connected'); socket.destroy(); });
            socket.on('timeout', () => { resolve('ETIMEDOUT'); socket.destroy(); });
            socket.on('error', (error) => resolve(error.code));
          }),
          environment: () => process.env,
          user: () => `${process.getuid()} ${require('os').userInfo().username} ${process.cwd()} ${new Date(0).getHours()}`,
          floodPipe: () => { for (let i = 0; i < 3000; i += 1) fs.writeSync(2, 'x'.repeat(1000) + '\n'); return 'flooded'; },
          floodLog: () => { for (let i = 0; i < 3000; i += 1) console.log('y'.repeat(1000)); return 'flooded'; },
          print: (event) => { console.warn(event.text); fs.writeSync(1, 'raw ' + event.text + '\n'); return true; },
          close: () => { fs.closeSync(0); return new Promise(() => {}); },
          database: async (event) => {
            const db = require('wx-server-sdk').database();
            const answers = await Promise.all([1, 2, 3].map((n) => db.collection('c').doc(`d${n}`).get().then((a) => a.data, (e) => String(e.errCode || e.code || e))));
            return answers;
          },
        };
        exports.main = (event, context) => actions[event.do](event, context);
        """#
}

extension InvocationOutcome {
    /// For expectations: the result's text or the kind of failure.
    var text: String {
        switch self {
        case .result(let bytes): String(buffer: bytes)
        case .failed(let error): "failed \(String(decoding: error, as: UTF8.self))"
        case .loadFailed(let error): "loadFailed \(String(decoding: error, as: UTF8.self))"
        case .timeout: "timeout"
        case .crashed(let reason): "crashed: \(reason)"
        case .busy: "busy"
        }
    }
}
