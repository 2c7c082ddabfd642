internal import Forecast
internal import Foundation
internal import Kernel

/// What is known of one function's load.
struct FunctionLoad: Sendable, Equatable {
    /// Assumed before the first invocation has ended.
    static let durationDefault = 0.2

    /// Its invocations, of which older ones count less: beside those of the others, its share.
    var weight = 0.0
    /// Mean seconds of its invocations, newer ones counting more; 0 before the first.
    var duration = 0.0
    var idle = IdleHistogram()
    /// Not kept on disk: a restart ends what runs.
    var inFlight = 0
    var lastEnd: Int64 = -1

    var meanDuration: Double { duration > 0 ? duration : Self.durationDefault }

    mutating func add(_ tally: LoadRecorder.FunctionTally) {
        weight += Double(tally.begun)
        if tally.ended > 0 {
            let mean = tally.milliseconds / Double(tally.ended) / 1000
            duration = duration > 0 ? duration + (mean - duration) * min(1, Double(tally.ended) / 50) : mean
        }
        for minutes in tally.idles { idle.record(idle: minutes) }
        (inFlight, lastEnd) = (tally.inFlight, tally.lastEnd)
    }

    /// Minutes since it had something to do; `nil` where it has, or that is not known.
    func idleMinutes(at now: Int64) -> Double? { inFlight == 0 && lastEnd >= 0 ? Double(max(0, now - lastEnd)) / 60_000 : nil }
}

/// Cold starts of the last 24 hours: those that were, and those that were not because a worker had been kept.
struct ColdStartCounts: Sendable, Equatable {
    private static let hours = 24
    private var counts: [Int: (had: Int, avoided: Int)] = [:]

    mutating func add(had: Int, avoided: Int, at now: Int64) {
        guard had + avoided > 0 else { return }
        let hour = Int(now / 3_600_000)
        let before = counts[hour] ?? (0, 0)
        counts[hour] = (before.had + had, before.avoided + avoided)
        counts = counts.filter { $0.key > hour - Self.hours }
    }

    func sums(at now: Int64) -> (had: Int, avoided: Int) {
        let hour = Int(now / 3_600_000)
        return counts.filter { (hour - Self.hours + 1...hour).contains($0.key) }.values.reduce((0, 0)) { ($0.0 + $1.had, $0.1 + $1.avoided) }
    }

    static func == (left: ColdStartCounts, right: ColdStartCounts) -> Bool { left.json == right.json }

    init() {}

    init(_ json: JSON?) {
        for item in json?.arrayValue ?? [] {
            let numbers = (item.arrayValue ?? []).compactMap(\.intValue).map { Int(clamping: $0) }
            if numbers.count == 3, counts.count < Self.hours { counts[numbers[0]] = (max(0, numbers[1]), max(0, numbers[2])) }
        }
    }

    var json: JSON {
        .array(counts.sorted { $0.key < $1.key }.map { [.int(Int64($0.key)), .int(Int64($0.value.had)), .int(Int64($0.value.avoided))] })
    }
}

/// What was forecast for each five minutes of the last day, as it was said ten minutes before.
struct SaidForecasts: Sendable, Equatable {
    static let minutes = 5
    private static let count = 289

    private var slots: [Int: (expected: Float, upper: Float)] = [:]

    /// Says what is expected of the minute `point` is about; the first that is said about a slot stays.
    mutating func say(_ minute: Minute, expected: Double, upper: Double) {
        let slot = minute / Self.minutes
        guard slots[slot] == nil else { return }
        slots[slot] = (Float(expected), Float(upper))
        if slots.count > Self.count { slots = slots.filter { $0.key > slot - Self.count } }
    }

    /// What was said about the five minutes from `minute` on.
    subscript(minute: Minute) -> (expected: Double, upper: Double)? {
        slots[minute / Self.minutes].map { (Double($0.expected), Double($0.upper)) }
    }

    static func == (left: SaidForecasts, right: SaidForecasts) -> Bool { left.json == right.json }

    init() {}

    init(_ json: JSON?) {
        for item in json?.arrayValue ?? [] {
            guard let numbers = item.arrayValue, numbers.count == 3, let slot = numbers[0].intValue, let expected = numbers[1].doubleValue,
                let upper = numbers[2].doubleValue, slots.count < Self.count, expected.isFinite, upper.isFinite
            else { continue }
            slots[Int(slot)] = (Float(expected), Float(upper))
        }
    }

    var json: JSON {
        func rounded(_ value: Float) -> JSON { .double((Double(value) * 100).rounded() / 100) }
        return .array(slots.sorted { $0.key < $1.key }.map { [.int(Int64($0.key)), rounded($0.value.expected), rounded($0.value.upper)] })
    }
}
