/// One line of a waiting room: who has which number, which numbers have been called, and how many of those have come.
///
/// It knows counts and the last quarter of an hour second by second, and nothing of those who wait: a hundred thousand of them take as much room as one.
struct WaitingLine: Sendable, Hashable {
    /// What was called in one second.
    private struct Call: Hashable {
        let second: Int64
        let from: Int
        var to: Int
        var came = 0
        /// Whether it says anything about how many come: not what was called before a restart.
        var counts = true

        var count: Int { to - from }
    }

    /// Whoever is called and has not come after so long has left; clients ask at least as often.
    static let graceSeconds: Int64 = 25
    /// What is measured is that of the last minute.
    static let windowSeconds: Int64 = 60
    /// Whoever comes later than this has missed their turn.
    static let keptSeconds: Int64 = 900

    /// How many came before the opening; their numbers are drawn.
    private(set) var drawn = 0
    /// How many numbers there are: those drawn, and those given one by one.
    private(set) var issued = 0
    /// Numbers below this one are written down as given: they can be given without a look at the disk.
    private(set) var reserved = 0
    /// Numbers below this one have been called.
    private(set) var called = 0
    private var calls: [Call] = []

    /// A line in which nobody stands.
    init() {}

    /// A line as it was written down.
    init(drawn: Int, reserved: Int, called: Int, isDrawing: Bool, now: Int64) {
        self.drawn = drawn
        self.reserved = reserved
        self.called = called
        issued = isDrawing ? 0 : reserved
        if called > 0 { calls = [Call(second: now / 1000, from: 0, to: called, counts: false)] }
    }

    /// How many wait, as far as is known: some have left.
    var waiting: Int { max(issued, drawn) - called }

    /// Somebody has come before the opening.
    mutating func draw() { drawn += 1 }

    /// The next number; `nil` when some have to be reserved first.
    mutating func give() -> Int? {
        guard issued < reserved else { return nil }
        issued += 1
        return issued - 1
    }

    /// Numbers have been written down.
    mutating func reserve(upTo number: Int) { reserved = max(reserved, number) }

    /// The opening: whoever has drawn stands in front of whoever comes from now on.
    mutating func open() {
        issued = drawn
        reserved = 0
    }

    /// The number of whoever drew `lot` of 2³² before the opening.
    func number(ofLot lot: UInt32) -> Int { Int((UInt64(lot) * UInt64(drawn)) >> 32) }

    /// Calls the next ones.
    mutating func call(_ count: Int, now: Int64) {
        let count = min(count, issued - called)
        guard count > 0 else { return }
        let second = now / 1000
        if let last = calls.last, last.second == second, last.counts {
            calls[calls.count - 1].to += count
        } else {
            calls.append(Call(second: second, from: called, to: called + count))
            if let first = calls.first, first.second < second - Self.keptSeconds {
                calls.removeFirst(calls.prefix { $0.second < second - Self.keptSeconds }.count)
            }
        }
        called += count
    }

    /// When a number was called, in seconds; `nil`: not yet, or so long ago that it is forgotten.
    func second(ofCall number: Int) -> Int64? { place(of: number).map { calls[$0].second } }

    /// Somebody whose number was called has come, for the first time.
    mutating func came(_ number: Int) {
        if let place = place(of: number) { calls[place].came += 1 }
    }

    private func place(of number: Int) -> Int? {
        var (low, high) = (0, calls.count)
        while low < high {
            let middle = (low + high) / 2
            if calls[middle].to <= number { low = middle + 1 } else { high = middle }
        }
        return low < calls.count && calls[low].from <= number ? low : nil
    }

    /// How many were called, and how many of them came, among those who have had their time to come.
    func shows(now: Int64) -> (called: Int, came: Int) {
        let second = now / 1000
        var (called, came) = (0, 0)
        for call in calls.reversed() {
            if call.second < second - Self.graceSeconds - Self.windowSeconds { break }
            if call.second > second - Self.graceSeconds || !call.counts { continue }
            called += call.count
            came += min(call.came, call.count)
        }
        return (called, came)
    }

    /// How many were called a short while ago and may still come.
    func outstanding(now: Int64) -> Int {
        let second = now / 1000
        var count = 0
        for call in calls.reversed() {
            if call.second <= second - Self.graceSeconds { break }
            if call.counts { count += max(0, call.count - call.came) }
        }
        return count
    }

    /// How many numbers a second were called in the last minute, or since `since` if that is later; and how unevenly, as a share of it.
    func speed(since: Int64, now: Int64) -> (perSecond: Double, unevenness: Double)? {
        let (end, parts) = (now / 1000, 6)
        let span = min(Self.windowSeconds, end - since / 1000)
        guard span >= 10 else { return nil }
        var counts = [Double](repeating: 0, count: parts)
        for call in calls.reversed() where call.counts {
            let age = end - call.second
            // The second that is under way is not over.
            if age == 0 { continue }
            if age > span { break }
            counts[min(parts - 1, Int((age - 1) * Int64(parts) / span))] += Double(call.count)
        }
        let sum = counts.reduce(0, +)
        guard sum > 0 else { return nil }
        let mean = sum / Double(parts)
        let variance = counts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(parts - 1)
        return (sum / Double(span), variance.squareRoot() / mean)
    }
}
