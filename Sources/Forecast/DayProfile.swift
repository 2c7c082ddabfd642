/// What one local day is expected to bring, minute by minute, before anything of it was seen.
///
/// The mean of similar earlier days (same weekday most, same kind of day some, recent more than old), each bin clipped around its median so that a
/// campaign or an outage does not count, mixed with the pool's shape as long as there is little history, and smoothed where counts are small.
struct DayProfile {
    /// Half-life of a day's weight, days.
    private static let memory = 14.0
    /// The pool weighs as much as so many own days where there is none, and e times less with each day that there is.
    private static let poolDays = 1.5
    /// At most this many days are looked at for one profile.
    private static let daysMax = 11

    let day: Day
    /// Invocations a minute at the middle of each bin.
    private(set) var rates: [Double]

    /// The profile of `day` from the days before it.
    ///
    /// With `ordinaryOnly`, days of rare kinds are left out and no factor is applied; with `seeingOwnDay`, what is known of the day itself tells the level of
    /// an environment that had no day before.
    init(for day: Day, from bins: Bins, calendar: DayCalendar, pool: LoadPool, ordinaryOnly: Bool = false, seeingOwnDay: Bool = false) {
        let (kind, isRest) = (calendar.kind(of: day), calendar.isRestDay(day))
        var (used, seenAlike, known) = ([Weighed](), false, 0)
        for earlier in bins.days.prefix(while: { $0.day < day }) {
            if ordinaryOnly && !Self.ordinary.contains(earlier.kind) { continue }
            let similar = Self.similarity(earlier, to: day, kind, isRest)
            let age = Double(day.number - earlier.day.number)
            used.append(Weighed(day: earlier, weight: similar * Maths.decay(age, halfLife: Self.memory)))
            seenAlike = seenAlike || earlier.kind == kind
            known += earlier.knownMinutes
        }
        used.sort { $0.weight > $1.weight }
        let factor = Self.rare.contains(kind) && !ordinaryOnly && !(kind == .publicHoliday && seenAlike) ? pool.factor(kind) : 1
        var forLevel = used
        if seeingOwnDay, known < 720, let own = bins.days.last(where: { $0.day <= day }) { forLevel.append(Weighed(day: own, weight: 1)) }
        self.day = day
        rates = Self.mixed(used.prefix(Self.daysMax), factor: factor, level: Self.level(forLevel, pool) * factor, shape: pool.shape(rest: isRest))
    }

    private struct Weighed {
        let day: Bins.Day
        let weight: Double
    }

    private static let ordinary: Set<DayKind> = [.workday, .adjustedWorkday, .weekend]
    /// Kinds whose days the pool's factor scales, because an environment's few weeks seldom hold one.
    private static let rare: Set<DayKind> = [.publicHoliday, .shoppingDay, .dayBeforeHoliday]

    private static func similarity(_ earlier: Bins.Day, to day: Day, _ kind: DayKind, _ isRest: Bool) -> Double {
        switch (earlier.kind, kind) {
        case (.publicHoliday, .publicHoliday): 2
        case (.publicHoliday, _), (.shoppingDay, _): 0.02
        case (_, .publicHoliday): earlier.isRest ? 0.6 : 0.02
        default: earlier.isRest != isRest ? 0.02 : earlier.day.weekday == day.weekday ? 1 : 0.3
        }
    }

    /// Invocations a minute of a mean workday: what was seen beside what the pool's shape has in the same bins.
    private static func level(_ days: [Weighed], _ pool: LoadPool) -> Double {
        var (seen, shape) = (0.0, 0.0)
        for entry in days {
            let poolShape = pool.shape(rest: entry.day.isRest)
            var expected = 0.0
            for bin in 0..<Bins.count { expected += entry.day.known[bin] * poolShape[bin] }
            seen += entry.weight * entry.day.total
            shape += entry.weight * expected
        }
        return shape > 0 ? seen / shape : 0
    }

    private static func mixed(_ days: ArraySlice<Weighed>, factor: Double, level: Double, shape: [Double]) -> [Double] {
        var rates = [Double](repeating: 0, count: Bins.count)
        var counts = rates
        var (values, weights) = ([Double](), [Double]())
        for bin in 0..<Bins.count {
            values.removeAll(keepingCapacity: true)
            weights.removeAll(keepingCapacity: true)
            for entry in days where entry.day.known[bin] > 0 {
                values.append(entry.day.sums[bin] / entry.day.known[bin] * Double(Bins.minutes))
                weights.append(entry.weight * entry.day.known[bin] / Double(Bins.minutes))
            }
            let (mean, weight) = clippedMean(values, weights)
            let pool = poolDays * Maths.exponential(-weight)
            rates[bin] = (weight * mean * factor / Double(Bins.minutes) + pool * level * shape[bin]) / (weight + pool)
            counts[bin] = rates[bin] * Double(Bins.minutes) * max(weight, 0.2)
        }
        return smoothed(rates, counts)
    }

    /// The weighted mean after clipping to what over-dispersed counts around the weighted median plausibly are.
    private static func clippedMean(_ values: [Double], _ weights: [Double]) -> (mean: Double, weight: Double) {
        let total = weights.reduce(0, +)
        guard total > 0 else { return (0, 0) }
        let median = weightedMedian(values, weights, total)
        let high = 1.4 * median + 4 * median.squareRoot() + 4
        let low = max(0, 0.6 * median - 4 * median.squareRoot())
        var sum = 0.0
        for place in values.indices { sum += weights[place] * min(high, max(low, values[place])) }
        return (sum / total, total)
    }

    /// By counting what lies below each value: there are at most 11.
    private static func weightedMedian(_ values: [Double], _ weights: [Double], _ total: Double) -> Double {
        values.withUnsafeBufferPointer { values in
            weights.withUnsafeBufferPointer { weights in
                var best = Double.infinity
                for candidate in values where candidate < best {
                    var reached = 0.0
                    for place in values.indices where values[place] <= candidate { reached += weights[place] }
                    if reached * 2 >= total { best = candidate }
                }
                return best.isFinite ? best : 0
            }
        }
    }

    /// Each bin with so many neighbours (up to an hour to each side) that about 300 invocations stand behind it.
    private static func smoothed(_ rates: [Double], _ counts: [Double]) -> [Double] {
        rates.indices.map { bin in
            var (sum, behind, reach) = (rates[bin], counts[bin], 0)
            var used = 1.0
            while behind < 300, reach < 12 {
                reach += 1
                for neighbour in [bin - reach, bin + reach] where rates.indices.contains(neighbour) {
                    sum += rates[neighbour]
                    behind += counts[neighbour]
                    used += 1
                }
            }
            return sum / used
        }
    }

    /// Invocations expected in a minute of the day, 0 to 1439.
    func rate(_ minuteOfDay: Int) -> Double {
        let place = min(Double(Bins.count) - 1, max(0, (Double(minuteOfDay) + 0.5) / Double(Bins.minutes) - 0.5))
        let low = Int(place)
        let share = place - Double(low)
        return rates[low] * (1 - share) + rates[min(Bins.count - 1, low + 1)] * share
    }

    /// Invocations expected in those minutes of the day that are known of `actual`.
    func total(over actual: Bins.Day) -> Double {
        var sum = 0.0
        for bin in 0..<Bins.count { sum += rates[bin] * actual.known[bin] }
        return sum
    }
}
