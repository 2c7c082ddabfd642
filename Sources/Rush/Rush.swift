public import HTTPSupport
public import Kernel
public import Logging
public import ServiceLifecycle
internal import Synchronization

/// The rush: what the node does when everybody comes at once, and what shops hear of it.
public final class Rush: Service {
    /// What an environment's owner has said; `nil`: nothing.
    public typealias Plans = @Sendable (EnvironmentID) -> RushPlan?

    private struct State {
        var boards: [EnvironmentID?: RushBoard] = [:]
        var counts: [AdmissionCounts.Key: AdmissionCounts.Count] = [:]
    }

    /// Who decides about each request.
    public let admission: AdmissionControl
    private let isOn: Bool
    private let plans: Plans
    private let clock: WallClock
    private let state = Mutex(State())

    /// Makes it.
    /// - Parameters:
    ///   - targetMilliseconds: how long a request of an ordinary class may wait; 0: everybody is let in.
    ///   - doorkeeper: who says what a request is and whose.
    ///   - door: who may answer before anybody is asked.
    public init(targetMilliseconds: Int, doorkeeper: Doorkeeper, plans: @escaping Plans, door: (any FrontDoor)? = nil, clock: WallClock) {
        self.plans = plans
        self.clock = clock
        isOn = targetMilliseconds > 0
        let own = Weak()
        admission = AdmissionControl(
            .init(
                targetMicroseconds: Double(targetMilliseconds) * 1000, classify: doorkeeper.arrival,
                weight: { environment in Double(environment.flatMap(plans)?.share ?? 1) }, standIn: { own.rush?.standIn(for: $0, $1) }, door: door))
        own.set(self)
    }

    /// Set once, before anybody asks.
    private final class Weak: @unchecked Sendable {
        private(set) weak var rush: Rush?
        func set(_ rush: Rush) { self.rush = rush }
    }

    /// Looks at each second, until shutdown.
    public func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                // Cancelled by shutdown: the loop ends.
                try? await Task.sleep(for: .seconds(1))
                tick()
            }
        }
    }

    /// A second has passed.
    func tick() {
        let counts = admission.counts.take()
        let now = clock.now()
        state.withLock { state in
            var seconds: [EnvironmentID?: RushBoard.Second] = [:]
            for (key, count) in counts {
                let change = count.since(state.counts[key])
                if change.isNothing { continue }
                seconds[key.environment, default: .init(at: now)].add(key.kind, change)
            }
            state.counts = counts
            for environment in Set(seconds.keys).union(state.boards.keys) {
                let second = seconds[environment] ?? RushBoard.Second(at: now)
                let most = environment.flatMap(plans)?.standIns.count ?? 0
                state.boards[environment, default: RushBoard()].pressure.tick(wasShed: second.shedTotal > 0, most: most)
                state.boards[environment]?.add(second)
                if state.boards[environment]?.isIdle == true { state.boards[environment] = nil }
            }
        }
    }

    // MARK: What is switched off

    /// What is answered instead of doing what a request asks for.
    private func standIn(for glance: AdmissionControl.Glance, _ arrival: Arrival) -> RushPlan.StandIn? {
        guard let environment = arrival.environment, let level = state.withLock({ $0.boards[environment]?.pressure.level }), level > 0,
            let plan = plans(environment)
        else { return nil }
        let reading = ClassRules.read(glance.method, glance.path)
        let name: Substring? =
            reading.function ?? (glance.path.hasPrefix("/http/") ? glance.path.dropFirst("/http/".count + environment.text.count) : nil)
        guard let name, let place = plan.place(of: name.isEmpty ? "/" : name), place < level else { return nil }
        return plan.standIns[place]
    }

    // MARK: Shown

    /// How an environment stands: `{"pressure","switchedOff":[…],"seconds":[…]}`, of the last minute.
    public func shown(_ environment: EnvironmentID) -> JSON {
        let board = state.withLock { $0.boards[environment] } ?? RushBoard()
        let off = plans(environment)?.standIns.prefix(board.pressure.level).map { JSON.string($0.name) } ?? []
        return [
            "admission": .bool(isOn), "pressure": .int(Int64(board.pressure.level)), "switchedOff": .array(Array(off)),
            "seconds": .array(board.seconds.map(\.json)), "now": .int(clock.now()),
        ]
    }
}
