public import Kernel

extension LatencyHistogram {
    /// The percentiles of a report.
    public static let reportedPercentiles: [Double] = [50, 75, 90, 95, 99, 99.9, 99.99, 100]

    /// What a reader wants to know, in milliseconds: `{count, minMs, meanMs, maxMs, percentiles: [{percentile, ms}]}`.
    public func summary(_ percentiles: [Double] = reportedPercentiles) -> JSONObject {
        [
            "count": .int(Int64(count)), "minMs": Self.milliseconds(minimum), "meanMs": .double(mean.rounded() / 1000), "maxMs": Self.milliseconds(maximum),
            "percentiles": .array(percentiles.map { ["percentile": .double($0), "ms": Self.milliseconds(percentile($0))] }),
        ]
    }

    static func milliseconds(_ microseconds: Int64) -> JSON { .double(Double(microseconds) / 1000) }

    /// Everything, in few bytes: runs of empty buckets by their length, numbers in as many bytes as they need.
    public func encoded() -> [UInt8] {
        var out: [UInt8] = [Self.encodingVersion, UInt8(precision.rawValue)]
        for number in [minimum, maximum, sum] { Self.append(UInt64(number), to: &out) }
        var empty: UInt64 = 0
        for recorded in buckets {
            guard recorded > 0 else {
                empty += 1
                continue
            }
            if empty > 0 { Self.append(empty << 1 | 1, to: &out) }
            empty = 0
            Self.append(recorded << 1, to: &out)
        }
        return out
    }

    /// Reads what ``encoded()`` wrote; nil where it is anything else.
    public init?(encoded bytes: [UInt8]) {
        var rest = bytes[...]
        guard rest.popFirst() == Self.encodingVersion, let precision = rest.popFirst().flatMap({ Precision(rawValue: Int($0)) }),
            let minimum = Self.number(&rest), let maximum = Self.number(&rest), let sum = Self.number(&rest)
        else { return nil }
        let bucketsMax = LatencyHistogram(precision).buckets.count
        var buckets: [UInt64] = []
        while !rest.isEmpty {
            guard let item = Self.number(&rest) else { return nil }
            let (value, isEmpty) = (item >> 1, item & 1 == 1)
            guard isEmpty ? value <= bucketsMax - buckets.count : buckets.count < bucketsMax else { return nil }
            buckets.append(contentsOf: repeatElement(isEmpty ? 0 : UInt64(value), count: isEmpty ? Int(value) : 1))
        }
        self.init(precision, buckets: buckets, minimum: minimum, maximum: maximum, sum: sum)
    }

    private static let encodingVersion: UInt8 = 1

    /// Seven bits a byte, the lowest first; the eighth says that more follow.
    private static func append(_ number: UInt64, to out: inout [UInt8]) {
        var rest = number
        while rest >= 0x80 {
            out.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        out.append(UInt8(rest))
    }

    private static func number(_ bytes: inout ArraySlice<UInt8>) -> Int64? {
        var number: Int64 = 0
        for shift in stride(from: 0, to: 63, by: 7) {
            guard let byte = bytes.popFirst() else { return nil }
            number |= Int64(byte & 0x7F) << shift
            if byte < 0x80 { return number }
        }
        return nil
    }
}
