/// The 1,440 counts of a UTC day in few bytes: a number for each count, with runs of zeros and of gaps as one.
///
/// The two low bits of a number say what it is: 0 a count, 1 a run of zeros, 2 a run of gaps. Counts below 32 take one byte, below 4,096 two.
struct PackedDay: Sendable, Equatable {
    static let gaps = [Int32](repeating: -1, count: 1440)

    let day: Int
    let bytes: [UInt8]

    init(day: Int, counts: [Int32]) {
        var writer = ByteWriter(mark: 0)
        var place = 0
        while place < counts.count {
            let count = counts[place]
            guard count <= 0 else {
                writer.append(UInt(count) << 2)
                place += 1
                continue
            }
            let end = counts[place...].firstIndex { $0 != count } ?? counts.count
            writer.append(UInt(end - place) << 2 | (count == 0 ? 1 : 2))
            place = end
        }
        self.day = day
        bytes = Array(writer.bytes.dropFirst(4))
    }

    /// Takes stored bytes if they are one whole day.
    init?(day: Int, bytes: [UInt8]) {
        guard Self.unpacked(bytes) != nil else { return nil }
        (self.day, self.bytes) = (day, bytes)
    }

    func counts() -> [Int32] { Self.unpacked(bytes) ?? Self.gaps }

    private static func unpacked(_ bytes: [UInt8]) -> [Int32]? {
        var (counts, filled) = (gaps, 0)
        let whole = bytes.withUnsafeBufferPointer { bytes -> Bool in
            var place = 0
            while place < bytes.count {
                guard filled < 1440, let number = nextNumber(in: bytes, &place) else { return false }
                let value = Int(number >> 2)
                switch number & 3 {
                case 0 where value >= 1 && value <= LoadHistory.countMax:
                    counts[filled] = Int32(value)
                    filled += 1
                case 1 where value >= 1 && value <= 1440 - filled:
                    for minute in filled..<filled + value { counts[minute] = 0 }
                    filled += value
                case 2 where value >= 1 && value <= 1440 - filled: filled += value
                default: return false
                }
            }
            return true
        }
        return whole && filled == 1440 ? counts : nil
    }
}
