/// What a server said to one request.
struct Answer {
    var status: Int
    /// Seconds that the server asks to wait.
    var retryAfter: Double?
    /// Whether another request may follow on the connection.
    var keepsConnection: Bool
    /// The body, as far as it is kept: at most ``bodyBytesMax``.
    var body: [UInt8] = []

    /// How much is kept, in bytes; what is beyond is read and forgotten.
    static let bodyBytesMax = 1 << 20
}

/// The head of an answer in HTTP/1.1.
struct AnswerHead {
    enum Result {
        case whole(AnswerHead)
        /// The head has not come whole.
        case more
        case malformed
    }

    /// How the body's end is known.
    enum Body: Equatable {
        case none
        case length(Int)
        case chunked
        /// It ends with the connection, which the generator does not wait for.
        case unknown
    }

    private(set) var status = 0
    private(set) var retryAfter: Double?
    private(set) var keepsConnection = true
    /// Of the head, with the empty line behind it.
    private(set) var length = 0
    private var contentLength: Int?
    private var isChunked = false

    /// A head that is longer than this is malformed, in bytes.
    static let bytesMax = 64 << 10

    var body: Body {
        if (100..<200).contains(status) || status == 204 || status == 304 { return .none }
        if isChunked { return .chunked }
        return contentLength.map { $0 == 0 ? .none : .length($0) } ?? .unknown
    }

    static func read(_ bytes: UnsafeRawBufferPointer) -> Result {
        var head = AnswerHead()
        var position = 0
        while let end = lineEnd(bytes, position) {
            if end == position, position > 0 {
                head.length = end + 2
                return .whole(head)
            }
            guard position == 0 ? head.readStatusLine(bytes, 0..<end) : head.readField(bytes, position..<end) else { return .malformed }
            position = end + 2
        }
        return bytes.count > bytesMax ? .malformed : .more
    }

    /// Where the line ends that begins at `start`, without its break; nil where the end has not come.
    private static func lineEnd(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int? {
        var place = start
        while place + 1 < bytes.count {
            if bytes[place] == 13, bytes[place + 1] == 10 { return place }
            place += 1
        }
        return nil
    }

    private mutating func readStatusLine(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) -> Bool {
        guard line.count >= 12, Self.equals(bytes, 0..<7, "http/1."), bytes[7] == 48 || bytes[7] == 49, bytes[8] == 32,
            let status = Self.number(bytes, 9..<12), (100..<600).contains(status)
        else { return false }
        self.status = status
        keepsConnection = bytes[7] == 49
        return line.count == 12 || bytes[12] == 32
    }

    private mutating func readField(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) -> Bool {
        guard let colon = bytes[line].firstIndex(of: 58), colon > line.lowerBound else { return false }
        var value = (colon + 1)..<line.upperBound
        while let first = value.first, bytes[first] == 32 || bytes[first] == 9 { value = (first + 1)..<value.upperBound }
        while let last = value.last, bytes[last] == 32 || bytes[last] == 9 { value = value.lowerBound..<last }
        let name = line.lowerBound..<colon
        switch name.count {
        case 10 where Self.equals(bytes, name, "connection"):
            if Self.equals(bytes, value, "close") { keepsConnection = false }
        case 11 where Self.equals(bytes, name, "retry-after"):
            // A date is as good as no word: no server of ours sends one.
            retryAfter = Self.number(bytes, value).map(Double.init)
        case 14 where Self.equals(bytes, name, "content-length"):
            guard contentLength == nil, let length = Self.number(bytes, value) else { return false }
            contentLength = length
        case 17 where Self.equals(bytes, name, "transfer-encoding"):
            guard Self.equals(bytes, value, "chunked") else { return false }
            isChunked = true
        default: break
        }
        return true
    }

    private static func number(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
        guard (1...15).contains(range.count), bytes[range].allSatisfy({ (48...57).contains($0) }) else { return nil }
        return bytes[range].reduce(0) { $0 * 10 + Int($1 - 48) }
    }

    /// Whether the bytes are `text`, which is in lower case, in whatever case they are.
    private static func equals(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        for (place, index) in range.enumerated() {
            let byte = bytes[index]
            guard text.utf8Start[place] == ((65...90).contains(byte) ? byte | 32 : byte) else { return false }
        }
        return true
    }
}
