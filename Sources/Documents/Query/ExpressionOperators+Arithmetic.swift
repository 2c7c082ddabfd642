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
        "$add": .onValues(anyNumber) { (values) throws(QueryError) in try add(values) },
        "$subtract": .onValues(2...2) { (values) throws(QueryError) in try subtract(values[0], values[1]) },
        "$multiply": .onValues(anyNumber) { (values) throws(QueryError) in
            try values.reduceNumbers("$multiply", from: .int(1), Int64.multipliedReportingOverflow(by:), *)
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
        "$sqrt": function("$sqrt", domain: { $0 >= 0 }, { $0.squareRoot() }),
        "$exp": function("$exp", exp),
        "$ln": function("$ln", domain: { $0 > 0 }, log),
        "$log10": function("$log10", domain: { $0 > 0 }, log10),
        "$log": .onValues(2...2) { (values) throws(QueryError) in
            let value = try number("$log", values[0])
            let base = try number("$log", values[1])
            guard value > 0, base > 0, base != 1 else { throw domainError("$log") }
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
        let result = pow(value, times)
        if case .int = base, case .int = exponent, times >= 0, abs(result) < 0x1p53 { return .int(Int64(result)) }
        return .double(result)
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
        if case .int = values[0], place >= 0 { return values[0] }
        let value = try number(name, values[0])
        let scale = pow(10, Double(abs(place)))
        let scaled = place >= 0 ? value * scale : value / scale
        guard scaled.isFinite else { return .double(value) }
        let rounded = place >= 0 ? scaled.rounded(rule) / scale : scaled.rounded(rule) * scale
        if case .int = values[0], let whole = Int64(exactly: rounded) { return .int(whole) }
        return .double(rounded)
    }

    private static func function(
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
