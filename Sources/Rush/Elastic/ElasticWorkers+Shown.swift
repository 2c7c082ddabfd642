internal import Forecast
internal import HTTPSupport
public import Kernel
internal import Synchronization

/// What people are shown of an environment's load, its forecast and its workers.
extension ElasticWorkers {
    private static let shownMinutes = 1440

    /// The next 24 hours, the last 24 hours beside what had been said about them, how good the forecast is, and the workers of each function.
    /// - Parameter step: minutes that are taken together, 5 or 10.
    public func shown(_ environment: EnvironmentID, step: Int) async throws -> JSON {
        let now = clock.now()
        let minute = Minute(now / 60_000)
        let load = try await offEventLoop { [self] in current(environment, at: minute) }
        let events = events(of: environment, load)
        let forecast =
            load.forecast ?? LoadForecast(history: load.history, now: minute, calendar: calendar, pool: state.withLock { $0.pool }, events: events)
        var object: JSONObject = ["at": .int(now), "stepMinutes": .int(Int64(step))]
        object["next"] = .array(next(forecast, load, events, from: minute, step: step))
        object["last"] = .array(last(load, until: minute, step: step))
        object["accuracy"] = Self.shown(forecast.accuracy)
        object["knownDays"] = .double((Double(load.history.counts(in: load.history.span).count { $0 >= 0 }) / 144).rounded() / 10)
        object["functions"] = .array(functions(of: environment, load, at: now))
        let starts = load.coldStarts.sums(at: now)
        object["coldStarts"] = ["had": .int(Int64(starts.had)), "avoided": .int(Int64(starts.avoided))]
        object["rushes"] = .array(rushes.rushes(of: environment).filter { $0.endsAt > now }.map { $0.json(now: now) })
        object["launches"] = .array(load.launches.filter { $0.closesAt > now }.map(Self.shown))
        return .object(object)
    }

    /// What is known now; of an environment that sleeps, what was written down.
    private func current(_ environment: EnvironmentID, at minute: Minute) -> EnvironmentLoad {
        if let load = state.withLock({ $0.environments[environment] }) { return load }
        var load = files.read(environment, now: minute) ?? EnvironmentLoad(at: minute)
        load.noteQuiet(before: minute, state.withLock { $0.up })
        return load
    }

    private func next(_ forecast: LoadForecast, _ load: EnvironmentLoad, _ events: [AnnouncedEvent], from minute: Minute, step: Int) -> [JSON] {
        let first = minute - minute % step
        let points = forecast.points(at: minute, count: Self.shownMinutes + first - minute + step, history: load.history, events: events)
        return stride(from: first, to: first + Self.shownMinutes, by: step).map { start in
            let own = points.filter { (start..<start + step).contains($0.minute) }
            return [
                "at": .int(Int64(start) * 60_000), "expected": Self.mean(own.map(\.expected)), "upper": Self.rounded(own.map(\.upper).max() ?? 0),
            ]
        }
    }

    /// Actual counts as means a minute; `null` where nobody saw them, or nothing had been said.
    private func last(_ load: EnvironmentLoad, until minute: Minute, step: Int) -> [JSON] {
        let end = minute - minute % step
        let counts = load.history.counts(in: end - Self.shownMinutes..<end)
        return stride(from: 0, to: Self.shownMinutes, by: step).map { place in
            let start = end - Self.shownMinutes + place
            let known = counts[place..<place + step].filter { $0 >= 0 }.map(Double.init)
            let said = stride(from: start, to: start + step, by: SaidForecasts.minutes).compactMap { load.said[$0] }
            return [
                "at": .int(Int64(start) * 60_000), "actual": known.isEmpty ? .null : Self.mean(known),
                "expected": said.isEmpty ? .null : Self.mean(said.map(\.expected)),
                "upper": said.map(\.upper).max().map(Self.rounded) ?? .null,
            ]
        }
    }

    private func functions(of environment: EnvironmentID, _ load: EnvironmentLoad, at now: Int64) -> [JSON] {
        let functions = fleet.functions(of: environment)
        let (workers, granted) = (fleet.workers(of: environment), state.withLock { $0.granted[environment] ?? [:] })
        return zip(functions, load.shares(functions.map(\.name))).map { function, share in
            let known = load.functions[function.name]
            return [
                "name": .string(function.name), "floor": .int(Int64(granted[function.name]?.workers ?? 0)),
                "workers": .int(Int64(workers[function.name] ?? 0)), "share": Self.rounded(known == nil ? 0 : share),
                "meanMs": known.map { Self.rounded($0.duration * 1000) } ?? .null, "keepAlive": keepAlive(known),
            ]
        }
    }

    /// For how long a function's last worker stays.
    private func keepAlive(_ load: FunctionLoad?) -> JSON {
        let fixed = Double(limits.idleSeconds) / 60
        switch load?.idle.decision(fixedKeepAlive: fixed) ?? .fixed(keepAlive: fixed) {
        case .fixed(let minutes): return ["kind": "fixed", "minutes": Self.rounded(minutes)]
        case .pattern(let start, let stop): return ["kind": "pattern", "from": Self.rounded(start), "until": Self.rounded(stop)]
        }
    }

    private static func shown(_ accuracy: Accuracy?) -> JSON {
        guard let accuracy else { return .null }
        return [
            "minutes": .int(Int64(accuracy.minutes)), "coverage": rounded(accuracy.coverage), "waste": rounded(accuracy.waste),
            "weightedError": rounded(accuracy.weightedError), "meanError": accuracy.meanError.map(rounded) ?? .null,
        ]
    }

    private static func shown(_ launch: Launch) -> JSON {
        ["name": .string(launch.name), "opensAt": .int(launch.opensAt), "closesAt": .int(launch.closesAt), "count": .int(launch.count)]
    }

    private static func mean(_ values: [Double]) -> JSON { rounded(values.reduce(0, +) / Double(max(1, values.count))) }

    private static func rounded(_ value: Double) -> JSON { .double((value * 1000).rounded() / 1000) }
}
