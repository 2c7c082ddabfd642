internal import Foundation

/// Chance that can be had again: the same numbers for the same seed (SplitMix64).
struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 to before 1.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// The wait for the next of events that come by chance, one in each unit of time on average.
    mutating func exponential() -> Double { -log(1 - unit()) }

    /// A number within `range`, all alike likely.
    mutating func uniform(_ range: ClosedRange<Double>) -> Double { range.lowerBound + unit() * (range.upperBound - range.lowerBound) }
}
