/// A basket as plain numbers, and what the effect of a coupon on it is.
///
/// What is left of the lines lies with the caller: in two rows of numbers, what is left to pay of each line, and how many of its pieces
/// no special price has touched. Reading and changing them allocates nothing.
final class PricedBasket {
    let lineCount: Int
    private let prices: UnsafeMutablePointer<Int64>
    private let start: UnsafeMutablePointer<Int64>
    private let quantities: UnsafeMutablePointer<Int64>
    private let allocation: Allocation
    /// The lines of each coverage: in the basket's order, and the dearest first.
    private var coverages: [(lines: UnsafeMutableBufferPointer<Int32>, dearest: UnsafeMutableBufferPointer<Int32>)] = []
    private var numbers: [[Int32]: Int] = [:]

    init(_ basket: Basket) {
        lineCount = basket.lines.count
        prices = .allocate(capacity: lineCount)
        start = .allocate(capacity: lineCount)
        quantities = .allocate(capacity: lineCount)
        allocation = Allocation(lines: lineCount)
        for (place, line) in basket.lines.enumerated() {
            prices[place] = line.price
            start[place] = line.total
            quantities[place] = line.quantity
        }
    }

    deinit {
        prices.deallocate()
        start.deallocate()
        quantities.deallocate()
        for coverage in coverages {
            coverage.lines.deallocate()
            coverage.dearest.deallocate()
        }
    }

    var coverageCount: Int { coverages.count }

    /// The number of a set of lines, the same for the same lines.
    func number(ofLines lines: [Int32]) -> Int {
        if let known = numbers[lines] { return known }
        let rows = (UnsafeMutableBufferPointer<Int32>.allocate(capacity: lines.count), UnsafeMutableBufferPointer<Int32>.allocate(capacity: lines.count))
        _ = rows.0.initialize(from: lines)
        _ = rows.1.initialize(from: lines.sorted { (prices[Int($1)], $0) < (prices[Int($0)], $1) })
        coverages.append(rows)
        numbers[lines] = coverages.count - 1
        return coverages.count - 1
    }

    /// Writes the untouched basket.
    func begin(_ left: UnsafeMutablePointer<Int64>, _ fresh: UnsafeMutablePointer<Int64>) {
        left.update(from: start, count: lineCount)
        fresh.update(from: quantities, count: lineCount)
    }

    /// What is left of the lines of a coverage.
    func sum(_ coverage: Int, _ left: UnsafePointer<Int64>) -> Int64 {
        var sum: Int64 = 0
        for place in coverages[coverage].lines { sum &+= left[Int(place)] }
        return sum
    }

    /// What using a coupon is worth when `sum` is left of its lines: its discount, or a gift's worth; -1 if it cannot be used or does nothing.
    ///
    /// Never more when less is left or fewer pieces are untouched: every case is a growing function of what is left (rounding included),
    /// the dearest of fewer pieces come to no more, and a minimum that is not reached is not reached with less either.
    func gain(_ kind: CouponKind, sum: Int64, _ fresh: UnsafePointer<Int64>) -> Int64 {
        if sum < kind.minimum { return -1 }
        let gain: Int64
        switch kind.effect {
        case .less(let amount): gain = min(amount, sum)
        case .part(let points, let ceiling): gain = min(CouponEffect.part(points, of: sum), ceiling)
        case .pieces(let price, let quantity): gain = pieces(kind.coverage, price, quantity, fresh) { _, _ in }
        case .gift(let worth): return worth
        }
        return gain > 0 ? gain : -1
    }

    /// Applies a coupon whose gain was asked for in this state.
    func apply(_ kind: CouponKind, gain: Int64, sum: Int64, _ left: UnsafeMutablePointer<Int64>, _ fresh: UnsafeMutablePointer<Int64>) {
        switch kind.effect {
        case .less, .part: allocation.take(gain, of: sum, from: left, at: UnsafeBufferPointer(coverages[kind.coverage].lines))
        case .pieces(let price, let quantity):
            _ = pieces(kind.coverage, price, quantity, fresh) { place, count in
                fresh[place] -= count
                left[place] -= count * (prices[place] - price)
            }
        case .gift: break
        }
    }

    /// The dearest pieces that no special price has touched.
    ///
    /// Special prices are applied before all else, so what is left of such a piece
    /// is its price.
    @inline(__always) private func pieces(
        _ coverage: Int, _ price: Int64, _ quantity: Int64, _ fresh: UnsafePointer<Int64>, take: (Int, Int64) -> Void
    ) -> Int64 {
        var (gain, wanted): (Int64, Int64) = (0, quantity)
        for line in coverages[coverage].dearest {
            let place = Int(line)
            guard wanted > 0, prices[place] > price else { break }
            let count = min(wanted, fresh[place])
            gain += count * (prices[place] - price)
            wanted -= count
            take(place, count)
        }
        return gain
    }
}
