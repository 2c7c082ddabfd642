internal import Foundation

/// A text file of words, one a line and sorted by their bytes, in which a word is found without reading the file.
///
/// The file is mapped, so it takes no memory that the machine could not have back.
struct SortedWords: Sendable {
    private let file: Data

    /// `nil` when there is no such file or nothing in it.
    init?(file: URL) {
        guard let data = try? Data(contentsOf: file, options: .alwaysMapped), !data.isEmpty else { return nil }
        self.file = data
    }

    func contains(_ word: String) -> Bool {
        let wanted = Array(word.utf8)
        return file.withUnsafeBytes { bytes in
            // Both are always where a line begins or the file ends.
            var low = 0
            var high = bytes.count
            while low < high {
                let line = Self.line(at: (low + high) / 2, of: bytes)
                if bytes[line].elementsEqual(wanted) { return true }
                if bytes[line].lexicographicallyPrecedes(wanted) {
                    low = min(high, line.upperBound + 1)
                } else {
                    high = line.lowerBound
                }
            }
            return false
        }
    }

    /// The line that a byte belongs to, without its end.
    private static func line(at position: Int, of bytes: UnsafeRawBufferPointer) -> Range<Int> {
        let newline = UInt8(ascii: "\n")
        var start = position
        while start > 0, bytes[start - 1] != newline { start -= 1 }
        var end = position
        while end < bytes.count, bytes[end] != newline { end += 1 }
        return start..<end
    }
}
