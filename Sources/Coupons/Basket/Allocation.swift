/// Spreads a discount over lines in proportion to what is left of each, exact to the fen, by the largest remainder.
///
/// Every line gets its share rounded down; the fen that are then missing go to the lines with the largest remainders, of equal ones to
/// those that stand first. No line gets more than is left of it: its share rounded up is no more, for that is a whole number.
struct Allocation: ~Copyable {
    /// Of each covered line, by its place among the covered.
    private let remainders: UnsafeMutablePointer<UInt64>
    private let order: UnsafeMutablePointer<Int32>

    /// Room for so many lines.
    init(lines: Int) {
        remainders = .allocate(capacity: lines)
        order = .allocate(capacity: lines)
    }

    deinit {
        remainders.deallocate()
        order.deallocate()
    }

    /// Takes `discount` off the lines at `places`, of which `sum` is left together; `0 < discount ≤ sum`.
    func take(_ discount: Int64, of sum: Int64, from left: UnsafeMutablePointer<Int64>, at places: UnsafeBufferPointer<Int32>) {
        if discount == sum {
            for place in places { left[Int(place)] = 0 }
            return
        }
        if places.count == 1 {
            left[Int(places[0])] -= discount
            return
        }
        let missing = sum < 1 << 31 ? shareSmall(discount, of: sum, left, places) : shareLarge(discount, of: sum, left, places)
        if missing > 0 { giveRest(missing, left, places) }
    }

    /// Sums below 2³¹: products fit in 63 bits, and a quotient by way of floating point is off by one at most, which the remainder shows.
    private func shareSmall(
        _ discount: Int64, of sum: Int64, _ left: UnsafeMutablePointer<Int64>, _ places: UnsafeBufferPointer<Int32>
    ) -> Int {
        let ratio = Double(discount) / Double(sum)
        var missing = discount
        for (index, place) in places.enumerated() {
            let of = left[Int(place)]
            var share = Int64(Double(of) * ratio)
            var remainder = of &* discount &- share &* sum
            while remainder < 0 { (share, remainder) = (share &- 1, remainder &+ sum) }
            while remainder >= sum { (share, remainder) = (share &+ 1, remainder &- sum) }
            remainders[index] = UInt64(truncatingIfNeeded: remainder)
            left[Int(place)] = of &- share
            missing &-= share
        }
        return Int(missing)
    }

    private func shareLarge(
        _ discount: Int64, of sum: Int64, _ left: UnsafeMutablePointer<Int64>, _ places: UnsafeBufferPointer<Int32>
    ) -> Int {
        var missing = discount
        for (index, place) in places.enumerated() {
            let product = UInt64(left[Int(place)]).multipliedFullWidth(by: UInt64(discount))
            let (share, remainder) = UInt64(sum).dividingFullWidth(product)
            remainders[index] = remainder
            left[Int(place)] -= Int64(share)
            missing -= Int64(share)
        }
        return Int(missing)
    }

    /// One fen more for each of the `count` largest remainders, which are found by partition (quickselect).
    private func giveRest(_ count: Int, _ left: UnsafeMutablePointer<Int64>, _ places: UnsafeBufferPointer<Int32>) {
        for index in 0..<places.count { order[index] = Int32(truncatingIfNeeded: index) }
        var (low, high) = (0, places.count - 1)
        while low < high {
            let pivot = partition(low, high)
            if pivot == count { break }
            if pivot < count { low = pivot + 1 } else { high = pivot - 1 }
        }
        for index in 0..<count { left[Int(places[Int(order[index])])] -= 1 }
    }

    /// Puts what comes before the middle element before it; answers its new place.
    private func partition(_ low: Int, _ high: Int) -> Int {
        let middle = (low + high) / 2
        let pivot = order[middle]
        order[middle] = order[high]
        var place = low
        for index in low..<high where precedes(order[index], pivot) {
            (order[index], order[place]) = (order[place], order[index])
            place += 1
        }
        order[high] = order[place]
        order[place] = pivot
        return place
    }

    private func precedes(_ one: Int32, _ other: Int32) -> Bool {
        let (left, right) = (remainders[Int(one)], remainders[Int(other)])
        return left > right || left == right && one < other
    }
}
