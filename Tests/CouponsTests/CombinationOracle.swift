@testable import Coupons

/// The best combination by trying every subset, written from the rules alone: pieces one by one, whole arrays, 128 bits.
///
/// It shares nothing with the search but the types of baskets and coupons.
struct CombinationOracle {
    struct Answer: Equatable {
        var numbers: [Int64]
        var worth: Int64
        var lineDiscounts: [Int64]
    }

    let basket: Basket
    let coupons: [HeldCoupon]
    let maxPerOrder: Int

    func best() -> Answer {
        var best = Answer(numbers: [], worth: 0, lineDiscounts: basket.lines.map { _ in 0 })
        var bestKey = ([Int64](), [[Int64]]())
        for subset in 0..<(1 << coupons.count) {
            let chosen = coupons.indices.filter { subset >> $0 & 1 == 1 }.map { coupons[$0] }
            guard chosen.count <= maxPerOrder, goTogether(chosen), let answer = price(chosen) else { continue }
            let key = (chosen.map(\.expiresAt).sorted(), chosen.map { [$0.batch, $0.number] }.sorted { $0.lexicographicallyPrecedes($1) })
            let isBetter =
                if answer.worth != best.worth { answer.worth > best.worth } else if chosen.count != best.numbers.count {
                    chosen.count < best.numbers.count
                } else if key.0 != bestKey.0 { key.0.lexicographicallyPrecedes(bestKey.0) } else {
                    key.1.lexicographicallyPrecedes(bestKey.1) { $0.lexicographicallyPrecedes($1) }
                }
            if isBetter { (best, bestKey) = (answer, key) }
        }
        return best
    }

    /// What all coupons together do; `nil` if the rules do not allow that.
    func all() -> Answer? { coupons.count <= maxPerOrder && goTogether(coupons) ? price(coupons) : nil }

    private func goTogether(_ chosen: [HeldCoupon]) -> Bool {
        for (place, one) in chosen.enumerated() {
            if chosen.filter({ $0.batch == one.batch }).count > max(1, one.terms.stacking.perOrder) { return false }
            for other in chosen[(place + 1)...] where other.batch != one.batch {
                let (mine, theirs) = (one.terms.stacking, other.terms.stacking)
                if let with = mine.with, !with.contains(theirs.group) { return false }
                if let with = theirs.with, !with.contains(mine.group) { return false }
            }
        }
        return true
    }

    /// The sort key of the canonical order.
    private func key(_ coupon: HeldCoupon) -> [Int64] {
        let scope = coupon.terms.scope
        let named: Int64 = scope.goods.isEmpty && scope.categories.isEmpty ? 1 : 0
        let rank: [Int64] =
            switch coupon.terms.value {
            case .exchange: [0, 0, 0, 0]
            case .specialPrice(let price, _): [0, 0, 1, price]
            case .discount: [1, named, 0, 0]
            case .amount: [1, named, 1, 0]
            case .gift: [2, 0, 0, 0]
            case .storedValue: [3, 0, 0, 0]
            }
        let balance: Int64 = if case .storedValue(let face) = coupon.terms.value { coupon.balance ?? face } else { 0 }
        return rank + [-coupon.terms.minimumSpend, coupon.batch, balance, coupon.expiresAt, coupon.number]
    }

    private struct Piece {
        let line: Int
        let price: Int64
        var isTouched = false
    }

    /// `nil` if one of the chosen cannot be used.
    func price(_ chosen: [HeldCoupon]) -> Answer? {
        var left = basket.lines.map { $0.price * $0.quantity }
        var pieces = basket.lines.indices.flatMap { line in (0..<basket.lines[line].quantity).map { _ in Piece(line: line, price: basket.lines[line].price) } }
        var worth: Int64 = 0
        let order = chosen.sorted { key($0).lexicographicallyPrecedes(key($1)) }
        for coupon in order {
            let terms = coupon.terms
            if !terms.scope.shops.isEmpty, !terms.scope.shops.contains(basket.shop) { return nil }
            let covered = basket.lines.indices.filter { terms.scope.covers(goods: basket.lines[$0].goods, category: basket.lines[$0].category) }
            let sum = covered.map { left[$0] }.reduce(0, +)
            guard !covered.isEmpty, sum >= terms.minimumSpend else { return nil }
            let before = left
            switch terms.value {
            case .amount(let amount): left = spread(min(amount, sum), over: covered, left)
            case .storedValue(let face): left = spread(min(coupon.balance ?? face, sum), over: covered, left)
            case .discount(let points, let ceiling):
                let exact = (Int128(sum) * Int128(points) * 2 + 10_000) / 20_000
                left = spread(min(Int64(exact), ceiling ?? .max), over: covered, left)
            case .specialPrice(let price, let quantity): lower(price, quantity, covered, &pieces, &left)
            case .exchange(let quantity): lower(0, quantity, covered, &pieces, &left)
            case .gift(let gift):
                worth += gift.worth
                continue
            }
            let taken = zip(before, left).map { $0 - $1 }.reduce(0, +)
            if taken <= 0 { return nil }
            worth += taken
        }
        return Answer(
            numbers: order.map(\.number), worth: worth,
            lineDiscounts: basket.lines.indices.map { basket.lines[$0].price * basket.lines[$0].quantity - left[$0] })
    }

    private func lower(_ price: Int64, _ quantity: Int64, _ covered: [Int], _ pieces: inout [Piece], _ left: inout [Int64]) {
        for _ in 0..<quantity {
            var dearest: Int?
            for (place, piece) in pieces.enumerated() where covered.contains(piece.line) && !piece.isTouched && piece.price > price {
                if let found = dearest, pieces[found].price >= piece.price { continue }
                dearest = place
            }
            guard let dearest else { return }
            pieces[dearest].isTouched = true
            left[pieces[dearest].line] -= pieces[dearest].price - price
        }
    }

    private func spread(_ discount: Int64, over covered: [Int], _ left: [Int64]) -> [Int64] {
        let sum = Int128(covered.map { left[$0] }.reduce(0, +))
        guard sum > 0 else { return left }
        var (result, missing) = (left, discount)
        var shares: [(line: Int, rest: Int128)] = []
        for line in covered {
            let product = Int128(left[line]) * Int128(discount)
            result[line] -= Int64(product / sum)
            missing -= Int64(product / sum)
            shares.append((line, product % sum))
        }
        for share in shares.sorted(by: { ($1.rest, $0.line) < ($0.rest, $1.line) }).prefix(Int(missing)) { result[share.line] -= 1 }
        return result
    }
}
