/// The best set that was found so far.
struct Incumbent {
    var places: [Int] = []
    var worth: Int64 = 0

    /// Whether a set of at least `count` coupons that is worth at most `worth` could be better, or be as good and decided by expiry.
    func couldBeBetter(_ worth: Int64, count: Int) -> Bool { worth > self.worth || worth == self.worth && count <= places.count }
}

/// Which of two sets that are worth the same and equally large is used: the one that expires first, then the one with lower numbers.
struct TieBreak {
    private let expiries: [Int64]
    private let numbers: [(Int64, Int64)]

    init(_ coupons: [HeldCoupon]) {
        expiries = coupons.map(\.expiresAt)
        numbers = coupons.map { ($0.batch, $0.number) }
    }

    func precedes(_ one: [Int], _ other: [Int]) -> Bool {
        let (left, right) = (one.map { expiries[$0] }.sorted(), other.map { expiries[$0] }.sorted())
        if left != right { return left.lexicographicallyPrecedes(right) }
        return sortedNumbers(one).lexicographicallyPrecedes(sortedNumbers(other), by: <)
    }

    private func sortedNumbers(_ places: [Int]) -> [(Int64, Int64)] { places.map { numbers[$0] }.sorted { $0 < $1 } }
}
