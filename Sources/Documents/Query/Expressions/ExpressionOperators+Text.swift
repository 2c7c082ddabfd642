import Kernel

extension ExpressionOperators {
    static let text: [String: PositionalOperator] = [
        "$concat": .onValues(anyNumber) { (values) throws(QueryError) in
            var result = ""
            for value in values { result += try string("$concat", value) }
            return .string(result)
        },
        "$toUpper": PositionalOperator(1...1) { (values) throws(QueryError) in
            .string(changingCase(try lenientText("$toUpper", values[0]), \.upperCased))
        },
        "$toLower": PositionalOperator(1...1) { (values) throws(QueryError) in
            .string(changingCase(try lenientText("$toLower", values[0]), \.caseFolded))
        },
        "$strcasecmp": PositionalOperator(2...2) { (values) throws(QueryError) in
            let left = changingCase(try lenientText("$strcasecmp", values[0]), \.caseFolded)
            return .int(Int64(left.bytePrecedence(to: changingCase(try lenientText("$strcasecmp", values[1]), \.caseFolded)).rawValue))
        },
        "$strLenBytes": PositionalOperator(1...1) { (values) throws(QueryError) in
            .int(Int64(try string("$strLenBytes", values[0] ?? .null).utf8.count))
        },
        "$strLenCP": PositionalOperator(1...1) { (values) throws(QueryError) in
            .int(Int64(try string("$strLenCP", values[0] ?? .null).unicodeScalars.count))
        },
        "$substr": substringOfBytes("$substr"),
        "$substrBytes": substringOfBytes("$substrBytes"),
        "$substrCP": PositionalOperator(3...3) { (values) throws(QueryError) in
            let scalars = try lenientText("$substrCP", values[0]).unicodeScalars
            let start = try place("$substrCP", values[1])
            let count = try place("$substrCP", values[2])
            return .string(String(String.UnicodeScalarView(scalars.dropFirst(start).prefix(count))))
        },
        "$split": .onValues(2...2) { (values) throws(QueryError) in
            let separator = try string("$split", values[1])
            if separator.isEmpty { throw QueryError(.invalidQuery, "$split needs a separator that is not empty.", zh: "$split 的分隔符不能为空。") }
            return .array(split(try string("$split", values[0]), by: separator))
        },
        "$indexOfBytes": finding("$indexOfBytes") { Array($0.utf8) },
        "$indexOfCP": finding("$indexOfCP") { Array($0.unicodeScalars) },
    ]

    static let namedText: [String: NamedOperator] = [
        "$trim": trimming("$trim", atStart: true, atEnd: true),
        "$ltrim": trimming("$ltrim", atStart: true, atEnd: false),
        "$rtrim": trimming("$rtrim", atStart: false, atEnd: true),
        "$replaceOne": replacing("$replaceOne", all: false),
        "$replaceAll": replacing("$replaceAll", all: true),
    ]

    /// Null is the empty text; numbers and dates are written out.
    private static func lenientText(_ name: String, _ value: JSON?) throws(QueryError) -> String {
        switch value {
        case nil, .null: return ""
        case .string(let text)?: return text
        case .int?, .double?: return (value ?? .null).text
        case .date(let milliseconds)?: return DateText.iso8601(fromMilliseconds: milliseconds)
        case let other?: throw OperatorError.wrongType(name, "a string", "字符串", other)
        }
    }

    private static func changingCase(_ text: String, _ change: (Unicode.Scalar) -> Unicode.Scalar) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map(change)))
    }

    /// Counts bytes; a cut inside a character is refused.
    ///
    /// A negative count means the rest.
    private static func substringOfBytes(_ name: String) -> PositionalOperator {
        PositionalOperator(3...3) { (values) throws(QueryError) in
            let bytes = Array(try lenientText(name, values[0]).utf8)
            let start = try whole(name, values[1] ?? .null)
            let count = try whole(name, values[2] ?? .null)
            guard start >= 0, start <= bytes.count else { return "" }
            let end = count < 0 ? bytes.count : min(bytes.count, start + count)
            guard let text = String(validating: bytes[start..<end], as: UTF8.self) else {
                throw QueryError(.invalidQuery, "\(name) would cut a character in two; use $substrCP.", zh: "\(name) 会截断字符；请用 $substrCP。")
            }
            return .string(text)
        }
    }

    private static func split(_ text: String, by separator: String) -> [JSON] {
        let bytes = Array(text.utf8)
        let wanted = Array(separator.utf8)
        var parts: [JSON] = []
        var start = 0
        while let found = firstIndex(of: wanted, in: bytes, from: start, to: bytes.count) {
            parts.append(.string(String(decoding: bytes[start..<found], as: UTF8.self)))
            start = found + wanted.count
        }
        parts.append(.string(String(decoding: bytes[start...], as: UTF8.self)))
        return parts
    }

    /// Where `wanted` begins in `elements[start..<end]`.
    private static func firstIndex<Element: Equatable>(of wanted: [Element], in elements: [Element], from start: Int, to end: Int) -> Int? {
        guard start >= 0, end - wanted.count >= start else { return nil }
        return (start...(end - wanted.count)).first { elements[$0..<$0 + wanted.count].elementsEqual(wanted) }
    }

    private static func finding<Unit: Equatable & SendableMetatype>(_ name: String, _ units: @escaping @Sendable (String) -> [Unit])
        -> PositionalOperator
    {
        PositionalOperator(2...4) { (values) throws(QueryError) in
            guard let text = values[0], !text.isNull else { return .null }
            let elements = units(try string(name, text))
            let start = values.count > 2 ? try place(name, values[2]) : 0
            let end = values.count > 3 ? try place(name, values[3]) : elements.count
            let found = firstIndex(of: units(try string(name, values[1] ?? .null)), in: elements, from: start, to: min(end, elements.count))
            return .int(Int64(found ?? -1))
        }
    }

    private static func trimming(_ name: String, atStart: Bool, atEnd: Bool) -> NamedOperator {
        NamedOperator(required: ["input"], optional: ["chars"]) { (values) throws(QueryError) in
            guard let input = values["input"], !input.isNull, !(values["chars"]?.isNull ?? false) else { return .null }
            var scalars = try string(name, input).unicodeScalars[...]
            let removed = try values["chars"].map { (value: JSON) throws(QueryError) in Set(try string(name, value).unicodeScalars) }
            let isRemoved = { (scalar: Unicode.Scalar) in removed?.contains(scalar) ?? (scalar.properties.isWhitespace || scalar == "\0") }
            if atStart { scalars = scalars.drop(while: isRemoved) }
            if atEnd { while let last = scalars.last, isRemoved(last) { scalars.removeLast() } }
            return .string(String(scalars))
        }
    }

    private static func replacing(_ name: String, all: Bool) -> NamedOperator {
        NamedOperator(required: ["input", "find", "replacement"], optional: []) { (values) throws(QueryError) in
            guard let input = values["input"], let find = values["find"], let replacement = values["replacement"],
                ![input, find, replacement].contains(.null)
            else { return .null }
            let wanted = try string(name, find)
            guard !wanted.isEmpty else { throw OperatorError.wrongType(name, "text to find", "非空的查找文本", find) }
            let parts = split(try string(name, input), by: wanted).compactMap(\.stringValue)
            let new = try string(name, replacement)
            if all { return .string(parts.joined(separator: new)) }
            guard parts.count > 1 else { return input }
            return .string(parts[0] + new + parts[1...].joined(separator: wanted))
        }
    }
}
