import Kernel
import TestSupport
import Testing

@testable import LoadGenerator

@Suite struct LatencyHistogramTests {
    /// Values as latencies are: most short, a few a thousand times as long.
    private static func values(seed: UInt64, count: Int = 2000) -> [Int64] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { _ in
            let magnitude = random.below(32)
            return Int64(random.below(1 << magnitude + 1))
        }.map { min($0, LatencyHistogram.microsecondsMax) }
    }

    @Test(arguments: [LatencyHistogram.Precision.twoDigits, .threeDigits], 1...20)
    func percentilesAreThoseOfTheSortedValues(precision: LatencyHistogram.Precision, seed: Int) {
        let values = Self.values(seed: UInt64(seed))
        var histogram = LatencyHistogram(precision)
        for value in values { histogram.record(value) }
        let sorted = values.sorted()
        for percent in [0, 0.1, 1, 25, 50, 75, 90, 99, 99.9, 99.95, 99.99, 100] {
            let rank = max(1, (percent / 100 * Double(sorted.count) - 1e-9).rounded(.up))
            let exact = sorted[Int(rank) - 1]
            let told = histogram.percentile(percent)
            #expect(told >= exact, "\(percent)")
            #expect(Double(told - exact) <= Double(exact) / Double(1 << precision.rawValue), "\(percent): \(told) for \(exact)")
        }
        #expect(histogram.count == values.count)
        #expect(histogram.minimum == sorted.first)
        #expect(histogram.maximum == sorted.last)
        #expect(abs(histogram.mean - Double(values.reduce(0, +)) / Double(values.count)) < 0.001)
    }

    @Test func smallValuesAreExact() {
        var histogram = LatencyHistogram()
        for value in 0..<2048 { histogram.record(Int64(value)) }
        for value in 1...2048 { #expect(histogram.percentile(Double(value) / 2048 * 100) == Int64(value) - 1) }
    }

    @Test func mergingIsRecordingTogether() {
        var (first, second, both) = (LatencyHistogram(), LatencyHistogram(), LatencyHistogram())
        for value in Self.values(seed: 1) { first.record(value) }
        for value in Self.values(seed: 2, count: 999) { second.record(value) }
        for value in Self.values(seed: 1) + Self.values(seed: 2, count: 999) { both.record(value) }
        first.merge(second)
        #expect(first == both)
        first.merge(LatencyHistogram())
        #expect(first == both)
        var empty = LatencyHistogram()
        empty.merge(both)
        #expect(empty == both)
    }

    @Test func anHourIsTheEnd() {
        var histogram = LatencyHistogram()
        histogram.record(.max)
        histogram.record(-5)
        #expect(histogram.maximum == LatencyHistogram.microsecondsMax)
        #expect(histogram.percentile(100) == LatencyHistogram.microsecondsMax)
        #expect(histogram.minimum == 0)
    }

    @Test func emptySaysNothing() {
        var histogram = LatencyHistogram()
        #expect(histogram.percentile(99) == 0 && histogram.mean == 0 && histogram.maximum == 0)
        histogram.record(7)
        histogram.reset()
        #expect(histogram == LatencyHistogram())
    }

    @Test(arguments: 1...5) func encodingKeepsEverything(seed: Int) throws {
        var histogram = LatencyHistogram(seed.isMultiple(of: 2) ? .twoDigits : .threeDigits)
        for value in Self.values(seed: UInt64(seed), count: seed * 100) { histogram.record(value) }
        let bytes = histogram.encoded()
        #expect(bytes.count < 2000)
        #expect(LatencyHistogram(encoded: bytes) == histogram)
        let empty = LatencyHistogram()
        #expect(LatencyHistogram(encoded: empty.encoded()) == empty)
    }

    @Test func whatIsNoEncodingIsRefused() {
        var histogram = LatencyHistogram()
        histogram.record(123_456)
        let bytes = histogram.encoded()
        #expect(LatencyHistogram(encoded: []) == nil)
        #expect(LatencyHistogram(encoded: [2] + bytes.dropFirst()) == nil)
        #expect(LatencyHistogram(encoded: [bytes[0], 99] + bytes.dropFirst(2)) == nil)
        #expect(LatencyHistogram(encoded: Array(bytes.dropLast()) + [0x80]) == nil)
        // More empty buckets than there are.
        #expect(LatencyHistogram(encoded: bytes + [0xFF, 0xFF, 0xFF, 0x7F]) == nil)
    }

    @Test func theSummaryIsInMilliseconds() {
        var histogram = LatencyHistogram()
        for value in 1...100 { histogram.record(Int64(value) * 1000) }
        let summary = histogram.summary([50, 99])
        #expect(summary["count"] == 100)
        #expect(summary["meanMs"] == 50.5)
        #expect(summary["maxMs"] == 100.0)
        #expect(summary["percentiles"]?.arrayValue?.map { $0["percentile"]?.doubleValue } == [50, 99])
        let median = summary["percentiles"]?.arrayValue?.first?["ms"]?.doubleValue ?? 0
        #expect(abs(median - 50) < 0.05)
    }
}
