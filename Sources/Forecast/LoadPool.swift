/// What shops have in common: the shape of a workday and of a rest day, and how much busier or quieter each kind of day is.
///
/// A new environment is forecast with this until its own history speaks. It learns a day at a time and forgets with a half-life of 300 environment-days
/// for shapes; the factors of rare days (holidays, shopping days) are only diluted by further such days, so that they last from year to year.
public struct LoadPool: Sendable, Equatable {
    /// Rates in each five-minute bin; a workday has mean 1, a rest day is relative to it.
    private(set) var work: [Double]
    private(set) var rest: [Double]
    /// Environment-days behind each shape, at most 300.
    private(set) var weights: (work: Double, rest: Double) = (20, 20)
    /// For each `DayKind`: how many times the ordinary expectation its days had, and how many such days were seen.
    private(set) var factors: [(factor: Double, days: Double)] = DayKind.allCases.map { _ in (1, 4) }

    /// A shop that lives from lunch and dinner, open 9 to 22: what is assumed before anything was seen.
    public static let meals = LoadPool(
        work: hours([0.15, 0.05, 0.05, 0.05, 0.05, 0.1, 0.25, 0.6, 0.9, 0.9, 1.2, 2.8, 3.0, 1.6, 1.0, 1.0, 1.1, 2.0, 2.4, 1.8, 1.3, 1.0, 0.6, 0.3]),
        rest: hours([0.2, 0.1, 0.05, 0.05, 0.05, 0.1, 0.2, 0.4, 0.8, 1.1, 1.5, 2.6, 2.8, 1.9, 1.5, 1.5, 1.6, 2.2, 2.5, 2.0, 1.5, 1.1, 0.7, 0.4]))

    private init(work: [Double], rest: [Double]) {
        let mean = work.reduce(0, +) / Double(work.count)
        self.work = work.map { $0 / mean }
        self.rest = rest.map { $0 / mean }
    }

    private static func hours(_ rates: [Double]) -> [Double] {
        (0..<Bins.count).map { bin in
            let place = (Double(bin) + 0.5) / 12 - 0.5
            let low = Int(place.rounded(.down))
            let share = place - Double(low)
            return rates[(low + 24) % 24] * (1 - share) + rates[(low + 1) % 24] * share
        }
    }

    /// The shape of such a day.
    func shape(rest isRest: Bool) -> [Double] { isRest ? rest : work }

    /// How many times the ordinary expectation a day of this kind has.
    func factor(_ kind: DayKind) -> Double { factors[Int(kind.rawValue)].factor }

    /// Learns one finished local day of one environment.
    ///
    /// Days with fewer than 20 hours known, or fewer than 50 invocations in the week before, teach nothing.
    public mutating func learn(_ history: LoadHistory, day: Day, calendar: DayCalendar = DayCalendar()) {
        let binned = Bins(history, until: calendar.start(of: day.adding(1)), calendar: calendar)
        guard let actual = binned.days.last, actual.day == day, actual.knownMinutes >= 1200 else { return }
        let earlier = binned.days.filter { $0.day < day && $0.day >= day.adding(-7) }
        let level = earlier.reduce(0) { $0 + $1.total } / Double(max(1, earlier.reduce(0) { $0 + $1.knownMinutes }))
        guard level > 0, earlier.reduce(0, { $0 + $1.total }) >= 50 else { return }
        let kind = calendar.kind(of: day)
        if [.workday, .adjustedWorkday, .weekend].contains(kind) {
            learnShape(actual, level: level, rest: calendar.isRestDay(day))
        }
        var plain = self
        plain.factors = factors.map { (1, $0.days) }
        let expected = DayProfile(for: day, from: binned, calendar: calendar, pool: plain, ordinaryOnly: true)
        let ratio = (actual.total + 10) / (expected.total(over: actual) + 10)
        let (factor, days) = factors[Int(kind.rawValue)]
        factors[Int(kind.rawValue)] = ((factor * days + min(5, max(0.1, ratio))) / (days + 1), min(300, days + 1))
    }

    private mutating func learnShape(_ actual: Bins.Day, level: Double, rest isRest: Bool) {
        let (old, weight) = (shape(rest: isRest), isRest ? weights.rest : weights.work)
        let new = (0..<Bins.count).map { bin -> Double in
            guard let rate = actual.rate(bin) else { return old[bin] }
            return (old[bin] * weight + min(30, rate / level)) / (weight + 1)
        }
        if isRest { (rest, weights.rest) = (new, min(300, weight + 1)) } else { (work, weights.work) = (new, min(300, weight + 1)) }
    }

    /// Whether both would forecast the same.
    public static func == (left: LoadPool, right: LoadPool) -> Bool { left.bytes() == right.bytes() }
}

extension LoadPool {
    private static let mark: UInt32 = 0x0150_4C53  // "SLP", version 1

    /// The pool as bytes (about 5 KB), to be kept and read again with `init(bytes:)`.
    public func bytes() -> [UInt8] {
        var writer = ByteWriter(mark: Self.mark)
        for value in work + rest + [weights.work, weights.rest] + factors.flatMap({ [$0.factor, $0.days] }) { writer.append(value) }
        return writer.finished()
    }

    /// Reads what `bytes()` gave.
    public init(bytes: [UInt8]) throws(DamagedBytes) {
        var reader = try ByteReader(bytes, mark: Self.mark)
        self = .meals
        work = try reader.amounts(Bins.count, upTo: 1e6)
        rest = try reader.amounts(Bins.count, upTo: 1e6)
        let behind = try reader.amounts(2, upTo: 300)
        weights = (behind[0], behind[1])
        for place in factors.indices {
            let pair = try reader.amounts(2, upTo: 300)
            factors[place] = (pair[0], pair[1])
        }
        try reader.finish()
        guard work.contains(where: { $0 > 0 }) else { throw .content }
    }
}
