import Kernel

/// A piece of an expression's text.
enum RuleToken: Equatable {
    case name(String)
    case text(String)
    /// A text in backquotes with `${…}`: texts and the sources of what stands between them.
    case template([TemplatePart])
    case number(JSON)
    /// An operator, bracket or comma.
    case sign(String)
    case end

    enum TemplatePart: Equatable {
        case text(String)
        case source(String)
    }

    /// As it was written, for messages.
    var shown: String {
        switch self {
        case .name(let name): name
        case .text(let text): "'\(text)'"
        case .template: "`…`"
        case .number(let number): String(decoding: number.serialized(), as: UTF8.self)
        case .sign(let sign): sign
        case .end: "the end"
        }
    }
}

/// Cuts the text of an expression into pieces.
struct RuleTokens {
    private let bytes: [UInt8]
    private var place = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    /// The longest signs first.
    private static let signs = ["===", "!==", "==", "!=", ">=", "<=", "&&", "||", ">", "<", "!", "(", ")", "[", "]", ",", ".", "+", "-"].map { Array($0.utf8) }

    /// All pieces, the end last.
    static func all(of text: String) throws(QueryError) -> [RuleToken] {
        var cutter = RuleTokens(text)
        var tokens: [RuleToken] = []
        while true {
            let token = try cutter.next()
            tokens.append(token)
            if token == .end { return tokens }
        }
    }

    private mutating func next() throws(QueryError) -> RuleToken {
        while place < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[place]) { place += 1 }
        guard place < bytes.count else { return .end }
        let byte = bytes[place]
        if Self.beginsName(byte) { return .name(take { Self.beginsName($0) || Self.isDigit($0) }) }
        if Self.isDigit(byte) { return try number() }
        switch byte {
        case UInt8(ascii: "'"), UInt8(ascii: "\""): return .text(try quoted(by: byte))
        case UInt8(ascii: "`"): return try template()
        default:
            guard let sign = Self.signs.first(where: { bytes[place...].starts(with: $0) }) else {
                throw RuleError.unexpected(String(decoding: bytes[place...].prefix(12), as: UTF8.self))
            }
            place += sign.count
            return .sign(String(decoding: sign, as: UTF8.self))
        }
    }

    private static func beginsName(_ byte: UInt8) -> Bool {
        (97...122).contains(byte) || (65...90).contains(byte) || byte == 95 || byte == 36 || byte >= 0x80
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

    private mutating func take(while fits: (UInt8) -> Bool) -> String {
        let start = place
        while place < bytes.count, fits(bytes[place]) { place += 1 }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private mutating func number() throws(QueryError) -> RuleToken {
        let text = take { Self.isDigit($0) || $0 == UInt8(ascii: ".") }
        if let whole = Int64(text) { return .number(.int(whole)) }
        guard let number = Double(text), number.isFinite else { throw RuleError.unexpected(text) }
        return .number(.double(number))
    }

    private mutating func quoted(by quote: UInt8) throws(QueryError) -> String {
        place += 1
        var text: [UInt8] = []
        while place < bytes.count, bytes[place] != quote {
            if bytes[place] == UInt8(ascii: "\\"), place + 1 < bytes.count { place += 1 }
            text.append(bytes[place])
            place += 1
        }
        guard place < bytes.count else { throw RuleError.unclosed }
        place += 1
        return String(decoding: text, as: UTF8.self)
    }

    /// Where the brace closes that was opened before `start`: one template may stand inside another.
    private func closingBrace(after start: Int) -> Int? {
        var open = 1
        for index in start..<bytes.count {
            if bytes[index] == UInt8(ascii: "{") { open += 1 }
            if bytes[index] == UInt8(ascii: "}") { open -= 1 }
            if open == 0 { return index }
        }
        return nil
    }

    private mutating func template() throws(QueryError) -> RuleToken {
        place += 1
        var parts: [RuleToken.TemplatePart] = []
        var text: [UInt8] = []
        while place < bytes.count, bytes[place] != UInt8(ascii: "`") {
            guard bytes[place...].starts(with: [UInt8(ascii: "$"), UInt8(ascii: "{")]) else {
                text.append(bytes[place])
                place += 1
                continue
            }
            guard let close = closingBrace(after: place + 2) else { throw RuleError.unclosed }
            if !text.isEmpty { parts.append(.text(String(decoding: text, as: UTF8.self))) }
            text = []
            parts.append(.source(String(decoding: bytes[(place + 2)..<close], as: UTF8.self)))
            place = close + 1
        }
        guard place < bytes.count else { throw RuleError.unclosed }
        place += 1
        if !text.isEmpty || parts.isEmpty { parts.append(.text(String(decoding: text, as: UTF8.self))) }
        return .template(parts)
    }
}

/// What can be wrong with a rule.
enum RuleError {
    static func unexpected(_ what: String) -> QueryError {
        QueryError(.invalidRule, "The rule cannot be read at \"\(what)\".", zh: "安全规则在“\(what)”处无法解析。")
    }

    static let unclosed = QueryError(.invalidRule, "A quote or bracket in the rule is not closed.", zh: "安全规则中有未闭合的引号或括号。")

    static func wrong(_ message: String, zh: String) -> QueryError { QueryError(.invalidRule, message, zh: zh) }
}
