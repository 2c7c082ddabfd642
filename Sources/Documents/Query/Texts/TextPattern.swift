import Kernel

/// A regular expression that matches in time proportional to the text, whatever the pattern.
///
/// The common part of JavaScript's and PCRE's syntax, on Unicode scalars: classes, anchors, groups, alternatives, quantifiers (greedy and
/// lazy are the same here because only "does it match" is asked), `\d \w \s \b`, `\p{L}` and the flags `i m s x`. Look-around and
/// back-references need backtracking and are refused.
struct TextPattern: Sendable {
    let source: String
    let options: String
    private let program: [PatternInstruction]
    private let startsAtBeginning: Bool
    /// The whole pattern, or what an anchored pattern begins with, when it is plain text.
    private let literal: Literal?

    /// Plain text that stands for a whole pattern.
    struct Literal: Sendable {
        let bytes: [UInt8]
        let isAnchored: Bool
    }

    static let maximumLength = 512
    static let maximumProgram = 2000

    init(_ source: String, options: String) throws(QueryError) {
        self.source = source
        self.options = options
        if source.utf8.count > Self.maximumLength {
            throw QueryError(
                .limit, "A regular expression can have at most \(Self.maximumLength) bytes.", zh: "正则表达式最多 \(Self.maximumLength) 字节。")
        }
        let flags = try PatternFlags(options)
        let tree = try PatternParser(source, flags: flags).parse()
        var compiler = PatternCompiler()
        try compiler.compile(tree)
        program = compiler.finish()
        startsAtBeginning = tree.startsAtBeginning
        literal = tree.plainText.map { Literal(bytes: Array($0.text.utf8), isAnchored: $0.isAnchored) }
    }

    /// The pattern of a value.
    init(_ expression: RegularExpression) throws(QueryError) { try self.init(expression.pattern, options: expression.options) }

    /// The bytes that every matching text begins with; nil when the pattern is not anchored or begins with something else.
    var requiredPrefix: [UInt8]? {
        guard let literal, literal.isAnchored, !literal.bytes.isEmpty else { return nil }
        return literal.bytes
    }

    /// Whether the pattern matches somewhere in the text.
    func matches(_ text: String) -> Bool {
        if let literal {
            let outcome = text.utf8.withContiguousStorageIfAvailable { literal.isFound(in: $0) }
            if let outcome { return outcome }
        }
        var machine = PatternMachine(program: program, startsAtBeginning: startsAtBeginning)
        return machine.matches(text.unicodeScalars)
    }
}

extension TextPattern.Literal {
    func isFound(in text: UnsafeBufferPointer<UInt8>) -> Bool {
        if bytes.count > text.count { return false }
        if isAnchored { return text.starts(with: bytes) }
        guard let first = bytes.first else { return true }
        for start in 0...(text.count - bytes.count) where text[start] == first {
            if text[start...].starts(with: bytes) { return true }
        }
        return false
    }
}

/// The letters of `$options`.
struct PatternFlags: Sendable {
    var ignoresCase = false
    var anchorsMatchLines = false
    var dotMatchesNewline = false
    var ignoresSpace = false

    init(_ letters: String) throws(QueryError) {
        for letter in letters.unicodeScalars {
            switch letter {
            case "i": ignoresCase = true
            case "m": anchorsMatchLines = true
            case "s": dotMatchesNewline = true
            case "x": ignoresSpace = true
            // JavaScript's flags that change nothing here: a match is a match, and text is Unicode.
            case "g", "u", "y": break
            default:
                throw QueryError(
                    .invalidQuery, "Regular expressions have no option \"\(letter)\"; use i, m, s or x.",
                    zh: "正则表达式没有选项“\(letter)”；可用 i、m、s、x。")
            }
        }
    }
}
