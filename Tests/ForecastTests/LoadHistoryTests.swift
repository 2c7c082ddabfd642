import TestSupport
import Testing

@testable import Forecast

@Suite("The history of load") struct LoadHistoryTests {
    private static let start: Minute = 20_000 * 1440

    @Test func itIsWhatADictionaryWouldBe() throws {
        var (chance, history, expected) = (SeededGenerator(seed: 7), LoadHistory(weeks: 1), [Minute: Int]())
        var newest = 0
        for turn in 0..<400 {
            let minute = Self.start + turn * 60 - chance.below(6000)
            newest = max(newest, (minute + (turn % 3 == 0 ? 99 : 0)) / 1440)
            if turn % 3 == 0 {
                history.recordQuiet(minute..<minute + 100)
                for quiet in minute..<minute + 100 where expected[quiet] == nil { expected[quiet] = 0 }
            } else {
                let count = chance.choose([0, 1, 31, 32, 4095, 4096, 1_000_000])
                history.record(minute: minute, count: count)
                expected[minute] = count
            }
            expected = expected.filter { $0.key / 1440 > newest - 7 }
        }
        let all = history.counts(in: history.span)
        #expect(all.count == 7 * 1440 && !expected.isEmpty)
        for (minute, count) in zip(history.span, all) { #expect(count == expected[minute].map(Int32.init) ?? -1) }
        #expect(try LoadHistory(bytes: history.bytes()) == history)
        #expect(history[Self.start - 90_000] == nil)
    }

    @Test func aGapIsNotZero() {
        var history = LoadHistory()
        history.record(minute: Self.start + 5, count: 3)
        #expect(history[Self.start + 5] == 3 && history[Self.start + 4] == nil)
        history.recordQuiet(Self.start..<Self.start + 10)
        #expect(history[Self.start + 5] == 3 && history[Self.start + 4] == 0 && history[Self.start + 10] == nil)
    }

    @Test func quietCostsNextToNothingAndBusyIsBounded() {
        var (quiet, busy, chance) = (LoadHistory(), LoadHistory(), Chance(seed: 3))
        quiet.recordQuiet(Self.start..<Self.start + 60 * 1440)
        for minute in 0..<40 * 1440 { busy.record(minute: Self.start + minute, count: chance.poisson(200)) }
        #expect(quiet.bytesInMemory < 10_000 && quiet.bytes().count < 500)
        #expect(busy.bytesInMemory < 120_000 && busy.bytes().count < 120_000)
        #expect(busy.span.count == 35 * 1440)
    }

    @Test func whatIsTooOldOrAbsurdIsIgnored() {
        var history = LoadHistory(weeks: 1)
        history.record(minute: Self.start, count: 4)
        let before = history
        for minute in [Int.min, -1, Self.start - 8 * 1440, Int.max, 1 << 41] { history.record(minute: minute, count: 1) }
        history.recordQuiet(-50 ..< -1)
        history.recordQuiet(Int.min..<Self.start - 9 * 1440)
        #expect(history == before)
        history.record(minute: Self.start, count: .max)
        #expect(history[Self.start] == LoadHistory.countMax)
        history.record(minute: Self.start, count: -5)
        #expect(history[Self.start] == 0)
        history.recordQuiet(0..<Int.max)
        #expect(history.span.count == 7 * 1440)
    }

    @Test func damagedBytesAreRefused() throws {
        var history = LoadHistory()
        for minute in 0..<200 { history.record(minute: Self.start + minute * 60, count: minute * minute) }
        let good = history.bytes()
        #expect(try LoadHistory(bytes: good) == history)
        #expect(try LoadHistory(bytes: LoadHistory().bytes()).isEmpty)
        try refusesDamage(good) { try LoadHistory(bytes: $0) }
        // A right checksum does not make sense of nonsense.
        for day in [[0], [1 << 2 | 2], [1439 << 2 | 1], [1441 << 2 | 1], [3], [1 << 40]] as [[UInt]] {
            var writer = ByteWriter(mark: 0x0148_4C53)
            var packed = ByteWriter(mark: 0)
            for number in day { packed.append(number) }
            for number in [35, 1, 20_000, UInt(packed.bytes.count - 4)] as [UInt] { writer.append(number) }
            writer.append(contentsOf: Array(packed.bytes.dropFirst(4)))
            #expect(throws: DamagedBytes.content) { try LoadHistory(bytes: writer.finished()) }
        }
    }
}

/// Every changed byte, every shorter and one longer sequence must be refused.
func refusesDamage<Value>(_ good: [UInt8], _ read: ([UInt8]) throws -> Value) throws {
    for place in stride(from: 0, to: good.count, by: max(1, good.count / 150)) {
        var bad = good
        bad[place] ^= 0x11
        #expect(throws: DamagedBytes.self) { try read(bad) }
        #expect(throws: DamagedBytes.self) { try read(Array(good.prefix(place))) }
    }
    #expect(throws: DamagedBytes.self) { try read(good + [0]) }
    _ = try read(good)
}
