public import Kernel
internal import Storage
internal import Workers

/// How busy functions are.
extension Functions {
    /// What a function does at one moment.
    public struct Load: Sendable, Hashable {
        /// Its name.
        public let name: String
        /// How many invocations one of its workers takes at once.
        public let concurrency: Int
        /// Workers that serve it.
        public var workers: Int
        /// Invocations that run.
        public var inFlight: Int
        /// Invocations that wait for a worker.
        public var queued: Int
    }

    /// What the functions of an environment do right now, all their versions together.
    public func load(of environment: EnvironmentID) -> [Load] {
        let running = Dictionary(grouping: pool.status().functions.filter { $0.env == environment.text }, by: \.function)
        return catalog.records(of: environment).map { record in
            let versions = running[record.name] ?? []
            return Load(
                name: record.name, concurrency: record.primary?.settings.concurrency ?? 1, workers: versions.reduce(0) { $0 + $1.workers },
                inFlight: versions.reduce(0) { $0 + $1.inFlight }, queued: versions.reduce(0) { $0 + $1.queued })
        }
    }

    /// What became of a function's invocations within a time.
    public struct Summary: Sendable, Hashable {
        /// The function's name.
        public let function: String
        /// Those that ended.
        public let calls: Int
        /// Those of them for which no worker was free in time.
        public let refused: Int
        /// Those of them that waited for a worker to load the code.
        public let coldStarts: Int
        /// How long those that ran took on average, without their wait, in milliseconds.
        public let meanMilliseconds: Double
    }

    /// What became of all invocations that began at `since` or later.
    public func summary(of environment: EnvironmentID, since: Int64) async throws -> [Summary] { try await logBook.summary(of: environment, since: since) }
}

extension LogBook {
    func summary(of environment: EnvironmentID, since: Int64) async throws -> [Functions.Summary] {
        await flush()
        return try database(environment).read { connection in
            try connection.all(
                """
                SELECT function, count(*), sum(status = 'refused'), sum(cold), coalesce(avg(CASE WHEN status <> 'refused' THEN duration_us END), 0)
                FROM executions WHERE at >= $1 GROUP BY function ORDER BY function
                """, .int(since)
            ) { row in
                Functions.Summary(
                    function: row.text(0), calls: Int(row.int(1)), refused: Int(row.int(2)), coldStarts: Int(row.int(3)),
                    meanMilliseconds: row.double(4) / 1000)
            }
        }
    }
}
