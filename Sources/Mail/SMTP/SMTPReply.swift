/// One answer of an SMTP server: a code and its lines (RFC 5321, 4.2).
struct SMTPReply: Sendable, Equatable {
    let code: Int
    /// Without the codes and line ends.
    let lines: [String]

    /// The lines as one, for the log.
    var text: String { lines.joined(separator: " ") }
    /// 2: done; 3: go on; 4: not now; 5: no.
    var kind: Int { code / 100 }
}

/// Cuts the bytes of a connection into replies.
struct SMTPReplyParser {
    private static let lineBytesMax = 2048
    private static let linesMax = 100

    private var line: [UInt8] = []
    private var code: Int?
    private var lines: [String] = []

    /// Whether everything that came belongs to a reply that is complete.
    var isBetweenReplies: Bool { line.isEmpty && code == nil }

    /// Takes what arrived; answers the replies that it completes.
    mutating func feed(_ bytes: some Sequence<UInt8>) throws(SMTPFailure) -> [SMTPReply] {
        var replies: [SMTPReply] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                guard line.count < Self.lineBytesMax else { throw .malformedReply("a line is too long") }
                line.append(byte)
                continue
            }
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            if let reply = try finishLine() { replies.append(reply) }
        }
        return replies
    }

    private mutating func finishLine() throws(SMTPFailure) -> SMTPReply? {
        defer { line = [] }
        let number = try number()
        guard code ?? number == number else { throw .malformedReply("the lines of a reply have different codes") }
        guard lines.count < Self.linesMax else { throw .malformedReply("a reply has too many lines") }
        lines.append(readable(line.dropFirst(4)))
        if line.count > 3, line[3] == UInt8(ascii: "-") {
            code = number
            return nil
        }
        defer { (code, lines) = (nil, []) }
        return SMTPReply(code: number, lines: lines)
    }

    private func number() throws(SMTPFailure) -> Int {
        let digits = line.prefix(3)
        let isSeparated = line.count <= 3 || line[3] == UInt8(ascii: " ") || line[3] == UInt8(ascii: "-")
        guard digits.count == 3, digits.allSatisfy({ (48...57).contains($0) }), (50...53).contains(digits[0]), isSeparated else {
            throw .malformedReply(readable(line.prefix(80)))
        }
        return digits.reduce(0) { $0 * 10 + Int($1 - 48) }
    }

    /// What the log may show: control characters become spaces.
    private func readable(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.map { $0 < 32 || $0 == 127 ? 32 : $0 }, as: UTF8.self)
    }
}
