internal import Foundation

/// The head of a request in HTTP/1.1, read more strictly than the decoder reads it: whatever is not written the plain way is `strange`, and nobody
/// can make this and the decoder see two different requests in the same bytes.
struct RequestScan {
    enum Result {
        case whole(RequestScan)
        /// The head has not come whole.
        case more
        case strange
    }

    /// Of the head, with the empty line behind it.
    private(set) var length = 0
    private(set) var method = 0..<0
    private(set) var target = 0..<0
    private(set) var bodyLength = 0
    /// Whether nothing in it needs a word about other origins, the connection, or a body that waits.
    private(set) var isPlain = true
    /// Whether another request may follow on the connection.
    private(set) var keepsConnection = true
    private(set) var authorization: Range<Int>?
    private(set) var acceptLanguage: Range<Int>?
    private(set) var requestID: Range<Int>?
    private(set) var environment: Range<Int>?
    private(set) var userAgent: Range<Int>?
    /// The pass of a waiting room.
    private(set) var pass: Range<Int>?
    private(set) var cookie: Range<Int>?
    private(set) var accept: Range<Int>?
    /// How long whoever asks will wait, in milliseconds.
    private(set) var patience: Range<Int>?
    /// Whether a page of another origin asks.
    private(set) var hasOrigin = false
    /// Whether the body comes only when it is asked for.
    private(set) var waitsForContinue = false
    private var hasLength = false

    static func read(_ bytes: UnsafeRawBufferPointer) -> Result {
        var scan = RequestScan()
        var position = 0
        while true {
            guard let end = lineEnd(bytes, position) else { return bytes.count > headBytesMax ? .strange : .more }
            guard end >= 0 else { return .strange }
            if end == position {
                if position == 0 { return .strange }
                scan.length = end + 2
                return .whole(scan)
            }
            guard position == 0 ? scan.readRequestLine(bytes, 0..<end) : scan.readField(bytes, position..<end) else { return .strange }
            position = end + 2
        }
    }

    private static let headBytesMax = 64 << 10

    /// Where the line ends; -1 for a line that does not end as it should; `nil` where its end has not come.
    private static func lineEnd(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int? {
        guard start < bytes.count, let base = bytes.baseAddress, let found = memchr(base + start, 13, bytes.count - start) else { return nil }
        let end = UnsafeRawPointer(found) - base
        guard end + 1 < bytes.count else { return nil }
        return bytes[end + 1] == 10 ? end : -1
    }

    private mutating func readRequestLine(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) -> Bool {
        let version = " HTTP/1.1"
        guard line.count > version.utf8.count + 3, Self.equals(bytes, (line.upperBound - version.utf8.count)..<line.upperBound, version, ignoringCase: false)
        else { return false }
        let rest = line.lowerBound..<(line.upperBound - version.utf8.count)
        guard let space = bytes[rest].firstIndex(of: 32) else { return false }
        (method, target) = (rest.lowerBound..<space, (space + 1)..<rest.upperBound)
        // CONNECT takes the connection over.
        return !method.isEmpty && !target.isEmpty && bytes[method].allSatisfy { (65...90).contains($0) } && bytes[target].allSatisfy { (33...126).contains($0) }
            && !Self.equals(bytes, method, "CONNECT", ignoringCase: false)
    }

    private mutating func readField(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) -> Bool {
        guard let colon = bytes[line].firstIndex(of: 58), colon > line.lowerBound else { return false }
        let name = line.lowerBound..<colon
        guard bytes[name].allSatisfy(Self.isToken) else { return false }
        var value = (colon + 1)..<line.upperBound
        while let first = value.first, bytes[first] == 32 || bytes[first] == 9 { value = (first + 1)..<value.upperBound }
        while let last = value.last, bytes[last] == 32 || bytes[last] == 9 { value = value.lowerBound..<last }
        guard bytes[value].allSatisfy({ $0 >= 32 && $0 != 127 || $0 == 9 }) else { return false }
        return note(bytes, name, value)
    }

    private mutating func note(_ bytes: UnsafeRawBufferPointer, _ name: Range<Int>, _ value: Range<Int>) -> Bool {
        func named(_ other: String) -> Bool { Self.equals(bytes, name, other, ignoringCase: true) }
        switch name.count {
        // A browser's session is the ordinary way's.
        case 6 where named("origin"): (isPlain, hasOrigin) = (false, true)
        case 6 where named("expect"): (isPlain, waitsForContinue) = (false, true)
        case 6 where named("cookie"):
            isPlain = false
            keep(value, \.cookie)
        case 6 where named("accept"): if accept == nil { accept = value }
        case 15 where named("idempotency-key"): isPlain = false
        // Behind it there may be no HTTP.
        case 7 where named("upgrade"), 17 where named("transfer-encoding"): return false
        case 10 where named("connection"): if !Self.equals(bytes, value, "keep-alive", ignoringCase: true) { (isPlain, keepsConnection) = (false, false) }
        case 10 where named("user-agent"): keep(value, \.userAgent)
        case 12 where named("x-request-id"): keep(value, \.requestID)
        case 12 where named("x-sampan-env"): keep(value, \.environment)
        case 13 where named("x-sampan-pass"): keep(value, \.pass)
        case 16 where named("x-sampan-timeout"): keep(value, \.patience)
        case 13 where named("authorization"): keep(value, \.authorization)
        case 14 where named("content-length"): return readLength(bytes, value)
        case 15 where named("accept-language"): keep(value, \.acceptLanguage)
        default: break
        }
        return true
    }

    /// What is said twice is for the ordinary way to understand.
    private mutating func keep(_ value: Range<Int>, _ field: WritableKeyPath<RequestScan, Range<Int>?>) {
        if self[keyPath: field] != nil { isPlain = false }
        self[keyPath: field] = value
    }

    private mutating func readLength(_ bytes: UnsafeRawBufferPointer, _ value: Range<Int>) -> Bool {
        guard !hasLength, (1...15).contains(value.count), bytes[value].allSatisfy({ (48...57).contains($0) }) else { return false }
        hasLength = true
        bodyLength = bytes[value].reduce(0) { $0 * 10 + Int($1 - 48) }
        return true
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, 45, 95, 33, 35...39, 42, 43, 46, 94, 96, 124, 126: true
        default: false
        }
    }

    static func equals(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ text: String, ignoringCase: Bool) -> Bool {
        guard range.count == text.utf8.count else { return false }
        for (index, expected) in zip(range, text.utf8) {
            let byte = bytes[index]
            guard byte == expected || ignoringCase && (65...90).contains(byte) && byte | 32 == expected else { return false }
        }
        return true
    }
}

/// Follows the bytes of requests that go the ordinary way, to know where the next one begins.
struct RequestBounds {
    private enum State {
        case between
        /// A head of which so much has come, in so many pieces.
        case head([UInt8], pieces: Int)
        /// So much of a body is still to come.
        case body(Int)
        /// Where the next request begins only the decoder knows; for good.
        case lost
    }

    /// A head in more pieces than this is not followed: each piece is another look at all of it.
    private static let piecesMax = 64
    private var state = State.between

    /// Whether the next byte begins a request.
    var isBetween: Bool { if case .between = state { true } else { false } }

    /// Whether a head has begun to come.
    var isInHead: Bool { if case .head = state { true } else { false } }

    /// How much of a body is still to come.
    var bodyLeft: Int? { if case .body(let length) = state { length } else { nil } }

    /// Takes note of bytes that go on to the decoder.
    mutating func pass(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while !rest.isEmpty {
            switch state {
            case .lost: return
            case .body(let length):
                let count = min(length, rest.count)
                state = count == length ? .between : .body(length - count)
                rest = .init(rebasing: rest.dropFirst(count))
            case .between:
                guard let taken = passHead(rest, known: 0, pieces: 1) else { return }
                rest = .init(rebasing: rest.dropFirst(taken))
            case .head(let before, let pieces):
                let together = before + rest
                guard let taken = together.withUnsafeBytes({ passHead($0, known: before.count, pieces: pieces + 1) }) else { return }
                rest = .init(rebasing: rest.dropFirst(taken))
            }
        }
    }

    /// - Returns: how many of the bytes behind the `known` ones were the head's; `nil` where nothing is left to look at.
    private mutating func passHead(_ bytes: UnsafeRawBufferPointer, known: Int, pieces: Int) -> Int? {
        switch RequestScan.read(bytes) {
        case .whole(let scan) where !scan.keepsConnection:
            state = .lost
            return nil
        case .whole(let scan):
            state = scan.bodyLength > 0 ? .body(scan.bodyLength) : .between
            return scan.length - known
        case .more where pieces < Self.piecesMax:
            state = .head(Array(bytes), pieces: pieces)
            return nil
        case .more, .strange:
            state = .lost
            return nil
        }
    }
}
