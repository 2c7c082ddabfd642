import Kernel

/// Adds numbers: exactly while they are whole and fit 64 bits, and with the rounding errors kept and added last otherwise.
struct NumberSum {
    private var whole: Int64 = 0
    private var isWhole = true
    private var high = 0.0
    private var low = 0.0

    mutating func add(_ value: JSON) {
        switch value {
        case .int(let number):
            let (sum, overflow) = whole.addingReportingOverflow(number)
            if overflow {
                spill()
                whole = number
            } else {
                whole = sum
            }
        case .double(let number):
            isWhole = false
            add(number)
        default: break
        }
    }

    /// Moves the whole part into the floating-point one: an overflow cannot be taken back.
    private mutating func spill() {
        isWhole = false
        addExactly(whole)
        whole = 0
    }

    private mutating func addExactly(_ number: Int64) {
        add(Double(number >> 32) * 0x1p32)
        add(Double(number & 0xFFFF_FFFF))
    }

    /// Neumaier's sum.
    private mutating func add(_ number: Double) {
        let sum = high + number
        if sum.isFinite { low += abs(high) >= abs(number) ? (high - sum) + number : (number - sum) + high }
        high = sum
    }

    /// As a double.
    var rounded: Double {
        var copy = self
        copy.addExactly(whole)
        return copy.high + copy.low
    }

    var result: JSON { isWhole ? .int(whole) : .double(rounded) }
}

/// `$sum`.
final class SumAccumulator: Accumulator {
    private var sum = NumberSum()

    override func add(_ value: JSON?, of document: JSONObject) -> Int {
        if let value { sum.add(value) }
        return 0
    }

    override var result: JSON { sum.result }
}

/// `$avg`.
final class AverageAccumulator: Accumulator {
    private var sum = NumberSum()
    private var count = 0

    override func add(_ value: JSON?, of document: JSONObject) -> Int {
        switch value {
        case .int?, .double?:
            sum.add(value ?? .null)
            count += 1
        default: break
        }
        return 0
    }

    override var result: JSON { count == 0 ? .null : .double(sum.rounded / Double(count)) }
}

/// `$count`.
final class CountAccumulator: Accumulator {
    private var count: Int64 = 0

    override func add(_ value: JSON?, of document: JSONObject) -> Int {
        count += 1
        return 0
    }

    override var result: JSON { .int(count) }
}

/// `$stdDevPop` and `$stdDevSamp`: Welford's running mean and sum of squared distances from it.
final class DeviationAccumulator: Accumulator {
    private let ofSample: Bool
    private var count = 0
    private var mean = 0.0
    private var squares = 0.0

    init(ofSample: Bool) { self.ofSample = ofSample }

    override func add(_ value: JSON?, of document: JSONObject) -> Int {
        guard let number = value?.doubleValue else { return 0 }
        count += 1
        let distance = number - mean
        mean += distance / Double(count)
        squares += distance * (number - mean)
        return 0
    }

    override var result: JSON {
        count < (ofSample ? 2 : 1) ? .null : .double((squares / Double(ofSample ? count - 1 : count)).squareRoot())
    }
}

/// `$covariancePop` and `$covarianceSamp`: running means and the sum of the products of distances from them.
///
/// A pair in which one is no number does not count.
final class CovarianceAccumulator: Accumulator {
    private let ofSample: Bool
    private var count = 0
    private var means = (0.0, 0.0)
    private var products = 0.0

    init(ofSample: Bool) { self.ofSample = ofSample }

    override func add(_ value: JSON?, of document: JSONObject) -> Int {
        guard case .array(let pair)? = value, pair.count == 2, let first = pair[0].doubleValue, let second = pair[1].doubleValue else { return 0 }
        count += 1
        let distance = first - means.0
        means.0 += distance / Double(count)
        means.1 += (second - means.1) / Double(count)
        products += distance * (second - means.1)
        return 0
    }

    override var result: JSON { count < (ofSample ? 2 : 1) ? .null : .double(products / Double(ofSample ? count - 1 : count)) }
}

/// `$median` and `$percentile`: the value at a rank, exactly.
final class PercentileAccumulator: Accumulator {
    private let fractions: [Double]
    private let isSingle: Bool
    private var numbers: [Double] = []

    init(_ fractions: [Double], isSingle: Bool) {
        self.fractions = fractions
        self.isSingle = isSingle
    }

    override func add(_ value: JSON?, of document: JSONObject) -> Int {
        guard let number = value?.doubleValue, !number.isNaN else { return 0 }
        numbers.append(number)
        return 8
    }

    override var result: JSON {
        let sorted = numbers.sorted()
        let found = fractions.map { fraction -> JSON in
            sorted.isEmpty ? .null : .double(sorted[max(0, min(sorted.count, Int((fraction * Double(sorted.count)).rounded(.up))) - 1)])
        }
        return isSingle ? found[0] : .array(found)
    }
}
