public import Kernel

/// What `$text` asks for: one of the terms, all of the phrases, none of the words and phrases with a minus.
struct TextQuery: Sendable {
    /// A word of the search, or a single character of a script without spaces, for what begins with it.
    struct Term: Sendable, Hashable {
        let term: String
        let word: String
        let isPrefix: Bool
    }

    private(set) var terms: [Term] = []
    private var refusedTerms: [Term] = []
    private var phrases: [String] = []
    private var refusedPhrases: [String] = []
    private let isCaseSensitive: Bool
    private let isDiacriticSensitive: Bool
    /// The indexed fields; nil until the store has said which they are.
    var context: TextIndexContext?

    /// The longest search.
    private static let maximumLength = 2000

    init(_ operand: JSON, context: TextIndexContext?) throws(QueryError) {
        self.context = context
        guard case .object(let members) = operand, case .string(let search)? = members["$search"],
            members.allSatisfy({ ["$search", "$language", "$caseSensitive", "$diacriticSensitive"].contains($0.key) }),
            members["$language"]?.stringValue != nil || members["$language"] == nil
        else {
            throw QueryError(
                .invalidQuery,
                "$text needs {\"$search\":\"words\"}, and may have $language, $caseSensitive and $diacriticSensitive, not \(operand.excerpt).",
                zh: "$text 需要 {\"$search\":\"词语\"}，可加 $language、$caseSensitive、$diacriticSensitive，而不是 \(operand.excerpt)。")
        }
        guard search.utf8.count <= Self.maximumLength else {
            throw QueryError(.limit, "$search can have at most \(Self.maximumLength) bytes.", zh: "$search 最多 \(Self.maximumLength) 字节。")
        }
        isCaseSensitive = try Self.flag("$caseSensitive", members)
        isDiacriticSensitive = try Self.flag("$diacriticSensitive", members)
        read(search)
    }

    private static func flag(_ name: String, _ members: JSONObject) throws(QueryError) -> Bool {
        guard let value = members[name] else { return false }
        guard let flag = value.boolValue else {
            throw QueryError(.invalidQuery, "\(name) needs true or false.", zh: "\(name) 需要 true 或 false。")
        }
        return flag
    }

    /// Quotes hold phrases; a minus before a word or a quote refuses it.
    private mutating func read(_ search: String) {
        for (place, part) in search.split(separator: "\"", omittingEmptySubsequences: false).enumerated() {
            let isQuoted = !place.isMultiple(of: 2)
            guard isQuoted else {
                readWords(part)
                continue
            }
            let before = search.prefix(upTo: part.startIndex).dropLast()
            if before.last == "-", before.dropLast().last?.isWhitespace ?? true {
                if !part.isEmpty { refusedPhrases.append(folded(String(part))) }
            } else if !part.isEmpty {
                phrases.append(folded(String(part)))
                terms += Self.terms(of: String(part))
            }
        }
    }

    private mutating func readWords(_ text: Substring) {
        for word in text.split(whereSeparator: \.isWhitespace) {
            if word.first == "-" {
                refuse(String(word.dropFirst()))
            } else {
                terms += Self.terms(of: String(word))
            }
        }
    }

    /// A word of several terms is refused as a whole: not every text with one of them is meant.
    private mutating func refuse(_ word: String) {
        let terms = Self.terms(of: word)
        if terms.count > 1 { refusedPhrases.append(folded(word)) } else { refusedTerms += terms }
    }

    private static func terms(of text: String) -> [Term] {
        TextTokens.tokens(of: text).filter { !$0.isTail }.map { token in
            var isSingle = false
            TextTokens.forEachRun(of: token.word) { run, isDense in isSingle = isDense && run.count == 1 }
            return Term(term: token.term, word: token.word, isPrefix: isSingle)
        }
    }

    private func folded(_ text: String) -> String {
        TextFolding.fold(text, case: !isCaseSensitive, diacritics: !isDiacriticSensitive)
    }
}

extension TextQuery {
    /// Where a text index has the terms, one of which every document that fits has.
    var ranges: [KeyRange] {
        KeyRange.merged(
            terms.map { term in
                KeyRange(prefix: term.isPrefix ? KeyEncoder.textStart(Array(term.term.utf8)) : KeyEncoder.encode(.value(.string(term.term))))
            })
    }

    /// How well a document fits; nil when it does not.
    ///
    /// A term counts with the weight of the field, more the oftener it stands there (each time half as much as before) and the larger its
    /// part of the field is: MongoDB's measure.
    func score(of document: JSONObject) -> Double? {
        guard let context else { return nil }
        let texts = context.texts(of: document)
        var score = 0.0
        var isFound = false
        for (text, weight) in texts {
            let tokens = TextTokens.tokens(of: text)
            if refusedTerms.contains(where: { term in tokens.contains { matches($0, term) } }) { return nil }
            for term in Set(terms) {
                let count = tokens.count { matches($0, term) }
                if count == 0 { continue }
                isFound = true
                let words = max(1, tokens.count { !$0.isTail })
                score += weight * Self.score(count: count, words: words, isWholeField: folded(text) == folded(term.word))
            }
        }
        guard isFound else { return nil }
        let foldedTexts = phrases.isEmpty && refusedPhrases.isEmpty ? [] : texts.map { folded($0.text) }
        guard phrases.allSatisfy({ phrase in foldedTexts.contains { $0.hasPart(phrase) } }),
            !refusedPhrases.contains(where: { phrase in foldedTexts.contains { $0.hasPart(phrase) } })
        else { return nil }
        return score
    }

    private static func score(count: Int, words: Int, isWholeField: Bool) -> Double {
        let frequency = 2 - (0..<min(count, 60)).reduce(2.0) { rest, _ in rest / 2 }
        let share = 0.5 * Double(count) / Double(words) + 0.5
        return frequency * share * (isWholeField ? 1.1 : 1)
    }

    /// Sensitive searches compare the words as they are written, beside the terms that the index knows.
    private func matches(_ token: TextTokens.Token, _ term: Term) -> Bool {
        let isSame = term.isPrefix ? token.term.utf8.starts(with: term.term.utf8) : token.term.hasSameBytes(as: term.term)
        guard isSame, isCaseSensitive || isDiacriticSensitive, !term.isPrefix else { return isSame }
        return folded(token.word).hasSameBytes(as: folded(term.word))
    }
}

extension String {
    /// Whether the bytes of `part` occur.
    fileprivate func hasPart(_ part: String) -> Bool {
        let (text, wanted) = (Array(utf8), Array(part.utf8))
        guard let first = wanted.first else { return true }
        guard wanted.count <= text.count else { return false }
        return (0...text.count - wanted.count).contains { text[$0] == first && text[$0...].starts(with: wanted) }
    }
}

extension Filter {
    /// Whether `$text` is asked for, which needs to know the collection's text index; see ``bound(to:)``.
    public var asksForText: Bool { condition.hasText }

    /// The same filter, which knows what is indexed: without that, nothing matches `$text`.
    ///
    /// A filter that asks for `$text` where there is no text index is refused.
    public func bound(to context: TextIndexContext?) throws(QueryError) -> Filter {
        guard condition.hasText else { return self }
        guard let context else {
            throw QueryError(
                .invalidQuery, "$text needs a text index: create one on the fields to search, or use $regex.",
                zh: "$text 需要文本索引：请在要搜索的字段上创建文本索引，或改用 $regex。")
        }
        return Filter(condition: condition.bound(to: context))
    }

    /// How well a document fits `$text`, like MongoDB's `textScore`; nil when it does not or when no text is asked for.
    public func textScore(of document: JSONObject) -> Double? { condition.textScore(of: document) }
}

extension Condition {
    fileprivate func bound(to context: TextIndexContext) -> Condition {
        switch self {
        case .text(var query):
            query.context = context
            return .text(query)
        case .every(let parts): return .every(parts.map { $0.bound(to: context) })
        case .some(let parts): return .some(parts.map { $0.bound(to: context) })
        default: return self
        }
    }

    fileprivate func textScore(of document: JSONObject) -> Double? {
        switch self {
        case .text(let query): query.score(of: document)
        case .every(let parts), .some(let parts): parts.lazy.compactMap { $0.textScore(of: document) }.first
        default: nil
        }
    }
}
