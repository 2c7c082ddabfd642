internal import Kernel

/// What the platform itself saw during a step.
public struct Evidence: Sendable, Hashable {
    /// One function of the environment.
    public struct Function: Sendable, Hashable {
        /// Its name.
        public var name: String
        /// How many invocations one worker takes at once.
        public var concurrency: Int
        /// The most workers that served it.
        public var workers: Int
        /// Invocations that ran, on average.
        public var inFlight: Double
        /// Invocations that waited for a worker, on average.
        public var queued: Double
        /// Invocations that ended.
        public var calls: Int
        /// Those of them for which no worker was free in time.
        public var refused: Int
        /// Those of them that waited for a worker to load the code.
        public var coldStarts: Int
        /// How long they ran on average, in milliseconds, without their wait.
        public var meanMilliseconds: Double

        /// A function.
        public init(
            name: String, concurrency: Int, workers: Int, inFlight: Double, queued: Double, calls: Int, refused: Int = 0, coldStarts: Int = 0,
            meanMilliseconds: Double
        ) {
            (self.name, self.concurrency, self.workers, self.inFlight, self.queued) = (name, concurrency, workers, inFlight, queued)
            (self.calls, self.refused, self.coldStarts, self.meanMilliseconds) = (calls, refused, coldStarts, meanMilliseconds)
        }

        /// Places for invocations.
        var slots: Int { workers * concurrency }
    }

    /// A kind of query that looked at far more than it found.
    public struct Query: Sendable, Hashable {
        /// The collection.
        public var collection: String
        /// Such as `get`.
        public var operation: String
        /// The condition with its values left out.
        public var shape: String
        /// The index that would serve it, as fields with `asc` or `desc`.
        public var index: [[String]]
        /// How often it was made.
        public var count: Int
        /// How long they took together.
        public var totalMilliseconds: Double
        /// Documents that the last one looked at, and found.
        public var examined: Int
        /// Documents that the last one found.
        public var matched: Int

        /// A kind of query.
        public init(
            collection: String, operation: String, shape: String, index: [[String]], count: Int, totalMilliseconds: Double, examined: Int, matched: Int
        ) {
            (self.collection, self.operation, self.shape, self.index) = (collection, operation, shape, index)
            (self.count, self.totalMilliseconds, self.examined, self.matched) = (count, totalMilliseconds, examined, matched)
        }
    }

    /// How the machine's processors were used, each number in processors.
    public struct Processors: Sendable, Hashable {
        /// How many there are.
        public var count: Int
        /// All that was done on the machine.
        public var busy: Double
        /// By the server itself.
        public var server: Double
        /// By workers, of all functions.
        public var workers: Double
        /// Idle because of the disk.
        public var waitingForDisk: Double

        /// A use of processors.
        public init(count: Int, busy: Double, server: Double, workers: Double, waitingForDisk: Double = 0) {
            (self.count, self.busy, self.server, self.workers, self.waitingForDisk) = (count, busy, server, workers, waitingForDisk)
        }

        /// The share of all processors that was busy.
        var share: Double { count == 0 ? 0 : busy / Double(count) }
    }

    /// How long it was looked at, in seconds.
    public var seconds: Double
    /// Its functions.
    public var functions: [Function]
    /// Its queries that an index would serve.
    public var queries: [Query]
    /// The machine.
    public var processors: Processors

    /// Evidence.
    public init(seconds: Double, functions: [Function] = [], queries: [Query] = [], processors: Processors) {
        (self.seconds, self.functions, self.queries, self.processors) = (seconds, functions, queries, processors)
    }

    var json: JSONObject {
        [
            "functions": .array(functions.map(\.json)), "queries": .array(queries.map(\.json)),
            "processors": [
                "count": .int(Int64(processors.count)), "busy": .rounded(processors.busy), "server": .rounded(processors.server),
                "workers": .rounded(processors.workers), "waitingForDisk": .rounded(processors.waitingForDisk),
            ],
        ]
    }
}

extension Evidence.Function {
    fileprivate var json: JSON {
        [
            "name": .string(name), "concurrency": .int(Int64(concurrency)), "workers": .int(Int64(workers)), "inFlight": .rounded(inFlight),
            "queued": .rounded(queued), "calls": .int(Int64(calls)), "refused": .int(Int64(refused)), "coldStarts": .int(Int64(coldStarts)),
            "meanMilliseconds": .rounded(meanMilliseconds),
        ]
    }
}

extension Evidence.Query {
    fileprivate var json: JSON {
        [
            "collection": .string(collection), "operation": .string(operation), "where": .string(shape),
            "index": .array(index.map { .array($0.map { .string($0) }) }), "count": .int(Int64(count)), "totalMilliseconds": .rounded(totalMilliseconds),
            "examined": .int(Int64(examined)), "matched": .int(Int64(matched)),
        ]
    }
}

extension JSON {
    /// Two digits behind the point are enough for who reads a report.
    static func rounded(_ number: Double) -> JSON { .double((number * 100).rounded() / 100) }
}
