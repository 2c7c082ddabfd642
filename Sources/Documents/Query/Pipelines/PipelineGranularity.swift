import Kernel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// `granularity` of `$bucketAuto`: the bounds are numbers of a series that people prefer.
///
/// The series are those of ISO 3 (Renard) and IEC 60063 (E), as far as MongoDB has them: its R40 lacks 335, its R80 what R40 has.
enum BucketGranularity: Sendable, Equatable {
    case powersOfTwo
    /// Ascending, within a power of ten.
    case series([Double])

    init(_ name: JSON) throws(QueryError) {
        if name == "POWERSOF2" {
            self = .powersOfTwo
        } else if let series = Self.all[name.stringValue ?? ""] {
            self = .series(series)
        } else {
            throw OperatorError.wrongType(
                "granularity", "POWERSOF2 or one of \(Self.all.keys.sorted().joined(separator: ", "))",
                " POWERSOF2 或 \(Self.all.keys.sorted().joined(separator: "、")) 之一", name)
        }
    }

    /// The next preferred number above a value, which itself does not count; 0 stays.
    func above(_ value: JSON) throws(QueryError) -> JSON {
        let number = try Self.number(value)
        guard Self.countable.contains(number) else { return value }
        switch self {
        case .powersOfTwo: return .double(Self.power(Int(number.exponent) + 1))
        case .series(let series): return .double(Self.above(number, series))
        }
    }

    /// The next preferred number below a value, which itself does not count; 0 stays.
    func below(_ value: JSON) throws(QueryError) -> JSON {
        let number = try Self.number(value)
        guard Self.countable.contains(number) else { return value }
        switch self {
        case .powersOfTwo: return .double(Self.power(Int(number.exponent) - (number.significand == 1 ? 1 : 0)))
        case .series(let series): return .double(Self.below(number, series))
        }
    }

    /// What lies outside, 0 and infinity before all, is a bound itself: there is nothing next to it that a double can tell.
    private static let countable = 0x1p-960...0x1p960

    private static func number(_ value: JSON) throws(QueryError) -> Double {
        guard let number = value.doubleValue, number >= 0 else {
            throw OperatorError.wrongType("granularity", "numbers of at least 0 in groupBy", " groupBy 为不小于 0 的数", value)
        }
        return number
    }

    private static func power(_ exponent: Int) -> Double { Double(sign: .plus, exponent: exponent, significand: 1) }

    private static func above(_ number: Double, _ series: [Double]) -> Double {
        let (first, last) = (series[0], series[series.count - 1])
        var multiplier = 1.0
        while number >= last * multiplier { multiplier *= 10 }
        while number < first * multiplier {
            let lowest = first * multiplier
            multiplier /= 10
            // Between the last one of a power of ten and the first one of the next.
            if number >= last * multiplier { return lowest }
        }
        return series[series.partitioningIndex { number < $0 * multiplier }] * multiplier
    }

    private static func below(_ number: Double, _ series: [Double]) -> Double {
        let (first, last) = (series[0], series[series.count - 1])
        var multiplier = 1.0
        while number <= first * multiplier { multiplier /= 10 }
        while number > last * multiplier {
            let highest = last * multiplier
            multiplier *= 10
            if number <= first * multiplier { return highest }
        }
        return series[series.partitioningIndex { number <= $0 * multiplier } - 1] * multiplier
    }

    private static let all: [String: [Double]] = [
        "R5": [10, 16, 25, 40, 63],
        "R10": [100, 125, 160, 200, 250, 315, 400, 500, 630, 800],
        "R20": [100, 112, 125, 140, 160, 180, 200, 224, 250, 280, 315, 355, 400, 450, 500, 560, 630, 710, 800, 900],
        "R40": [
            100, 106, 112, 118, 125, 132, 140, 150, 160, 170, 180, 190, 200, 212, 224, 236, 250, 265, 280, 300, 315, 355, 375, 400, 425, 450, 475, 500,
            530, 560, 600, 630, 670, 710, 750, 800, 850, 900, 950,
        ],
        "R80": [
            103, 109, 115, 122, 128, 136, 145, 155, 165, 175, 185, 195, 206, 218, 230, 243, 258, 272, 290, 307, 325, 345, 365, 387, 412, 437, 462, 487,
            515, 545, 575, 615, 650, 690, 730, 775, 825, 875, 925, 975,
        ],
        "1-2-5": [10, 20, 50],
        "E6": [10, 15, 22, 33, 47, 68],
        "E12": [10, 12, 15, 18, 22, 27, 33, 39, 47, 56, 68, 82],
        "E24": [10, 11, 12, 13, 15, 16, 18, 20, 22, 24, 27, 30, 33, 36, 39, 43, 47, 51, 56, 62, 68, 75, 82, 91],
        "E48": logarithmic(48), "E96": logarithmic(96), "E192": logarithmic(192),
    ]

    /// The longer E series follow their formula, but for one number.
    private static func logarithmic(_ count: Int) -> [Double] {
        (0..<count).map { place in
            let number = (100 * pow(10, Double(place) / Double(count))).rounded()
            return number == 919 ? 920 : number
        }
    }
}

/// One bucket of `$bucketAuto`: which of the sorted documents, and its bounds.
struct BucketCut: Equatable {
    let range: Range<Int>
    let minimum: JSON
    /// Exclusive, but for the last bucket without a granularity.
    let maximum: JSON
}

extension AutomaticBuckets {
    /// Cuts sorted values into parts of about equal size.
    func cut(_ keys: [JSON]) throws(QueryError) -> [BucketCut] {
        let size = max(1, Int((Double(keys.count) / Double(count)).rounded()))
        var cuts: [BucketCut] = []
        var start = 0
        var minimum = try keys.first.map { (key: JSON) throws(QueryError) in try granularity?.below(key) ?? key } ?? .null
        while start < keys.count {
            var end = cuts.count == count - 1 ? keys.count : min(keys.count, start + size)
            let bound = try granularity?.above(keys[end - 1])
            // Equal values, and those below the bound, are not cut apart.
            while end < keys.count, bound.map({ ValueOrder.compare(keys[end], $0) == .ascending }) ?? (ValueOrder.compare(keys[end], keys[end - 1]) == .same) {
                end += 1
            }
            let maximum = try maximum(bound, keys, end)
            cuts.append(BucketCut(range: start..<end, minimum: minimum, maximum: maximum))
            minimum = maximum
            start = end
        }
        return cuts
    }

    private func maximum(_ bound: JSON?, _ keys: [JSON], _ end: Int) throws(QueryError) -> JSON {
        guard let granularity, let bound else { return keys[min(end, keys.count - 1)] }
        // Nothing but zeros: 0 is no bound above them.
        if bound.doubleValue == 0, end < keys.count { return try granularity.below(keys[end]) }
        return bound
    }
}
