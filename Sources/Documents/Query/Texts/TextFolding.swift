import Kernel

/// Makes letters comparable: lower case, no diacritics, half width.
enum TextFolding {
    static func fold(_ text: String, case foldsCase: Bool = true, diacritics foldsDiacritics: Bool = true) -> String {
        var folded = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            var current = halfWidth(scalar)
            if foldsDiacritics {
                if isMark(current) { continue }
                current = base(of: current)
            }
            if foldsCase {
                folded.append(contentsOf: lowerCase(current).filter { !foldsDiacritics || !isMark($0) })
            } else {
                folded.append(current)
            }
        }
        return String(folded)
    }

    private static func lowerCase(_ scalar: Unicode.Scalar) -> String.UnicodeScalarView {
        if scalar.isASCII {
            let isUpper = (0x41...0x5A).contains(scalar.value)
            return String.UnicodeScalarView([isUpper ? Unicode.Scalar(UInt8(scalar.value) | 0x20) : scalar])
        }
        return scalar.properties.lowercaseMapping.unicodeScalars
    }

    /// Letters that East Asian keyboards write at the width of an ideograph.
    private static func halfWidth(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        (0xFF01...0xFF5E).contains(scalar.value) ? Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar : scalar
    }

    static func isMark(_ scalar: Unicode.Scalar) -> Bool { (0x300...0x36F).contains(scalar.value) }

    /// The letter without what stands above, below or across it.
    private static func base(of scalar: Unicode.Scalar) -> Unicode.Scalar {
        guard scalar.value >= 0xC0, scalar.value < 0x250 || (0x1E00..<0x1F00).contains(scalar.value) else { return scalar }
        return bases[scalar] ?? scalar
    }

    /// Found by putting letters and marks together and seeing which single character that equals.
    private static let bases: [Unicode.Scalar: Unicode.Scalar] = {
        var composed: [Character: Unicode.Scalar] = [:]
        let marks = (0x300...0x331 as ClosedRange<UInt32>).compactMap { Unicode.Scalar($0) }
        for letter in "AaBbCcDdEeFfGgHhIiJjKkLlMmNnOoPpQqRrSsTtUuVvWwXxYyZz".unicodeScalars {
            for mark in marks {
                composed[Character(String(letter) + String(mark))] = letter
                for second in marks.prefix(0x24) { composed[Character(String(letter) + String(mark) + String(second))] = letter }
            }
        }
        var bases: [Unicode.Scalar: Unicode.Scalar] = ["ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ħ": "h", "Ħ": "H", "ı": "i"]
        for value in Array(0xC0..<0x250 as Range<UInt32>) + Array(0x1E00..<0x1F00) {
            guard let scalar = Unicode.Scalar(value), let letter = composed[Character(scalar)] else { continue }
            bases[scalar] = letter
        }
        return bases
    }()
}
