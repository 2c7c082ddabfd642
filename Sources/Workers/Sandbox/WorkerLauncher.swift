import CSpawn
import Glibc
import Logging
import Synchronization

/// The server's ends of what joins it to a worker.
struct WorkerDescriptors: Sendable {
    var socket: Int32
    var standardOutput: Int32
    var standardError: Int32
}

/// Makes workers' folders, control groups and processes, and removes them.
///
/// Everything here blocks.
final class WorkerLauncher: Sendable {
    let configuration: WorkerConfiguration
    let builder: SandboxCommandBuilder
    let groups: ControlGroups?
    let internet: InternetAttachment?
    private let filterPath: String?
    private let firstUserID: UInt32?
    private let slots = Mutex(Set<Int>())

    private static let pools = Atomic<Int>(0)

    /// Finds out what this machine has, and prepares the state folder.
    init(_ configuration: WorkerConfiguration, logger: Logger) throws(WorkersError) {
        let isRoot = geteuid() == 0
        let tools = try Self.findTools(configuration, isRoot: isRoot)
        let state = configuration.stateDirectory
        Directories.remove("\(state)/workers")
        try Directories.make("\(state)/workers")
        try EtcDirectory.make(at: "\(state)/etc")
        let filter = configuration.sandbox == .bubblewrap ? try Self.writeFilter("\(state)/system-calls.bpf", logger) : nil
        let name = "\(ControlGroups.namePrefix)\(getpid())-\(Self.pools.add(1, ordering: .relaxed).newValue)"
        groups = configuration.usesControlGroups ? ControlGroups.detect(name: name) : nil
        self.configuration = configuration
        filterPath = filter
        firstUserID = isRoot && configuration.sandbox == .bubblewrap ? configuration.firstUserID : nil
        builder = SandboxCommandBuilder(
            configuration: configuration, tools: tools, etcDirectory: "\(state)/etc", filtersCalls: filter != nil,
            limitsProcessesItself: groups?.folders[.pids] == nil)
        internet = tools.slirp.map {
            InternetAttachment(slirp: $0, setpriv: isRoot ? tools.setpriv : nil, unreachable: configuration.unreachableNetworks)
        }
        describe(tools, logger)
    }

    static func findTools(_ configuration: WorkerConfiguration, isRoot: Bool) throws(WorkersError) -> SandboxTools {
        let script = "\(configuration.runtimeDirectory)/\(configuration.workerScript)"
        guard access(script, R_OK) == 0 else { throw WorkersError(.directoryUnusable, "\(script) is missing.") }
        let node = try NodeInstallation.find(configuration.nodePath)
        let shutsIn = configuration.sandbox == .bubblewrap
        let tools = SandboxTools(
            bubblewrap: shutsIn ? ProgramSearch.find("bwrap") : nil, slirp: shutsIn ? ProgramSearch.find("slirp4netns") : nil,
            setpriv: ProgramSearch.find("setpriv"), prlimit: ProgramSearch.find("prlimit"), node: node, usesStage: shutsIn && isRoot)
        if shutsIn, tools.bubblewrap == nil {
            throw WorkersError(.sandboxUnavailable, "bwrap was not found: install the package bubblewrap.")
        }
        if shutsIn, isRoot, tools.setpriv == nil {
            throw WorkersError(.sandboxUnavailable, "setpriv was not found: install the package util-linux, or do not run as root.")
        }
        return tools
    }

    private static func writeFilter(_ path: String, _ logger: Logger) throws(WorkersError) -> String? {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw WorkersError(.directoryUnusable, "\(path) cannot be written: \(Directories.lastError())") }
        defer { close(descriptor) }
        let error = cspawn_write_filter(descriptor)
        if error == 0 { return path }
        logger.warning("Workers run without a system call filter: it is not known for this kind of processor.")
        return nil
    }

    private func describe(_ tools: SandboxTools, _ logger: Logger) {
        if configuration.sandbox == .none {
            logger.warning("Functions run without a sandbox: they can do whatever this user can. Use this only for development.")
        }
        if groups?.folders[.memory] == nil {
            logger.notice("No control group for memory can be made here: workers' memory is measured every 200 ms instead.")
        }
        logger.debug("Workers use \(tools.node.hostPath); control groups: \(groups.map { "version \($0.version)" } ?? "none").")
    }

    // MARK: Starting

    /// Starts a generic worker.
    ///
    /// Has to be called on a thread that lives as long as the pool.
    func start(memoryMB: Int) throws(WorkersError) -> (process: WorkerProcess, descriptors: WorkerDescriptors) {
        let slot = takeSlot()
        do {
            return try start(memoryMB: memoryMB, slot: slot)
        } catch {
            release(slot: slot, directory: directory(of: slot), group: nil)
            throw error
        }
    }

    private func start(memoryMB: Int, slot: Int) throws(WorkersError) -> (process: WorkerProcess, descriptors: WorkerDescriptors) {
        let directory = directory(of: slot)
        let code = "\(directory)/code"
        try Directories.make(code)
        let user = firstUserID.map { $0 + UInt32(slot) }
        let group = groups?.makeGroup(
            for: "w\(slot)", pidsMax: configuration.pidsMax, cpuWeight: configuration.cpuWeight, cpusMax: configuration.cpusMax)
        group?.limitMemory(bytes: memoryLimitBytes(memoryMB))
        var channels = try WorkerChannels(filterPath: filterPath, tellsProcess: configuration.sandbox == .bubblewrap)
        defer { channels.closeChildEnds() }
        let command = builder.command(codeDirectory: code, memoryMB: memoryMB, user: user)
        let child = ChildProcess(
            program: command.program, arguments: command.arguments, environment: builder.environment, descriptors: channels.childEnds,
            groups: group.map { Array($0.paths) } ?? [], limits: limits(user: user, group: group), staged: command.staged)
        do {
            let pid = try child.start()
            let process = WorkerProcess(
                pid: pid, slot: slot, directory: directory, codeDirectory: code, controlGroup: group, information: channels.information,
                user: user)
            return (process, channels.serverEnds)
        } catch {
            channels.closeServerEnds()
            _ = group?.remove()
            throw error
        }
    }

    /// What a worker may use beside its heap: its files in `/tmp` count as memory, and so does the runtime itself.
    var spareMemoryBytes: Int { configuration.tmpBytesMax + (64 << 20) }

    private func memoryLimitBytes(_ memoryMB: Int) -> Int { (memoryMB << 20) + spareMemoryBytes }

    private func limits(user: UInt32?, group: ControlGroup?) -> [(resource: Int32, value: UInt64)] {
        var limits: [(resource: Int32, value: UInt64)] = [
            (Int32(RLIMIT_CORE.rawValue), 0),
            (Int32(RLIMIT_NOFILE.rawValue), UInt64(configuration.openFilesMax)),
        ]
        guard configuration.sandbox == .bubblewrap else { return limits }
        // A little more than fits into /tmp, so that a function meets "no space left" and not a deadly signal.
        limits.append((Int32(RLIMIT_FSIZE.rawValue), UInt64(configuration.tmpBytesMax + (1 << 20))))
        // The limit counts all processes of a user: it can be set only where each worker has a user of its own.
        if user != nil, group?.limitsProcesses != true { limits.append((Int32(__RLIMIT_NPROC.rawValue), UInt64(configuration.pidsMax))) }
        return limits
    }

    // MARK: Giving code

    /// Puts the code where the worker sees it, sets its limits and connects it to the internet when it may have that.
    func prepare(_ process: WorkerProcess, for code: FunctionCode) throws(WorkersError) {
        process.limitMemory(megabytes: code.memoryMB, spareBytes: spareMemoryBytes)
        // A worker younger than the interval of measuring would report its first invocations with no memory at all.
        if process.memoryMB == 0 { process.measureMemory(spareBytes: spareMemoryBytes) }
        guard configuration.sandbox == .bubblewrap else { return }
        try CodeDirectory(readByOthers: process.user != nil).fill(process.codeDirectory, from: code.directory)
        guard code.internet else { return }
        guard let internet else {
            throw WorkersError(.sandboxUnavailable, "slirp4netns was not found: install it, or deploy the function without internet.")
        }
        try internet.attach(to: process)
    }

    /// Where the code is, as the worker sees it.
    func codePath(for code: FunctionCode) -> String { configuration.sandbox == .bubblewrap ? "/code" : code.directory }

    // MARK: Cleaning up

    /// Removes what an ended worker has left.
    func cleanUp(_ process: WorkerProcess) {
        process.endHelper()
        release(slot: process.slot, directory: process.directory, group: process.controlGroup)
    }

    private func release(slot: Int, directory: String, group: ControlGroup?) {
        // A process that was killed leaves its group a moment later.
        for attempt in 0..<50 {
            group?.kill()
            if group?.remove() ?? true { break }
            usleep(useconds_t(min(20_000, 500 << attempt)))
        }
        Directories.remove(directory)
        slots.withLock { _ = $0.remove(slot) }
    }

    /// Removes what the pool itself has made.
    func cleanUp() {
        groups?.remove()
        Directories.remove("\(configuration.stateDirectory)/workers")
    }

    private func takeSlot() -> Int {
        slots.withLock { taken in
            var slot = 0
            while taken.contains(slot) { slot += 1 }
            taken.insert(slot)
            return slot
        }
    }

    private func directory(of slot: Int) -> String { "\(configuration.stateDirectory)/workers/w\(slot)" }
}

/// The pairs of descriptors between server and worker while it is being started.
private struct WorkerChannels {
    private(set) var serverEnds: WorkerDescriptors
    private(set) var information: Int32?
    private(set) var childEnds: [Int32]

    init(filterPath: String?, tellsProcess: Bool) throws(WorkersError) {
        var sockets: [Int32] = [-1, -1]
        guard cspawn_socket_pair(&sockets) == 0 else { throw Self.failure("socketpair") }
        let output = try Self.pipe()
        let errors = try Self.pipe()
        serverEnds = WorkerDescriptors(socket: sockets[0], standardOutput: output.read, standardError: errors.read)
        childEnds = [sockets[1], output.write, errors.write]
        guard tellsProcess else { return }
        let information = try Self.pipe()
        self.information = information.read
        childEnds.append(information.write)
        guard let filterPath else { return }
        // Opened for each worker: who reads it moves its position.
        let filter = open(filterPath, O_RDONLY | O_CLOEXEC)
        guard filter >= 0 else { throw Self.failure(filterPath) }
        childEnds.append(filter)
    }

    mutating func closeChildEnds() {
        childEnds.forEach { close($0) }
        childEnds = []
    }

    mutating func closeServerEnds() {
        [serverEnds.socket, serverEnds.standardOutput, serverEnds.standardError].forEach { close($0) }
        if let information { close(information) }
        information = nil
    }

    private static func pipe() throws(WorkersError) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard cspawn_pipe(&ends) == 0 else { throw failure("pipe") }
        return (ends[0], ends[1])
    }

    private static func failure(_ step: String) -> WorkersError { WorkersError(.startFailed, "\(step): \(Directories.lastError())") }
}
