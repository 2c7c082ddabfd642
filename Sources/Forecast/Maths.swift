#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The chance functions that the room needs; all are total and give finite numbers for finite input.
enum Maths {
    /// e to the power of `value`, which is clamped so that the result is finite.
    static func exponential(_ value: Double) -> Double { exp(min(600, max(-600, value))) }

    /// What is left after `time` when half is gone after `halfLife`.
    static func decay(_ time: Double, halfLife: Double) -> Double { exponential(-0.693_147_180_559_945_3 * time / max(halfLife, 1e-9)) }

    /// The smallest count that a Poisson variable with this mean exceeds with a chance of at most 1 − `share`.
    static func poissonQuantile(mean: Double, share: Double) -> Double {
        guard mean > 0 else { return 0 }
        // Above 50 the normal approximation, with the correction for skewness, is right to half a count.
        guard mean < 50 else { return mean + normalQuantile(share) * mean.squareRoot() + (normalQuantile(share) * normalQuantile(share) - 1) / 6 }
        var (count, term) = (0.0, exponential(-mean))
        var sum = term
        while sum < share, count < 200 {
            count += 1
            term *= mean / count
            sum += term
        }
        return count
    }

    /// The standard normal quantile (Abramowitz and Stegun 26.2.23; error below 5e-4), for shares within 0.0001 to 0.9999.
    static func normalQuantile(_ share: Double) -> Double {
        let clamped = min(0.9999, max(0.0001, share))
        let tail = min(clamped, 1 - clamped)
        let root = (-2 * log(tail)).squareRoot()
        let above = 2.515517 + root * (0.802853 + root * 0.010328)
        let below = 1 + root * (1.432788 + root * (0.189269 + root * 0.001308))
        let value = root - above / below
        return clamped < 0.5 ? -value : value
    }
}
