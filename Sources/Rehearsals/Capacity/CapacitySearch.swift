/// Finds the highest rate at which a promise is kept: doubles until it breaks, then halves the gap.
///
/// Steps up by a tenth from half of the capacity would take seven steps; this takes about four, and each tells as much.
struct CapacitySearch: Sendable {
    /// How close the two rates have to be, one kept and one not, as a share of the kept one.
    static let precision = 0.1
    /// Below this no step says anything.
    static let rateMin = 1.0

    private let ceiling: Double
    private var stepsLeft: Int
    /// The highest rate that was kept, and the lowest that was not.
    private(set) var kept: Double?
    private(set) var broken: Double?

    /// - Parameters:
    ///   - ceiling: The highest rate that is tried.
    ///   - stepsMax: How many steps there may be.
    init(ceiling: Double, stepsMax: Int) { (self.ceiling, stepsLeft) = (ceiling, stepsMax) }

    /// Takes note of a step.
    ///
    /// A rate that breaks below one that was kept moves the kept one: what holds sometimes does not hold.
    mutating func note(rate: Double, isKept: Bool) {
        stepsLeft -= 1
        if isKept {
            if broken.map({ rate < $0 }) ?? true { kept = max(kept ?? 0, rate) }
        } else {
            broken = min(broken ?? .infinity, rate)
            if let kept, kept >= rate { self.kept = nil }
        }
    }

    /// The rate to try next; nil when the capacity is known, or will not be.
    var next: Double? {
        guard stepsLeft > 0 else { return nil }
        switch (kept, broken) {
        case (nil, nil): return nil
        case (let kept?, nil): return kept >= ceiling ? nil : min(ceiling, kept * 2)
        case (nil, let broken?): return broken / 2 >= Self.rateMin ? broken / 2 : nil
        case (let kept?, let broken?): return broken - kept > kept * Self.precision ? (kept + broken) / 2 : nil
        }
    }
}
