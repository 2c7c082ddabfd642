internal import Forecast
internal import Kernel
internal import Synchronization

/// What is done in a round: learn, plan, write down.
extension ElasticWorkers {
    /// How old what was learned may become.
    private static let learnedMinutes = 60
    /// Time for learning in one round; more where environments wait for their first forecast, as after a start.
    private static let learnMicroseconds: Int64 = 60_000
    private static let firstLearnMicroseconds: Int64 = 500_000
    /// How often something that changes is written down, and how many in one round.
    private static let saveMinutes = 5
    private static let savesMax = 40

    /// Learns anew from some histories, the longest not learned from first.
    func learn(at minute: Minute) {
        let due = state.withLock { state in
            state.environments.filter { minute - ($0.value.learnedAt ?? .min / 2) >= Self.learnedMinutes }
                .sorted { ($0.value.learnedAt ?? 0, $0.key.text) < ($1.value.learnedAt ?? 0, $1.key.text) }.map(\.key)
        }
        let isFirst = state.withLock { state in due.contains { state.environments[$0]?.learnedAt == nil } }
        let until = monotonicMicroseconds() + (isFirst ? Self.firstLearnMicroseconds : Self.learnMicroseconds)
        for environment in due {
            learn(environment, at: minute)
            if monotonicMicroseconds() > until { return }
        }
    }

    private func learn(_ environment: EnvironmentID, at minute: Minute) {
        guard let (load, known) = state.withLock({ state in state.environments[environment].map { ($0, state.pool) } }) else { return }
        var pool = known
        let yesterday = calendar.day(at: minute).adding(-1)
        let isNewDay = load.pooledDay < yesterday.number
        if isNewDay { pool.learn(load.history, day: yesterday, calendar: calendar) }
        let forecast = LoadForecast(history: load.history, now: minute, calendar: calendar, pool: pool, events: events(of: environment, load))
        state.withLock { state in
            state.environments[environment]?.forecast = forecast
            state.environments[environment]?.learnedAt = minute
            state.environments[environment]?.learnHabits(before: minute)
            guard isNewDay else { return }
            state.environments[environment]?.pooledDay = yesterday.number
            state.environments[environment]?.isChanged = true
            // Only rounds change it, and they come one after the other.
            (state.pool, state.isPoolChanged) = (pool, true)
        }
    }

    /// What was announced for an environment, by people and by what opens.
    func events(of environment: EnvironmentID, _ load: EnvironmentLoad) -> [AnnouncedEvent] {
        rushes.rushes(of: environment).map(\.event) + load.launches.map { $0.event(busiestMinute: load.busiestMinute) }
    }

    /// Wishes for the workers of all environments, within what the node has.
    func plan(at now: Int64) {
        let loads = state.withLock { $0.environments }
        var wishes: [WorkerWish] = []
        for (environment, load) in loads {
            let functions = fleet.functions(of: environment)
            let coming = coming(to: environment, load, at: now)
            state.withLock { state in
                state.environments[environment]?.keepOnly(Set(functions.map(\.name)))
                if let said = coming.said { state.environments[environment]?.said.say(said.minute, expected: said.expected, upper: said.upper) }
            }
            wishes += FloorPlan.wishes(environment, functions, load, coming.load, now: now, limits: limits)
        }
        let granted = FloorPlan.grant(wishes, limits: limits)
        for wish in granted where wish.workers > 0 || wish.lastIdleSeconds != nil {
            fleet.keep(wish.function, of: wish.environment, workers: wish.workers, lastIdleSeconds: wish.lastIdleSeconds)
        }
        let before = state.withLock { state in
            defer { state.granted = Self.byName(granted) }
            return state.granted
        }
        release(before, unless: granted)
    }

    private static func byName(_ wishes: [WorkerWish]) -> [EnvironmentID: [String: WorkerWish]] {
        wishes.reduce(into: [:]) { $0[$1.environment, default: [:]][$1.function] = $1 }
    }

    /// Functions for which workers were wished before and are not any more.
    private func release(_ before: [EnvironmentID: [String: WorkerWish]], unless granted: [WorkerWish]) {
        for wish in granted where wish.workers == 0 && wish.lastIdleSeconds == nil {
            guard let old = before[wish.environment]?[wish.function], old.workers > 0 || old.lastIdleSeconds != nil else { continue }
            fleet.keep(wish.function, of: wish.environment, workers: 0, lastIdleSeconds: nil)
        }
    }

    /// What the coming ten minutes bring, and what is to be remembered as said.
    private func coming(to environment: EnvironmentID, _ load: EnvironmentLoad, at now: Int64) -> (load: ComingLoad, said: LoadForecast.Point?) {
        let minute = Minute(now / 60_000)
        let events = events(of: environment, load)
        var coming = ComingLoad()
        // What has not begun has its workers by the plan's own clock; what has explains what came.
        let begun = events.filter { $0.start < minute }
        let points = load.forecast?.points(at: minute, count: Self.ahead + 1, history: load.history, events: begun) ?? []
        for point in load.isQuietTime(at: minute, ahead: Self.ahead) ? [] : points {
            coming.upper = max(coming.upper, point.upper)
            coming.expected += point.expected
        }
        let near = near(environment, load, at: now)
        for minute in minute...minute + Self.ahead where !near.isEmpty {
            coming.announced = max(coming.announced, near.reduce(0) { $0 + $1.rate(at: minute) })
        }
        coming.isAnnounced = !near.isEmpty
        // The upper values have what is under way: no more is added than what is missing to the plan.
        if near.contains(where: { $0.start < minute }) { coming.announced = max(0, coming.announced - coming.upper) }
        return (coming, points.last)
    }

    /// What was announced and begins within two minutes or is under way.
    private func near(_ environment: EnvironmentID, _ load: EnvironmentLoad, at now: Int64) -> [AnnouncedEvent] {
        let planned = rushes.rushes(of: environment).filter { $0.needsWorkers(at: now) }.map(\.event)
        return planned + load.launches.filter { $0.needsWorkers(at: now) }.map { $0.event(busiestMinute: load.busiestMinute) }
    }

    /// Writes down what has changed and has not been written for some minutes; whoever sleeps is written and forgotten.
    func save(at minute: Minute, everything: Bool) {
        let (due, node) = state.withLock { state in
            let due = state.environments.filter { $0.value.isChanged && (everything || minute - $0.value.savedAt >= Self.saveMinutes) }
                .sorted { ($0.value.savedAt, $0.key.text) < ($1.value.savedAt, $1.key.text) }
            let isNodeDue = everything || state.isPoolChanged || minute - state.nodeSavedAt >= Self.saveMinutes
            return (everything ? due : Array(due.prefix(Self.savesMax)), isNodeDue ? (state.up, state.pool) : nil)
        }
        for (environment, load) in due { files.write(load, of: environment) }
        if let node { files.writeNode(node.0, node.1) }
        state.withLock { state in
            // Only rounds change them, and they come one after the other: what was written is what there is.
            for (environment, _) in due {
                state.environments[environment]?.savedAt = minute
                state.environments[environment]?.isChanged = false
            }
            if node != nil { (state.nodeSavedAt, state.isPoolChanged) = (minute, false) }
            state.environments = state.environments.filter { $0.value.isChanged || minute - $0.value.lastActive < EnvironmentLoad.awakeMinutes }
        }
    }
}
