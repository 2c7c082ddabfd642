internal import Forecast
public import Foundation
internal import HTTPSupport
public import Kernel
public import Logging
public import ServiceLifecycle
internal import Synchronization

/// Has workers ready before they are needed, and none where nobody comes.
///
/// Every ten seconds it reads what was recorded, asks each environment's forecast about the coming ten minutes, and wishes for workers. What it knows is
/// written down every few minutes and at shutdown.
public final class ElasticWorkers: Service {
    static let roundSeconds = 10
    static let ahead = 10
    private static let launchRounds = 3
    private static let soon: Int64 = 30 * 60_000

    struct State: Sendable {
        var environments: [EnvironmentID: EnvironmentLoad] = [:]
        var up = UpTimes()
        var pool = LoadPool.meals
        /// What was granted in the last round.
        var granted: [EnvironmentID: [String: WorkerWish]] = [:]
        var isPoolChanged = false
        var nodeSavedAt: Minute = 0
        var roundMilliseconds = 0.0
    }

    let recorder: LoadRecorder
    let rushes: RushPlans
    let fleet: any WorkerFleet
    let launches: any LaunchCalendar
    let files: LoadFiles
    let limits: ElasticLimits
    let clock: WallClock
    let calendar: DayCalendar
    let logger: Logger
    let state = Mutex(State())

    /// Makes the service.
    /// - Parameters:
    ///   - folder: an environment's folder, which may not be there.
    ///   - node: the file for what is known of all environments together.
    public init(
        recorder: LoadRecorder, rushes: RushPlans, fleet: any WorkerFleet, launches: any LaunchCalendar, folder: @escaping @Sendable (EnvironmentID) -> URL,
        node: URL, limits: ElasticLimits, clock: WallClock, logger: Logger
    ) {
        self.recorder = recorder
        self.rushes = rushes
        self.fleet = fleet
        self.launches = launches
        files = LoadFiles(folder: folder, node: node, logger: logger)
        self.limits = limits
        self.clock = clock
        calendar = DayCalendar()
        self.logger = logger
    }

    /// Plans until shutdown, and writes down what is known then.
    public func run() async throws {
        try await offEventLoop { [self] in wake() }
        await cancelWhenGracefulShutdown { [self] in
            var rounds = 0
            while !Task.isCancelled {
                if rounds % Self.launchRounds == 0 { await look(afterLaunches: rounds % (120 * Self.launchRounds) == 0) }
                await turn()
                rounds += 1
                // Cancelled by shutdown: the loop ends.
                try? await Task.sleep(for: .seconds(Self.roundSeconds))
            }
        }
        await turn(isLast: true)
    }

    /// One round, on a thread that no connection waits for.
    private func turn(isLast: Bool = false) async {
        do {
            try await offEventLoop { [self] in round(isLast: isLast) }
        } catch {
            logger.error("workers could not be planned", metadata: ["error": "\(error)"])
        }
    }

    /// Reads what was written down of the environments that were called lately.
    func wake() {
        let minute = Minute(clock.now() / 60_000)
        let (up, pool) = files.readNode()
        let known = fleet.environments().compactMap { environment in files.read(environment, now: minute).map { (environment, $0) } }
        state.withLock { state in
            (state.up, state.pool, state.nodeSavedAt) = (up, pool, minute)
            for (environment, load) in known where minute - load.lastActive < EnvironmentLoad.awakeMinutes { state.environments[environment] = load }
        }
    }

    /// Everything that is done every ten seconds.
    func round(isLast: Bool = false) {
        let began = monotonicMicroseconds()
        let now = clock.now()
        takeIn(at: now)
        if !isLast {
            learn(at: Minute(now / 60_000))
            plan(at: now)
        }
        save(at: Minute(now / 60_000), everything: isLast)
        state.withLock { $0.roundMilliseconds = Double(monotonicMicroseconds() - began) / 1000 }
    }

    /// Takes in what was recorded, and forgets what is gone or sleeps.
    private func takeIn(at now: Int64) {
        let minute = Minute(now / 60_000)
        let tallies = recorder.read()
        let there = Set(fleet.environments())
        let awake = state.withLock { Set($0.environments.keys) }
        // Whoever is called for the first time since long is fetched from the disk.
        let woken = tallies.map(\.environment).filter { !awake.contains($0) && there.contains($0) }.map { environment in
            (environment, files.read(environment, now: minute) ?? EnvironmentLoad(at: minute))
        }
        state.withLock { state in
            state.up.runs(at: minute)
            for (environment, load) in woken { state.environments[environment] = load }
            for (environment, tally) in tallies { state.environments[environment]?.add(tally, at: now) }
            let up = state.up
            for environment in state.environments.keys { state.environments[environment]?.noteQuiet(before: minute, up) }
            for environment in state.environments.keys where !there.contains(environment) { state.environments[environment] = nil }
        }
        recorder.forget { !there.contains($0) }
        fetchAnnounced(there, at: now)
    }

    /// Asks what opens soon.
    /// - Parameter everywhere: also where the answer has to be fetched from the disk.
    func look(afterLaunches everywhere: Bool) async {
        for environment in state.withLock({ Array($0.environments.keys) }) {
            do {
                guard let found = try await launches.launches(of: environment, onlyAtHand: !everywhere) else { continue }
                state.withLock { $0.environments[environment]?.launches = found }
            } catch {
                logger.warning("what opens soon is not known", metadata: ["environment": "\(environment)", "error": "\(error)"])
            }
        }
        // In this order: an environment that is made meanwhile is not taken for one that is gone.
        let announced = rushes.environments()
        let there = Set(fleet.environments())
        for environment in announced.subtracting(there) {
            do {
                try await rushes.forget(environment)
            } catch {
                logger.warning("rushes of an environment that is gone are still there", metadata: ["environment": "\(environment)", "error": "\(error)"])
            }
        }
    }

    /// Fetches whose rush begins soon: it is planned for even if nobody has called for weeks.
    private func fetchAnnounced(_ there: Set<EnvironmentID>, at now: Int64) {
        let minute = Minute(now / 60_000)
        let wanted = rushes.environments().intersection(there).filter { environment in
            rushes.rushes(of: environment).contains { $0.endsAt > now && $0.startsAt < now + Self.soon }
        }
        for environment in state.withLock({ state in wanted.filter { state.environments[$0] == nil } }) {
            var load = files.read(environment, now: minute) ?? EnvironmentLoad(at: minute)
            // Counts as active, so that it does not fall asleep again at once.
            load.lastActive = minute
            state.withLock { $0.environments[environment] = $0.environments[environment] ?? load }
        }
    }
}
