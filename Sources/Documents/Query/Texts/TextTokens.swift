import Kernel

/// Divides text into the terms of a text index.
///
/// Words of letters and digits are folded (see ``TextFolding``) and an English plural loses its ending. Scripts that are written without
/// spaces, Chinese above all, give every two neighbouring characters as a term, and the last one of a row also by itself: so each character
/// begins a term, and a single one is found by what begins with it.
enum TextTokens {
    /// A term, and the word as it stands in the text.
    struct Token: Sendable {
        let term: String
        let word: String
        /// Whether the term is the last character of a longer row, which is there to be found but says nothing new.
        var isTail = false
    }

    /// Longer words are cut, so that they can be keys.
    private static let maximumTermBytes = 128

    static func tokens(of text: String) -> [Token] {
        var tokens: [Token] = []
        forEachRun(of: text) { run, isDense in
            if isDense { pairs(run, into: &tokens) } else { word(String(String.UnicodeScalarView(run)), into: &tokens) }
        }
        return tokens
    }

    /// Calls `body` with each row of letters, and whether they are of a script without spaces.
    static func forEachRun(of text: String, _ body: (ArraySlice<Unicode.Scalar>, Bool) -> Void) {
        let scalars = Array(text.unicodeScalars)
        var start = 0
        while start < scalars.count {
            let kind = Kind(scalars[start])
            var end = start + 1
            while end < scalars.count, Kind(scalars[end]) == kind || (kind != .other && Kind(scalars[end]) == .mark) { end += 1 }
            if kind == .letter || kind == .dense { body(scalars[start..<end], kind == .dense) }
            start = end
        }
    }

    private static func word(_ word: String, into tokens: inout [Token]) {
        let term = cut(stem(TextFolding.fold(word)))
        if !term.isEmpty { tokens.append(Token(term: term, word: word)) }
    }

    private static func pairs(_ run: ArraySlice<Unicode.Scalar>, into tokens: inout [Token]) {
        let characters = run.map { String($0) }
        for (first, second) in zip(characters, characters.dropFirst()) { tokens.append(Token(term: first + second, word: first + second)) }
        if let last = characters.last { tokens.append(Token(term: last, word: last, isTail: characters.count > 1)) }
    }

    /// Takes the ending of an English plural off.
    private static func stem(_ word: String) -> String {
        let bytes = Array(word.utf8)
        guard bytes.count > 3, bytes.last == UInt8(ascii: "s"), bytes.allSatisfy({ (0x61...0x7A).contains($0) }) else { return word }
        let ends = { (ending: String) in bytes.suffix(ending.utf8.count).elementsEqual(ending.utf8) }
        if ends("ies"), bytes.count > 4 { return String(word.dropLast(3)) + "y" }
        if ["sses", "shes", "ches", "xes", "zes"].contains(where: ends) { return String(word.dropLast(2)) }
        return ends("ss") || ends("us") || ends("is") ? word : String(word.dropLast())
    }

    private static func cut(_ term: String) -> String {
        guard term.utf8.count > maximumTermBytes else { return term }
        var kept = String.UnicodeScalarView()
        var size = 0
        for scalar in term.unicodeScalars {
            size += String(scalar).utf8.count
            if size > maximumTermBytes { break }
            kept.append(scalar)
        }
        return String(kept)
    }

    private enum Kind {
        case letter, dense, mark, other

        init(_ scalar: Unicode.Scalar) {
            if scalar.isASCII {
                let isWord = (0x30...0x39).contains(scalar.value) || (0x41...0x5A).contains(scalar.value & ~0x20) || scalar == "_"
                self = isWord ? .letter : .other
            } else if TextFolding.isMark(scalar) {
                self = .mark
            } else if Self.isDense(scalar.value) {
                self = .dense
            } else {
                self = scalar.properties.isAlphabetic || scalar.properties.numericType != nil ? .letter : .other
            }
        }

        /// Ideographs, kana, Hangul, and the scripts of South-East Asia.
        private static func isDense(_ value: UInt32) -> Bool {
            switch value {
            case 0x3005...0x3007, 0x3041...0x3096, 0x309D...0x309F, 0x30A1...0x30FA, 0x30FC...0x30FF, 0x3105...0x312F, 0x31A0...0x31BF,
                0x31F0...0x31FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0xAC00...0xD7A3, 0x1100...0x11FF, 0x0E01...0x0E4E,
                0x0E81...0x0EDF, 0x1000...0x104F, 0x1780...0x17D3, 0x20000...0x3FFFF:
                true
            default: false
            }
        }
    }
}
