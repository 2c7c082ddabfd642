/// Reads the text of a regular expression.
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var flags: PatternFlags
    private var position = 0
    private var depth = 0
    private var groups = 0

    /// The largest count in braces.
    static let maximumCount = 1000

    init(_ source: String, flags: PatternFlags) {
        scalars = Array(source.unicodeScalars)
        self.flags = flags
    }

    mutating func parseAll() throws(QueryError) -> PatternTree {
        if scalars.starts(with: ["(", "?"]), let end = inlineFlagsEnd() { try takeInlineFlags(to: end) }
        let tree = try parseAlternatives()
        guard position == scalars.count else { throw failure("a closing parenthesis has no opening one", "多余的右括号") }
        return tree
    }

    consuming func parse() throws(QueryError) -> PatternTree { try parseAll() }

    private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        position += 1
        return true
    }

    /// Where a leading `(?i)` ends.
    private func inlineFlagsEnd() -> Int? {
        var place = 2
        while place < scalars.count, ("a"..."z").contains(scalars[place]) { place += 1 }
        return place > 2 && place < scalars.count && scalars[place] == ")" ? place : nil
    }

    private mutating func takeInlineFlags(to end: Int) throws(QueryError) {
        let inline = try PatternFlags(String(String.UnicodeScalarView(scalars[2..<end])))
        flags.ignoresCase = flags.ignoresCase || inline.ignoresCase
        flags.anchorsMatchLines = flags.anchorsMatchLines || inline.anchorsMatchLines
        flags.dotMatchesNewline = flags.dotMatchesNewline || inline.dotMatchesNewline
        flags.ignoresSpace = flags.ignoresSpace || inline.ignoresSpace
        position = end + 1
    }

    private mutating func parseAlternatives() throws(QueryError) -> PatternTree {
        depth += 1
        defer { depth -= 1 }
        if depth > 50 { throw failure("groups are nested too deeply", "分组嵌套过深") }
        var branches = [try parseSequence()]
        while take("|") { branches.append(try parseSequence()) }
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func parseSequence() throws(QueryError) -> PatternTree {
        var parts: [PatternTree] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            if flags.ignoresSpace, skipIgnoredSpace() { continue }
            let atom = try parseAtom()
            parts.append(try parseQuantifiers(of: atom))
        }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func skipIgnoredSpace() -> Bool {
        guard let scalar = next else { return false }
        if scalar == "#" {
            while let comment = next, comment != "\n" { _ = take(comment) }
            return true
        }
        guard scalar.properties.isWhitespace else { return false }
        position += 1
        return true
    }

    private mutating func parseAtom() throws(QueryError) -> PatternTree {
        let scalar = scalars[position]
        position += 1
        switch scalar {
        case ".": return .scalar(flags.dotMatchesNewline ? .any : .anyButNewline)
        case "^": return .assertion(flags.anchorsMatchLines ? .lineStart : .textStart)
        case "$": return .assertion(flags.anchorsMatchLines ? .lineEnd : .textEndOrFinalNewline)
        case "(": return try parseGroup()
        case "[": return .scalar(.within(try parseClass()))
        case "\\": return try parseEscape()
        case "*", "+", "?": throw failure("a quantifier has nothing before it", "量词前面没有内容")
        default: return .scalar(one(scalar))
        }
    }

    private func one(_ scalar: Unicode.Scalar) -> ScalarTest {
        guard flags.ignoresCase, scalar.caseFolded != scalar || scalar.upperCased != scalar else { return .one(scalar) }
        return .oneIgnoringCase(scalar.caseFolded)
    }

    private mutating func parseGroup() throws(QueryError) -> PatternTree {
        var number: Int? = groups + 1
        if take("?") {
            if next == "<" || next == "P" {
                try takeGroupName()
            } else if take(":") {
                number = nil
            } else {
                throw QueryError(
                    .unsupported,
                    "Regular expression: look-ahead and inline options inside the pattern are not supported; rewrite \(text) without (?…).",
                    zh: "正则表达式不支持断言和中途的内联选项；请改写 \(text)，不用 (?…)。")
            }
        }
        if let number { groups = number }
        let tree = try parseAlternatives()
        guard take(")") else { throw failure("a parenthesis is not closed", "括号没有闭合") }
        return number.map { .group($0, tree) } ?? tree
    }

    /// The name of a group, which means nothing here.
    private mutating func takeGroupName() throws(QueryError) {
        _ = take("P")
        guard take("<"), let first = next, ScalarClass.isWord(first) else {
            throw QueryError(
                .unsupported, "Regular expression: look-behind is not supported; rewrite \(text) without it.",
                zh: "正则表达式不支持后行断言；请改写 \(text)。")
        }
        while let scalar = next, ScalarClass.isWord(scalar) { _ = take(scalar) }
        guard take(">") else { throw failure("a group's name is not closed", "分组名没有闭合") }
    }

    private mutating func parseQuantifiers(of atom: PatternTree) throws(QueryError) -> PatternTree {
        var tree = atom
        var isFirst = true
        while let (minimum, maximum) = try parseQuantifier() {
            if !isFirst { throw failure("two quantifiers follow each other", "量词连续出现") }
            isFirst = false
            if case .assertion = atom { throw failure("an anchor cannot be repeated", "锚点不能重复") }
            let isLazy = take("?")
            // A possessive form gives nothing back, which only matters to those that backtrack.
            if !isLazy { _ = take("+") }
            tree = .repetition(tree, minimum: minimum, maximum: maximum, isLazy: isLazy)
        }
        return tree
    }

    private mutating func parseQuantifier() throws(QueryError) -> (minimum: Int, maximum: Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        let start = position
        guard take("{") else { return nil }
        // Braces that hold no count are plain text, as in PCRE.
        guard let minimum = parseCount() else {
            position = start
            return nil
        }
        var maximum: Int? = minimum
        if take(",") { maximum = parseCount() }
        guard take("}") else {
            position = start
            return nil
        }
        if minimum > Self.maximumCount || (maximum ?? 0) > Self.maximumCount || minimum > maximum ?? minimum {
            throw failure(
                "a count must be at most \(Self.maximumCount) and not end before it starts", "重复次数最多 \(Self.maximumCount)，且上限不得小于下限")
        }
        return (minimum, maximum)
    }

    private mutating func parseCount() -> Int? {
        var value: Int?
        while let scalar = next, ("0"..."9").contains(scalar) {
            value = min((value ?? 0) * 10 + Int(scalar.value - 0x30), 1_000_000)
            position += 1
        }
        return value
    }

    private mutating func parseClass() throws(QueryError) -> ScalarClass {
        var set = ScalarClass()
        set.isNegated = take("^")
        set.ignoresCase = flags.ignoresCase
        var isFirst = true
        while let scalar = next, scalar != "]" || isFirst {
            isFirst = false
            guard let low = try parseClassItem(into: &set) else { continue }
            if next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" {
                position += 1
                guard let high = try parseClassItem(into: &set), high >= low else { throw failure("a range runs backwards", "字符范围颠倒") }
                set.ranges.append(low.value...high.value)
            } else {
                set.ranges.append(low.value...low.value)
            }
        }
        guard take("]") else { throw failure("a bracket is not closed", "方括号没有闭合") }
        return set
    }

    /// One scalar, or nil after adding a class such as `\d` to the set.
    private mutating func parseClassItem(into set: inout ScalarClass) throws(QueryError) -> Unicode.Scalar? {
        guard let scalar = next else { throw failure("a bracket is not closed", "方括号没有闭合") }
        position += 1
        guard scalar == "\\" else { return scalar }
        if next == "b" {
            position += 1
            return "\u{8}"
        }
        if let kind = try parseClassEscape() {
            set.kinds.append(kind)
            return nil
        }
        return try parseScalarEscape()
    }

    private mutating func parseEscape() throws(QueryError) -> PatternTree {
        switch next {
        case "b":
            position += 1
            return .assertion(.wordBoundary)
        case "B":
            position += 1
            return .assertion(.notWordBoundary)
        case "A":
            position += 1
            return .assertion(.textStart)
        case "z":
            position += 1
            return .assertion(.textEnd)
        case "Z":
            position += 1
            return .assertion(.textEndOrFinalNewline)
        default: break
        }
        if let kind = try parseClassEscape() {
            var set = ScalarClass()
            set.kinds.append(kind)
            return .scalar(.within(set))
        }
        return .scalar(one(try parseScalarEscape()))
    }

    private mutating func parseClassEscape() throws(QueryError) -> (kind: ScalarClass.Kind, isNegated: Bool)? {
        let found: (ScalarClass.Kind, Bool)? =
            switch next {
            case "d": (.digit, false)
            case "D": (.digit, true)
            case "w": (.word, false)
            case "W": (.word, true)
            case "s": (.space, false)
            case "S": (.space, true)
            default: nil
            }
        if let found {
            position += 1
            return found
        }
        guard next == "p" || next == "P" else { return nil }
        return try parseProperty()
    }

    private mutating func parseProperty() throws(QueryError) -> (kind: ScalarClass.Kind, isNegated: Bool) {
        let isNegated = next == "P"
        position += 1
        guard take("{") else { throw failure("a property needs braces, as in \\p{L}", "属性需要花括号，如 \\p{L}") }
        var name = ""
        while let scalar = next, scalar != "}" {
            name.unicodeScalars.append(scalar)
            position += 1
        }
        let kinds: [String: ScalarClass.Kind] = [
            "L": .letter, "Letter": .letter, "Alphabetic": .letter, "Lu": .upper, "Ll": .lower, "N": .number, "Nd": .decimal,
            "P": .punctuation,
        ]
        guard take("}"), let kind = kinds[name] else {
            throw QueryError(
                .unsupported,
                "Regular expression: of the properties only L, Lu, Ll, N, Nd and P are supported; write ranges such as [\\u4e00-\\u9fa5].",
                zh: "正则表达式只支持属性 L、Lu、Ll、N、Nd、P；其他请写范围，如 [\\u4e00-\\u9fa5]。")
        }
        return (kind, isNegated)
    }

    private mutating func parseScalarEscape() throws(QueryError) -> Unicode.Scalar {
        guard let scalar = next else { throw failure("it ends with a backslash", "以反斜杠结尾") }
        position += 1
        switch scalar {
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "f": return "\u{C}"
        case "v": return "\u{B}"
        case "0": return "\0"
        case "x": return try parseHexadecimal(digits: 2)
        case "u": return try parseHexadecimal(digits: 4)
        case "1"..."9":
            throw QueryError(
                .unsupported, "Regular expression: back-references are not supported; rewrite \(text).", zh: "正则表达式不支持反向引用；请改写 \(text)。")
        case "a"..."z", "A"..."Z": throw failure("there is no escape \\\(scalar)", "没有转义 \\\(scalar)")
        default: return scalar
        }
    }

    private mutating func parseHexadecimal(digits: Int) throws(QueryError) -> Unicode.Scalar {
        var count = digits
        let isBraced = take("{")
        if isBraced { count = 8 }
        var value: UInt32 = 0
        var taken = 0
        while taken < count, let scalar = next, let digit = Character(scalar).hexDigitValue, scalar.isASCII {
            guard value < 1 << 24 else { break }
            value = value << 4 | UInt32(digit)
            taken += 1
            position += 1
        }
        if !isBraced, taken == 4, (0xD800...0xDBFF).contains(value), let low = takeLowSurrogate() {
            value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00)
        }
        guard taken > 0, isBraced ? take("}") : taken == digits, let result = Unicode.Scalar(value) else {
            throw failure("hexadecimal digits are missing or name no character", "十六进制转义不完整或不是有效字符")
        }
        return result
    }

    private mutating func takeLowSurrogate() -> UInt32? {
        guard position + 6 <= scalars.count, scalars[position] == "\\", scalars[position + 1] == "u" else { return nil }
        let digits = String(String.UnicodeScalarView(scalars[position + 2..<position + 6]))
        guard let value = UInt32(digits, radix: 16), (0xDC00...0xDFFF).contains(value) else { return nil }
        position += 6
        return value
    }

    private var text: String { "/\(String(String.UnicodeScalarView(scalars)))/" }

    private func failure(_ reason: String, _ reasonZh: String) -> QueryError {
        QueryError(.invalidQuery, "The regular expression \(text) is not valid: \(reason).", zh: "正则表达式 \(text) 无效：\(reasonZh)。")
    }
}
