/// How many people a minute a room lets in: as many as its owner says, or as many as the machine bears.
struct Pace: Sendable, Hashable {
    /// What became of the environment's requests in the last second, without those that are never turned away.
    struct Load: Sendable, Hashable {
        var served = 0
        var shed = 0

        /// Which share could not be served.
        var shedShare: Double { served + shed == 0 ? 0 : Double(shed) / Double(served + shed) }
    }

    private static let first = 10.0
    private static let least = 0.5
    private static let most = 5000.0
    /// More than this is too much; less is the noise of admission's own feeling about.
    private static let tolerable = 0.02
    /// Whoever has come in makes requests for a while: what a step has done shows later.
    private static let patienceSeconds = 3

    private let fixed: Double?
    private var felt = Pace.first
    /// Until something was turned away for the first time it is doubled every few seconds.
    private var isStarting = true
    private var secondsLeft = Pace.patienceSeconds

    /// - Parameter ratePerMinute: what the owner says; `nil`: feel for it.
    init(ratePerMinute: Int?) { fixed = ratePerMinute.map { Double($0) / 60 } }

    /// People a second.
    var perSecond: Double { fixed ?? felt }

    /// A second has passed.
    mutating func turn(_ load: Load, isWaiting: Bool) {
        secondsLeft -= 1
        guard fixed == nil, secondsLeft <= 0 else { return }
        secondsLeft = Self.patienceSeconds
        if load.shedShare > Self.tolerable {
            isStarting = false
            felt = max(Self.least, felt * 0.8)
        } else if isWaiting {
            felt = min(Self.most, isStarting ? felt * 2 : felt * 1.05 + 0.1)
        }
    }
}
