/// How many workers a node keeps, how they are shut in, and the limits of each.
public struct WorkerConfiguration: Sendable {
    /// What separates a worker from the rest of the machine.
    public enum Sandbox: Sendable, Hashable {
        /// Namespaces, a read-only system and a system call filter, through `bwrap`.
        case bubblewrap
        /// Nothing: a function can do whatever the server's user can.
        ///
        /// Only for development.
        case none
    }

    /// The Node executable; `nil`: the first `node` in `PATH`.
    public var nodePath: String?
    /// The folder that holds the runtime; workers see it read-only.
    public var runtimeDirectory: String
    /// What Node runs, in that folder.
    public var workerScript = "worker.js"
    /// Folders with packages for every function, or with a `node_modules` that has them; workers see them read-only under
    /// `/layers`, those of the system at their own paths.
    public var layers: [String]
    /// Where the pool keeps its workers' folders; made when missing, emptied at start.
    public var stateDirectory: String
    /// What separates a worker from the rest of the machine.
    public var sandbox: Sandbox

    /// Workers kept ready that have not been given code yet.
    public var warmWorkers = 2
    /// The heap of a worker that is kept ready; functions which may use more get a worker started for them.
    public var warmMemoryMB = 512
    /// Workers on the whole node.
    public var maxWorkers = 64
    /// Workers that start at the same time.
    public var startingWorkersMax = 2
    /// Workers of one function version.
    public var maxWorkersPerFunction = 4
    /// Invocations of one function version that wait for a worker.
    public var queueMax = 1000
    /// How long a worker without work is kept.
    public var idleSeconds = 300
    /// How long a worker lives.
    public var maxAgeSeconds = 3600
    /// How many invocations a worker serves in its life.
    public var maxInvocationsPerWorker = 100_000
    /// How long a worker may take to start.
    public var startSeconds = 15
    /// How long a worker may take to load a function's code.
    public var loadSeconds = 10
    /// How long invocations may go on when the node shuts down.
    public var drainSeconds = 10

    /// Processes and threads in one worker (Node itself has about a dozen).
    public var pidsMax = 64
    /// The size of `/tmp` in a worker; the biggest file that it can write.
    public var tmpBytesMax = 64 << 20
    /// Open files in one worker.
    public var openFilesMax = 1024
    /// A worker's share of the processors against other workers, 1…10000; needs a control group.
    public var cpuWeight = 100
    /// Processors that one worker may use; `nil`: as many as are free.
    ///
    /// Needs a control group.
    public var cpusMax: Double?
    /// Log lines and output of one worker: bytes in a second, beyond which they are dropped.
    public var logBytesPerSecondMax = 256 << 10
    /// The biggest frame (event, result, answer, attachment).
    public var frameBytesMax = 64 << 20
    /// What one worker may have asked the server at the same time.
    public var callsInFlightMax = 256
    /// Whether control groups are used where they can be.
    public var usesControlGroups = true
    /// Networks that functions with outgoing internet cannot reach: the machine's own neighbourhood and metadata services.
    public var unreachableNetworks = IPv4Network.privateNetworks
    /// Outside the sandbox worker number `n` runs as user `firstUserID + n` when the server is root.
    public var firstUserID: UInt32 = 50_000

    /// A configuration with the default limits.
    /// - Parameters:
    ///   - runtimeDirectory: the folder that holds the runtime with its `worker.js`.
    ///   - stateDirectory: a folder for the workers' own folders, best on the file system that holds the deployed code.
    ///   - layers: folders with packages for every function.
    ///   - sandbox: what separates a worker from the machine.
    ///   - nodePath: the Node executable, when it is not the one in `PATH`.
    public init(
        runtimeDirectory: String, stateDirectory: String, layers: [String] = [], sandbox: Sandbox = .bubblewrap, nodePath: String? = nil
    ) {
        self.nodePath = nodePath
        self.runtimeDirectory = runtimeDirectory
        self.layers = layers
        self.stateDirectory = stateDirectory
        self.sandbox = sandbox
    }
}

/// An IPv4 network such as `10.0.0.0/8`.
public struct IPv4Network: Sendable, Hashable {
    /// The address, most significant byte first.
    public var address: (UInt8, UInt8, UInt8, UInt8) {
        (
            UInt8(truncatingIfNeeded: bits >> 24), UInt8(truncatingIfNeeded: bits >> 16), UInt8(truncatingIfNeeded: bits >> 8),
            UInt8(truncatingIfNeeded: bits)
        )
    }
    /// The number of leading bits that count.
    public let prefix: UInt8
    let bits: UInt32

    /// The network of `a.b.c.d/prefix`.
    public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8, prefix: UInt8) {
        bits = UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d)
        self.prefix = prefix
    }

    /// Link-local (with the metadata services of most clouds), private, carrier-grade (with Alibaba Cloud's metadata service),
    /// Azure's host agent, and what is no public address either: protocol assignments, benchmarks, multicast and reserved.
    public static let privateNetworks = [
        IPv4Network(169, 254, 0, 0, prefix: 16), IPv4Network(10, 0, 0, 0, prefix: 8), IPv4Network(172, 16, 0, 0, prefix: 12),
        IPv4Network(192, 168, 0, 0, prefix: 16), IPv4Network(100, 64, 0, 0, prefix: 10),
        IPv4Network(168, 63, 129, 16, prefix: 32), IPv4Network(192, 0, 0, 0, prefix: 24), IPv4Network(198, 18, 0, 0, prefix: 15),
        IPv4Network(224, 0, 0, 0, prefix: 4), IPv4Network(240, 0, 0, 0, prefix: 4),
    ]
}
