internal import Forecast
internal import Kernel

/// When this node ran: what nobody saw is a gap in a history, not a quiet time.
struct UpTimes: Sendable, Equatable {
    /// Longer without a sign of life and the node was not there: it was stopped, or the machine slept.
    private static let silenceMax = 2
    private static let rangesMax = 500

    /// Whole minutes, oldest first.
    private(set) var ranges: [Range<Minute>] = []

    /// The node runs in this minute, which has therefore not been seen whole.
    mutating func runs(at minute: Minute) {
        if let last = ranges.last, minute < last.upperBound { return }
        if let last = ranges.last, minute <= last.upperBound + Self.silenceMax, !isFresh {
            ranges[ranges.count - 1] = last.lowerBound..<minute
        } else {
            isFresh = false
            ranges.append(minute + 1..<minute + 1)
        }
        ranges.removeAll { $0.upperBound < minute - 36 * 1440 }
        if ranges.count > Self.rangesMax { ranges.removeFirst(ranges.count - Self.rangesMax) }
    }

    /// What of a range was seen.
    func seen(in range: Range<Minute>) -> [Range<Minute>] { ranges.filter { $0.overlaps(range) }.map { $0.clamped(to: range) } }

    /// Whether nothing was said since the node started: what it wrote down before does not go on.
    private var isFresh = true

    init() {}

    init(_ json: JSON?) {
        for pair in json?.arrayValue ?? [] {
            guard let from = pair.arrayValue?.first?.intValue, let to = pair.arrayValue?.last?.intValue, from >= 0, from <= to, to < 1_000_000_000,
                Int(from) >= ranges.last?.upperBound ?? 0
            else { continue }
            ranges.append(Int(from)..<Int(to))
        }
    }

    var json: JSON { .array(ranges.map { [.int(Int64($0.lowerBound)), .int(Int64($0.upperBound))] }) }
}
