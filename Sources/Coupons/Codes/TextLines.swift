internal import HTTPSupport
internal import Kernel
internal import NIOCore

/// Cuts a file that arrives in pieces into its lines.
struct TextLines {
    struct Line: Sendable {
        /// Counted from 1.
        let number: Int64
        /// Without the line's end.
        let text: String
    }

    private static let bytesMax = 4096
    private var rest: [UInt8] = []
    private var count: Int64 = 0

    /// The lines that a piece ends.
    mutating func take(_ bytes: ByteBufferView) throws -> [Line] {
        var lines: [Line] = []
        var start = bytes.startIndex
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            rest.append(contentsOf: bytes[start..<end])
            lines.append(line())
            start = bytes.index(after: end)
        }
        rest.append(contentsOf: bytes[start...])
        guard rest.count <= Self.bytesMax else { throw SampanError.badMember("body", Localized("short lines", zh: "较短的行")) }
        return lines
    }

    /// The last line, where it has no end.
    mutating func finish() -> [Line] { rest.isEmpty ? [] : [line()] }

    private mutating func line() -> Line {
        count += 1
        if rest.last == UInt8(ascii: "\r") { rest.removeLast() }
        // Spreadsheets write a mark in front.
        if count == 1, rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest.removeFirst(3) }
        defer { rest.removeAll(keepingCapacity: true) }
        return Line(number: count, text: String(decoding: rest, as: UTF8.self))
    }
}
