import CSpawn
import Glibc
import Synchronization

/// How a worker's process ended.
struct ProcessEnding: Sendable, Hashable {
    /// In words for people, such as "out of memory" or "exited with status 1".
    var reason: String
}

/// A worker's process: what is needed to watch it, to end it and to clean up after it.
final class WorkerProcess: Sendable {
    let pid: pid_t
    /// The number that decides its user and its folder's name; given to another worker once this one is cleaned up.
    let slot: Int
    let directory: String
    let codeDirectory: String
    let controlGroup: ControlGroup?
    /// Whether the sandbox was made by bubblewrap, which tells on this descriptor which process is inside.
    private let information: Int32?
    let user: UInt32?

    private struct State {
        var isReaped = false
        var endedBecause: String?
        var sawHeapExhaustion = false
        var complaint: String?
        var innerPID: pid_t?
        var helper: pid_t?
        var memoryLimitMB = Int.max
    }
    private let state = Mutex(State())
    private let measuredMB = Atomic<Int>(0)

    init(pid: pid_t, slot: Int, directory: String, codeDirectory: String, controlGroup: ControlGroup?, information: Int32?, user: UInt32?) {
        self.pid = pid
        self.slot = slot
        self.directory = directory
        self.codeDirectory = codeDirectory
        self.controlGroup = controlGroup
        self.information = information
        self.user = user
    }

    deinit {
        if let information { close(information) }
    }

    // MARK: Ending

    /// Ends the process and all its descendants.
    ///
    /// - Parameter reason: why; the first reason that is given counts.
    func kill(because reason: String? = nil) {
        state.withLock { state in
            if let reason, state.endedBecause == nil { state.endedBecause = reason }
            // After it was waited for, its number may belong to somebody else.
            guard !state.isReaped else { return }
            Glibc.kill(-pid, SIGKILL)
            Glibc.kill(pid, SIGKILL)
        }
    }

    /// Whether the process has ended, although its socket may still be open.
    var hasEnded: Bool { state.withLock { $0.isReaped || cspawn_has_ended(pid) == 1 } }

    /// Waits for the process without blocking.
    ///
    /// - Returns: its status, or `nil` when it has not ended yet.
    func reap() -> Int32? {
        state.withLock { state in
            var status: Int32 = 0
            guard !state.isReaped, waitpid(pid, &status, WNOHANG) == pid else { return nil }
            state.isReaped = true
            return status
        }
    }

    /// Node says so on its standard error before it aborts.
    func noteHeapExhaustion() { state.withLock { $0.sawHeapExhaustion = true } }

    /// The last line on standard error before it had code: why a sandbox cannot be made, mostly.
    var complaint: String? { state.withLock { $0.complaint } }
    func noteComplaint(_ line: String) { state.withLock { $0.complaint = line } }

    /// Why it ended, in words.
    func ending(status: Int32) -> ProcessEnding {
        let (given, heap) = state.withLock { ($0.endedBecause, $0.sawHeapExhaustion) }
        if heap || (controlGroup?.outOfMemoryKills ?? 0) > 0 { return ProcessEnding(reason: Self.outOfMemory) }
        if let given { return ProcessEnding(reason: given) }
        let signal = status & 0x7f
        if signal != 0 { return ProcessEnding(reason: "killed by signal \(signal)") }
        let code = (status >> 8) & 0xff
        // Bubblewrap reports a signal inside the sandbox as a shell does.
        return ProcessEnding(reason: code > 128 ? "killed by signal \(code - 128)" : "exited with status \(code)")
    }

    static let outOfMemory = "out of memory"

    // MARK: Memory

    /// What it had allocated when last measured.
    var memoryMB: Int { measuredMB.load(ordering: .relaxed) }

    /// Sets the limit of a worker that gets code.
    ///
    /// - Parameter spareBytes: what is allowed besides, such as files in `/tmp`.
    func limitMemory(megabytes: Int, spareBytes: Int) {
        state.withLock { $0.memoryLimitMB = megabytes }
        controlGroup?.limitMemory(bytes: (megabytes << 20) + spareBytes)
    }

    /// Whether it came close to its limit, so that it should be replaced.
    var isMemoryHigh: Bool {
        let limit = state.withLock { $0.memoryLimitMB }
        return limit != .max && memoryMB * 10 > limit * 9
    }

    /// Measures, and ends the process when it is beyond its limit and no control group sees to that.
    func measureMemory(spareBytes: Int) {
        let bytes = controlGroup?.allocatedBytes ?? ProcessMemory.allocatedBytes(ofTree: pid)
        measuredMB.store(bytes >> 20, ordering: .relaxed)
        let limit = state.withLock { $0.memoryLimitMB }
        if limit != .max, controlGroup?.limitsMemory != true, bytes > (limit << 20) + spareBytes { kill(because: Self.outOfMemory) }
    }

    // MARK: The process inside

    /// The first process in the sandbox, as seen from outside.
    ///
    /// Blocks until bubblewrap has made it.
    func innerProcess() -> pid_t? {
        guard let information else { return nil }
        if let known = state.withLock({ $0.innerPID }) { return known }
        var text: [UInt8] = []
        while !text.contains(UInt8(ascii: "}")) {
            let chunk = [UInt8](unsafeUninitializedCapacity: 1024) { buffer, count in
                count = max(0, read(information, buffer.baseAddress, buffer.count))
            }
            if chunk.isEmpty { return nil }
            text += chunk
        }
        let pid = Self.childPID(in: String(decoding: text, as: UTF8.self))
        state.withLock { $0.innerPID = pid }
        return pid
    }

    /// Reads `"child-pid": 42` out of bubblewrap's information.
    static func childPID(in information: String) -> pid_t? {
        let words = information.split { !($0.isLetter || $0.isNumber || $0 == "-") }
        guard let index = words.firstIndex(of: "child-pid"), index + 1 < words.count else { return nil }
        return pid_t(words[index + 1])
    }

    /// Remembers a process that has to end with this one, such as the one which gives it the internet.
    func attach(helper: pid_t) { state.withLock { $0.helper = helper } }

    /// Ends and waits for the helper.
    ///
    /// Blocks for the moment that takes.
    func endHelper() {
        guard
            let helper = state.withLock({ state in
                defer { state.helper = nil }; return state.helper
            })
        else { return }
        Glibc.kill(-helper, SIGKILL)
        waitpid(helper, nil, 0)
    }
}
