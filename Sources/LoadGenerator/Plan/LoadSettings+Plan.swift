internal import Kernel

extension LoadSettings {
    private static let names: [(name: String, path: any WritableKeyPath<LoadSettings, Int> & Sendable)] = [
        ("timeoutMilliseconds", \.timeoutMilliseconds), ("connectionsMax", \.connectionsMax), ("connectionsAtStart", \.connectionsAtStart),
        ("connectingMax", \.connectingMax), ("waitingMax", \.waitingMax), ("usersMax", \.usersMax), ("arrivalsMax", \.arrivalsMax),
        ("secondsMax", \.secondsMax), ("drainSeconds", \.drainSeconds),
    ]

    /// Reads the settings of a plan; what they leave out stays as it is.
    init(plan json: JSON?) throws(SampanError) {
        self.init()
        guard let json, !json.isNull else { return }
        let members = try PlanMembers(json, at: "settings", known: Set(Self.names.map(\.name) + ["seed", "lagP99MaxMilliseconds", "processorShareMax"]))
        for (name, path) in Self.names {
            if let value = try members.optionalInteger(name) { self[keyPath: path] = value }
        }
        if let late = try members.optionalNumber("lagP99MaxMilliseconds") { lagP99Max = Int64(late.clamped(0, 60_000) * 1000) }
        if let share = try members.optionalNumber("processorShareMax") { processorShareMax = share }
        if let seed = try members.optionalInteger("seed") { self.seed = UInt64(seed.magnitude) }
    }
}

extension Double {
    /// What is no number becomes the least.
    fileprivate func clamped(_ least: Double, _ most: Double) -> Double { self >= least ? Swift.min(self, most) : least }
}
