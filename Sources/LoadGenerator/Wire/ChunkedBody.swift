/// Follows a body that comes in chunks, byte by byte.
struct ChunkedBody {
    private enum State {
        /// In the line that says how long the chunk is; `digits` of it were read, and whether what comes now is an extension.
        case size(Int, digits: Int, extended: Bool)
        case sizeBreak(Int)
        case data(Int)
        case dataReturn
        case dataBreak
        /// In a line behind the last chunk, of which so much was read.
        case trailer(Int)
        case trailerBreak(Int)
        case ended
    }

    enum Result {
        case more
        case ended
        case malformed
    }

    private static let digitsMax = 12
    private var state = State.size(0, digits: 0, extended: false)

    /// Takes bytes, up to the body's end; what they hold of it goes to `keep`.
    ///
    /// - Returns: how it stands, and how many bytes were taken.
    mutating func read(_ bytes: UnsafeRawBufferPointer, keep: (UnsafeRawBufferPointer) -> Void) -> (Result, taken: Int) {
        var place = 0
        while place < bytes.count {
            if case .data(let left) = state {
                let count = min(left, bytes.count - place)
                keep(UnsafeRawBufferPointer(rebasing: bytes[place..<place + count]))
                place += count
                state = count == left ? .dataReturn : .data(left - count)
                continue
            }
            guard let next = Self.next(state, bytes[place]) else { return (.malformed, place) }
            state = next
            place += 1
            if case .ended = state { return (.ended, place) }
        }
        return (.more, place)
    }

    /// The state after a byte; nil for one that may not come there.
    private static func next(_ state: State, _ byte: UInt8) -> State? {
        switch (state, byte) {
        case (.size(let size, let digits, _), 13): digits > 0 ? .sizeBreak(size) : nil
        case (.size(let size, let digits, true), _): .size(size, digits: digits, extended: true)
        case (.size(let size, let digits, false), UInt8(ascii: ";")), (.size(let size, let digits, false), 32):
            digits > 0 ? .size(size, digits: digits, extended: true) : nil
        case (.size(let size, let digits, false), _):
            digits < digitsMax ? value(byte).map { .size(size << 4 | $0, digits: digits + 1, extended: false) } : nil
        case (.sizeBreak(let size), 10): size > 0 ? .data(size) : .trailer(0)
        case (.dataReturn, 13): .dataBreak
        case (.dataBreak, 10): .size(0, digits: 0, extended: false)
        case (.trailer(let length), 13): .trailerBreak(length)
        case (.trailer(let length), _): length < AnswerHead.bytesMax ? .trailer(length + 1) : nil
        case (.trailerBreak(let length), 10): length == 0 ? .ended : .trailer(0)
        case (.sizeBreak, _), (.dataReturn, _), (.dataBreak, _), (.trailerBreak, _), (.data, _), (.ended, _): nil
        }
    }

    private static func value(_ digit: UInt8) -> Int? {
        switch digit {
        case 48...57: Int(digit) - 48
        case 65...70: Int(digit) - 55
        case 97...102: Int(digit) - 87
        default: nil
        }
    }
}
