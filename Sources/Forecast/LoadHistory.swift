/// How many invocations an environment had in each minute of the last weeks.
///
/// A minute is known (with a count, which may be zero) or a gap: while no node ran, nothing is known, and a gap is not a zero. Days that are over
/// are kept packed (`PackedDay`), so that a quiet day costs a few bytes and a busy one 1.5 to 3 KB; only the day that is being written is open.
public struct LoadHistory: Sendable, Equatable {
    /// The largest count that a minute can have; more is stored as this.
    public static let countMax = 1 << 30
    /// Minutes from 1970 to about 3870; others come from a broken clock.
    private static let sensible: Range<Minute> = 0..<1_000_000_000
    /// How many days are kept.
    public let days: Int
    /// Packed UTC days, oldest first.
    private(set) var packed: [PackedDay] = []
    /// The newest day, a count a minute or −1 for a gap; empty before anything was recorded.
    private(set) var open: [Int32] = []
    /// The number of the open UTC day.
    private(set) var openDay = 0

    /// An empty history that keeps `weeks` (1 to 26; the forecast looks at five).
    public init(weeks: Int = 5) { days = min(26, max(1, weeks)) * 7 }

    /// Whether no minute is known.
    public var isEmpty: Bool { open.isEmpty }

    /// The minutes that can be known: from the start of the first kept UTC day to the end of the open one.
    public var span: Range<Minute> {
        guard !open.isEmpty else { return 0..<0 }
        return (packed.first?.day ?? openDay) * 1440..<(openDay + 1) * 1440
    }

    /// About how many bytes of memory the value takes.
    public var bytesInMemory: Int { open.count * 4 + packed.reduce(0) { $0 + $1.bytes.count + 64 } + 96 }

    /// Sets the count of a minute.
    ///
    /// Minutes that have already left the window, and absurd ones, are ignored.
    public mutating func record(minute: Minute, count: Int) {
        guard Self.sensible.contains(minute) else { return }
        let count = Int32(min(Self.countMax, max(0, count)))
        // Almost always it is the day that is being written.
        if minute / 1440 == openDay, !open.isEmpty { open[minute % 1440] = count } else { set(minute..<minute + 1, count) }
    }

    /// Sets minutes to zero invocations: the nodes ran and nothing came.
    ///
    /// What was recorded in the range is kept.
    public mutating func recordQuiet(_ minutes: Range<Minute>) { set(minutes.clamped(to: Self.sensible), 0, onlyGaps: true) }

    /// The count of a minute, or none if it is not known.
    ///
    /// Quick for the newest day; an older one is unpacked for it.
    public subscript(minute: Minute) -> Int? {
        let (day, place) = floored(minute, 1440)
        if day == openDay, !open.isEmpty { return open[place] < 0 ? nil : Int(open[place]) }
        guard let found = packed.first(where: { $0.day == day }) else { return nil }
        let count = found.counts()[place]
        return count < 0 ? nil : Int(count)
    }

    /// The counts of a range, −1 for minutes that are not known.
    ///
    /// At most 400 days are given.
    public func counts(in minutes: Range<Minute>) -> [Int32] {
        let range = minutes.prefix(400 * 1440)
        var result = [Int32](repeating: -1, count: range.count)
        func copy(_ day: Int, _ counts: [Int32]) {
            for minute in range.clamped(to: day * 1440..<(day + 1) * 1440) { result[minute - range.lowerBound] = counts[minute - day * 1440] }
        }
        for day in packed where range.overlaps(day.day * 1440..<(day.day + 1) * 1440) { copy(day.day, day.counts()) }
        if !open.isEmpty { copy(openDay, open) }
        return result
    }

    private mutating func set(_ minutes: Range<Minute>, _ count: Int32, onlyGaps: Bool = false) {
        guard !minutes.isEmpty else { return }
        // A year is more than any history keeps: what lies before would only be forgotten again.
        let range = max(minutes.lowerBound, minutes.upperBound - 366 * 1440)..<minutes.upperBound
        for day in range.lowerBound / 1440...(range.upperBound - 1) / 1440 {
            advance(to: day)
            guard day > openDay - days else { continue }
            let places = range.clamped(to: day * 1440..<(day + 1) * 1440).map { $0 - day * 1440 }
            if day == openDay {
                for place in places where !onlyGaps || open[place] < 0 { open[place] = count }
            } else {
                var counts = packed.first { $0.day == day }?.counts() ?? PackedDay.gaps
                for place in places where !onlyGaps || counts[place] < 0 { counts[place] = count }
                keep(PackedDay(day: day, counts: counts))
            }
        }
    }

    /// Opens a newer day: the one that was open is packed, and what leaves the window is forgotten.
    private mutating func advance(to day: Int) {
        guard open.isEmpty || day > openDay else { return }
        if !open.isEmpty { keep(PackedDay(day: openDay, counts: open)) }
        (open, openDay) = (PackedDay.gaps, day)
        packed.removeAll { $0.day <= day - days }
    }

    private mutating func keep(_ day: PackedDay) {
        if let place = packed.firstIndex(where: { $0.day >= day.day }) {
            if packed[place].day == day.day { packed[place] = day } else { packed.insert(day, at: place) }
        } else {
            packed.append(day)
        }
    }
}

extension LoadHistory {
    private static let mark: UInt32 = 0x0148_4C53  // "SLH", version 1

    /// The history as bytes, to be kept and read again with `init(bytes:)`.
    public func bytes() -> [UInt8] {
        var writer = ByteWriter(mark: Self.mark)
        let all = packed + (open.isEmpty ? [] : [PackedDay(day: openDay, counts: open)])
        writer.append(UInt(days))
        writer.append(UInt(all.count))
        for day in all {
            writer.append(UInt(day.day))
            writer.append(UInt(day.bytes.count))
            writer.append(contentsOf: day.bytes)
        }
        return writer.finished()
    }

    /// Reads what `bytes()` gave.
    public init(bytes: [UInt8]) throws(DamagedBytes) {
        var reader = try ByteReader(bytes, mark: Self.mark)
        let days = try reader.number(upTo: 26 * 7)
        guard days >= 7, days % 7 == 0 else { throw .content }
        self.init(weeks: days / 7)
        for _ in 0..<(try reader.number(upTo: days)) {
            let number = try reader.number(upTo: Self.sensible.upperBound / 1440)
            guard let day = PackedDay(day: number, bytes: Array(try reader.take(try reader.number(upTo: 8 * 1440)))) else { throw .content }
            guard packed.last.map({ $0.day < number }) ?? true else { throw .content }
            packed.append(day)
        }
        try reader.finish()
        guard let newest = packed.popLast() else { return }
        guard packed.allSatisfy({ $0.day > newest.day - days }) else { throw .content }
        (open, openDay) = (newest.counts(), newest.day)
    }
}
