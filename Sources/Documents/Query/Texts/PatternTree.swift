/// A parsed regular expression.
indirect enum PatternTree: Sendable {
    case empty
    case scalar(ScalarTest)
    case assertion(PatternAssertion)
    case sequence([PatternTree])
    case alternatives([PatternTree])
    /// At least `minimum` times and at most `maximum` times, or any number of times more; a lazy one as few times as possible.
    case repetition(PatternTree, minimum: Int, maximum: Int?, isLazy: Bool)
    /// What the parenthesis with that number holds; 1 is the first.
    case group(Int, PatternTree)

    /// Whether a match can only begin where the text begins.
    var startsAtBeginning: Bool {
        switch self {
        case .assertion(.textStart): true
        case .sequence(let parts): parts.first?.startsAtBeginning ?? false
        case .alternatives(let parts): parts.allSatisfy(\.startsAtBeginning)
        case .group(_, let part): part.startsAtBeginning
        default: false
        }
    }

    /// The text that the whole pattern stands for, if it is nothing but text, perhaps after `^`.
    var plainText: (text: String, isAnchored: Bool)? {
        var parts: [PatternTree] = if case .sequence(let parts) = self { parts } else { [self] }
        var isAnchored = false
        if case .assertion(.textStart)? = parts.first {
            isAnchored = true
            parts.removeFirst()
        }
        var text = String.UnicodeScalarView()
        for part in parts {
            guard case .scalar(.one(let scalar)) = part else { return nil }
            text.append(scalar)
        }
        return (String(text), isAnchored)
    }
}

/// A place between scalars.
enum PatternAssertion: Sendable {
    case textStart, textEnd
    /// The end, or before a newline that ends the text (what `$` means without the m flag in PCRE).
    case textEndOrFinalNewline
    case lineStart, lineEnd
    case wordBoundary, notWordBoundary

    func holds(before: Unicode.Scalar?, after: Unicode.Scalar?, isAfterLast: Bool) -> Bool {
        switch self {
        case .textStart: before == nil
        case .textEnd: after == nil
        case .textEndOrFinalNewline: after == nil || (after == "\n" && isAfterLast)
        case .lineStart: before == nil || before == "\n"
        case .lineEnd: after == nil || after == "\n"
        case .wordBoundary: Self.isWord(before) != Self.isWord(after)
        case .notWordBoundary: Self.isWord(before) == Self.isWord(after)
        }
    }

    private static func isWord(_ scalar: Unicode.Scalar?) -> Bool { scalar.map(ScalarClass.isWord) ?? false }
}

/// A test of one scalar.
enum ScalarTest: Sendable {
    case one(Unicode.Scalar)
    case oneIgnoringCase(Unicode.Scalar)
    case any
    case anyButNewline
    case within(ScalarClass)

    func accepts(_ scalar: Unicode.Scalar) -> Bool {
        switch self {
        case .one(let wanted): scalar == wanted
        case .oneIgnoringCase(let folded): scalar.caseFolded == folded
        case .any: true
        case .anyButNewline: scalar != "\n"
        case .within(let set): set.contains(scalar)
        }
    }
}

/// The scalars of a bracket expression or of an escape such as `\d`.
struct ScalarClass: Sendable {
    /// A named part of a class.
    enum Kind: Sendable { case digit, word, space, letter, upper, lower, number, decimal, punctuation }

    var ranges: [ClosedRange<UInt32>] = []
    var kinds: [(kind: Kind, isNegated: Bool)] = []
    var isNegated = false
    var ignoresCase = false

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        let found = holds(scalar) || (ignoresCase && (holds(scalar.caseFolded) || holds(scalar.upperCased)))
        return found != isNegated
    }

    private func holds(_ scalar: Unicode.Scalar) -> Bool {
        ranges.contains { $0.contains(scalar.value) } || kinds.contains { Self.holds(scalar, $0.kind) != $0.isNegated }
    }

    private static func holds(_ scalar: Unicode.Scalar, _ kind: Kind) -> Bool {
        switch kind {
        case .digit: ("0"..."9").contains(scalar)
        case .word: isWord(scalar)
        case .space: scalar.properties.isWhitespace || scalar == "\u{FEFF}"
        case .letter: scalar.properties.isAlphabetic
        case .upper: scalar.properties.generalCategory == .uppercaseLetter
        case .lower: scalar.properties.generalCategory == .lowercaseLetter
        case .number: scalar.properties.numericType != nil
        case .decimal: scalar.properties.generalCategory == .decimalNumber
        case .punctuation: isPunctuation(scalar)
        }
    }

    /// What `\w` means: ASCII letters, digits and the underscore, as in JavaScript.
    static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_": true
        default: false
        }
    }

    private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation, .finalPunctuation,
            .otherPunctuation:
            true
        default: false
        }
    }
}

extension Unicode.Scalar {
    /// The lower-case form when it is one scalar.
    var caseFolded: Unicode.Scalar {
        if value < 0x80 { return ("A"..."Z").contains(self) ? Unicode.Scalar(UInt8(value) + 32) : self }
        let mapped = properties.lowercaseMapping.unicodeScalars
        return mapped.count == 1 ? mapped.first ?? self : self
    }

    /// The upper-case form when it is one scalar.
    var upperCased: Unicode.Scalar {
        if value < 0x80 { return ("a"..."z").contains(self) ? Unicode.Scalar(UInt8(value) - 32) : self }
        let mapped = properties.uppercaseMapping.unicodeScalars
        return mapped.count == 1 ? mapped.first ?? self : self
    }
}
