import Kernel

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

extension ExpressionOperators {
    static let arithmetic: [String: PositionalOperator] = [
        "$add": .onValues(anyNumber) { (values) throws(QueryError) in try add(values) }.withPair { (left, right) throws(QueryError) in
            guard let left, let right, !left.isNull, !right.isNull else { return .null }
            if case .int(let a) = left, case .int(let b) = right, case let (sum, overflow) = a.addingReportingOverflow(b), !overflow {
                return .int(sum)
            }
            return try add([left, right])
        },
        "$subtract": .onPair { (left, right) throws(QueryError) in
            guard let left, let right, !left.isNull, !right.isNull else { return .null }
            return try subtract(left, right)
        },
        "$multiply": .onValues(anyNumber) { (values) throws(QueryError) in
            try values.reduceNumbers("$multiply", from: .int(1), Int64.multipliedReportingOverflow(by:), *)
        }.withPair { (left, right) throws(QueryError) in
            guard let left, let right, !left.isNull, !right.isNull else { return .null }
            if case .int(let a) = left, case .int(let b) = right, case let (product, overflow) = a.multipliedReportingOverflow(by: b), !overflow {
                return .int(product)
            }
            return .double(try number("$multiply", left) * number("$multiply", right))
        },
        "$divide": .onValues(2...2) { (values) throws(QueryError) in
            let divisor = try number("$divide", values[1])
            if divisor == 0 { throw divisionByZero("$divide") }
            return .double(try number("$divide", values[0]) / divisor)
        },
        "$mod": .onValues(2...2) { (values) throws(QueryError) in try modulo(values[0], values[1]) },
        "$abs": .onValues(1...1) { (values) throws(QueryError) in
            if case .int(let number) = values[0], number != .min { return .int(abs(number)) }
            return .double(abs(try number("$abs", values[0])))
        },
        "$ceil": rounding("$ceil") { $0.rounded(.up) },
        "$floor": rounding("$floor") { $0.rounded(.down) },
        "$round": .onValues(1...2) { (values) throws(QueryError) in try round("$round", values, .toNearestOrEven) },
        "$trunc": .onValues(1...2) { (values) throws(QueryError) in try round("$trunc", values, .towardZero) },
        "$sqrt": function("$sqrt", domain: { !($0 < 0) }, { $0.squareRoot() }),
        "$exp": function("$exp", exp),
        "$ln": function("$ln", domain: { !($0 <= 0) }, log),
        "$log10": function("$log10", domain: { !($0 <= 0) }, log10),
        "$log": .onValues(2...2) { (values) throws(QueryError) in
            let value = try number("$log", values[0])
            let base = try number("$log", values[1])
            guard !(value <= 0), !(base <= 0), base != 1 else { throw domainError("$log") }
            return .double(log(value) / log(base))
        },
        "$pow": .onValues(2...2) { (values) throws(QueryError) in try power(values[0], values[1]) },
    ]

    /// Numbers, and one date that milliseconds are added to.
    private static func add(_ values: [JSON]) throws(QueryError) -> JSON {
        guard let date = values.lazy.compactMap(\.dateValue).first else {
            return try values.reduceNumbers("$add", from: .int(0), Int64.addingReportingOverflow, +)
        }
        var hasDate = false
        var offset = 0.0
        for value in values {
            if case .date = value {
                if hasDate { throw QueryError(.invalidQuery, "$add takes only one date.", zh: "$add 只能有一个日期。") }
                hasDate = true
            } else {
                offset += try number("$add", value)
            }
        }
        return try shift(date, by: offset)
    }

    private static func shift(_ date: Int64, by offset: Double) throws(QueryError) -> JSON {
        guard let whole = Int64(exactly: offset.rounded()) else { throw domainError("$add") }
        let (sum, overflow) = date.addingReportingOverflow(whole)
        if overflow { throw domainError("$add") }
        return .date(sum)
    }

    private static func subtract(_ left: JSON, _ right: JSON) throws(QueryError) -> JSON {
        switch (left, right) {
        case (.date(let a), .date(let b)):
            let (difference, overflow) = a.subtractingReportingOverflow(b)
            return overflow ? .double(Double(a) - Double(b)) : .int(difference)
        case (.date(let a), _): return try shift(a, by: -(try number("$subtract", right)))
        default: return try [left, right].reduceNumbers("$subtract", from: nil, Int64.subtractingReportingOverflow, -)
        }
    }

    private static func modulo(_ left: JSON, _ right: JSON) throws(QueryError) -> JSON {
        if case .int(let a) = left, case .int(let b) = right {
            if b == 0 { throw divisionByZero("$mod") }
            return .int(b == -1 ? 0 : a % b)
        }
        let divisor = try number("$mod", right)
        if divisor == 0 { throw divisionByZero("$mod") }
        return .double((try number("$mod", left)).truncatingRemainder(dividingBy: divisor))
    }

    private static func power(_ base: JSON, _ exponent: JSON) throws(QueryError) -> JSON {
        let value = try number("$pow", base)
        let times = try number("$pow", exponent)
        if value == 0, times < 0 { throw domainError("$pow") }
        if case .int(let whole) = base, case .int(let count) = exponent, let exact = Self.power(whole, count) { return .int(exact) }
        return .double(pow(value, times))
    }

    /// Exact, or nil when it does not fit or is a fraction.
    private static func power(_ base: Int64, _ exponent: Int64) -> Int64? {
        if base == 1 || (base == -1 && exponent % 2 == 0) { return 1 }
        if base == -1 { return -1 }
        if base == 0, exponent > 0 { return 0 }
        guard (0...63).contains(exponent) else { return nil }
        var result: Int64 = 1
        for _ in 0..<exponent {
            let (product, overflow) = result.multipliedReportingOverflow(by: base)
            if overflow { return nil }
            result = product
        }
        return result
    }

    private static func rounding(_ name: String, _ round: @escaping @Sendable (Double) -> Double) -> PositionalOperator {
        .onValues(1...1) { (values) throws(QueryError) in
            if case .int = values[0] { return values[0] }
            return .double(round(try number(name, values[0])))
        }
    }

    /// Rounds to a number of decimal places (negative ones are to the left of the point).
    private static func round(_ name: String, _ values: [JSON], _ rule: FloatingPointRoundingRule) throws(QueryError) -> JSON {
        let place = values.count > 1 ? try whole(name, values[1]) : 0
        guard (-20...100).contains(place) else {
            throw OperatorError.wrongType(name, "a place from -20 to 100", "-20 到 100 之间的位数", values[1])
        }
        if case .int(let number) = values[0] { return place >= 0 ? values[0] : round(number, -place, rule) }
        let value = try number(name, values[0])
        guard place != 0 else { return .double(value.rounded(rule)) }
        return .double(DecimalDigits(value).map { $0.rounded(to: place, rule).value } ?? value)
    }

    /// Rounds the last `digits` digits of a whole number away.
    private static func round(_ number: Int64, _ digits: Int, _ rule: FloatingPointRoundingRule) -> JSON {
        guard digits <= 18 else { return .int(0) }
        var scale: Int64 = 1
        for _ in 0..<digits { scale *= 10 }
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: scale)
        var rounded = quotient
        let half = remainder.magnitude * 2
        if rule == .toNearestOrEven, half > scale.magnitude || (half == scale.magnitude && quotient % 2 != 0) { rounded += number < 0 ? -1 : 1 }
        let (product, overflow) = rounded.multipliedReportingOverflow(by: scale)
        return overflow ? .double(Double(rounded) * Double(scale)) : .int(product)
    }

    static func function(
        _ name: String, domain: @escaping @Sendable (Double) -> Bool = { _ in true }, _ function: @escaping @Sendable (Double) -> Double
    ) -> PositionalOperator {
        .onValues(1...1) { (values) throws(QueryError) in
            let value = try number(name, values[0])
            guard domain(value) else { throw domainError(name) }
            return .double(function(value))
        }
    }

    private static func divisionByZero(_ name: String) -> QueryError {
        QueryError(.invalidQuery, "\(name) divides by zero; guard it with $cond.", zh: "\(name) 除数为零；请用 $cond 判断。")
    }

    private static func domainError(_ name: String) -> QueryError {
        QueryError(.invalidQuery, "\(name) is not defined for these numbers.", zh: "\(name) 对这些数没有定义。")
    }
}

extension ExpressionOperators {
    static let trigonometry: [String: PositionalOperator] = [
        "$sin": function("$sin", domain: { !$0.isInfinite }, sin),
        "$cos": function("$cos", domain: { !$0.isInfinite }, cos),
        "$tan": function("$tan", domain: { !$0.isInfinite }, tan),
        "$asin": function("$asin", domain: { !(abs($0) > 1) }, asin),
        "$acos": function("$acos", domain: { !(abs($0) > 1) }, acos),
        "$atan": function("$atan", atan),
        "$sinh": function("$sinh", sinh),
        "$cosh": function("$cosh", cosh),
        "$tanh": function("$tanh", tanh),
        "$asinh": function("$asinh", asinh),
        "$acosh": function("$acosh", domain: { !($0 < 1) }, acosh),
        "$atanh": function("$atanh", domain: { !(abs($0) > 1) }, atanh),
        "$atan2": .onValues(2...2) { (values) throws(QueryError) in
            .double(atan2(try number("$atan2", values[0]), try number("$atan2", values[1])))
        },
        "$degreesToRadians": function("$degreesToRadians") { $0 * .pi / 180 },
        "$radiansToDegrees": function("$radiansToDegrees") { $0 * 180 / .pi },
    ]

    static let bits: [String: PositionalOperator] = [
        "$bitAnd": combining("$bitAnd", -1, &),
        "$bitOr": combining("$bitOr", 0, |),
        "$bitXor": combining("$bitXor", 0, ^),
        "$bitNot": .onValues(1...1) { (values) throws(QueryError) in .int(~(try integer("$bitNot", values[0]))) },
    ]

    private static func combining(_ name: String, _ start: Int64, _ combine: @escaping @Sendable (Int64, Int64) -> Int64) -> PositionalOperator {
        .onValues(anyNumber) { (values) throws(QueryError) in
            var result = start
            for value in values { result = combine(result, try integer(name, value)) }
            return .int(result)
        }
    }

    private static func integer(_ name: String, _ value: JSON) throws(QueryError) -> Int64 {
        guard case .int(let number) = value else { throw OperatorError.wrongType(name, "whole numbers", "整数", value) }
        return number
    }
}

/// A number as people write it: at most 15 digits, which is what a double can be trusted with.
struct DecimalDigits {
    /// Most significant first.
    private var digits: [UInt8]
    /// The power of ten of the last digit.
    private var exponent: Int
    private let isNegative: Bool

    init?(_ value: Double) {
        guard value.isFinite else { return nil }
        isNegative = value.sign == .minus
        digits = []
        exponent = 0
        var isAfterPoint = false
        var text = value.magnitude.description.utf8[...]
        while let byte = text.popFirst(), byte != UInt8(ascii: "e") {
            if byte == UInt8(ascii: ".") {
                isAfterPoint = true
            } else {
                digits.append(byte - 0x30)
                if isAfterPoint { exponent -= 1 }
            }
        }
        exponent += Int(String(decoding: text, as: UTF8.self)) ?? 0
        while digits.first == 0 { digits.removeFirst() }
        if digits.count > 15 { drop(digits.count - 15, .toNearestOrEven) }
    }

    func rounded(to place: Int, _ rule: FloatingPointRoundingRule) -> DecimalDigits {
        var copy = self
        if exponent < -place { copy.drop(-place - exponent, rule) }
        return copy
    }

    private mutating func drop(_ count: Int, _ rule: FloatingPointRoundingRule) {
        exponent += count
        let dropped: [UInt8] = Array(repeating: 0, count: max(0, count - digits.count)) + digits.suffix(count)
        digits.removeLast(min(count, digits.count))
        guard rule == .toNearestOrEven, let first = dropped.first else { return }
        let isOdd = (digits.last ?? 0) % 2 == 1
        guard first > 5 || (first == 5 && (isOdd || dropped.dropFirst().contains { $0 > 0 })) else { return }
        var place = digits.count - 1
        while place >= 0, digits[place] == 9 {
            digits[place] = 0
            place -= 1
        }
        if place >= 0 { digits[place] += 1 } else { digits.insert(1, at: 0) }
    }

    var value: Double {
        let text = (digits.isEmpty ? "0" : String(decoding: digits.map { $0 + 0x30 }, as: UTF8.self)) + "e\(exponent)"
        let magnitude = Double(text) ?? 0
        return isNegative ? -magnitude : magnitude
    }
}

extension [JSON] {
    /// Folds numbers: exactly as long as all are integers and fit, otherwise as doubles.
    func reduceNumbers(
        _ name: String, from start: JSON?, _ exact: (Int64) -> (Int64) -> (partialValue: Int64, overflow: Bool),
        _ rounded: (Double, Double) -> Double
    ) throws(QueryError) -> JSON {
        var remaining = self[...]
        var total = start ?? remaining.popFirst() ?? .int(0)
        _ = try ExpressionOperators.number(name, total)
        for value in remaining {
            if case .int(let a) = total, case .int(let b) = value {
                let (result, overflow) = exact(a)(b)
                total = overflow ? .double(rounded(Double(a), Double(b))) : .int(result)
            } else {
                total = .double(rounded(try ExpressionOperators.number(name, total), try ExpressionOperators.number(name, value)))
            }
        }
        return total
    }
}
