/// Something that the calendar of campaigns knows will bring load: a coupon drop, a livestream, a push message.
public struct AnnouncedEvent: Sendable, Hashable {
    /// When it begins.
    public let start: Minute
    /// Invocations that it will bring in all, beside the ordinary ones.
    public let arrivals: Double
    /// Minutes from the start to the peak, at least 1.
    public let rise: Int
    /// Minutes after the peak in which the rate halves.
    public let halfLife: Double

    /// The minute in which it is over; none where it fades away by itself.
    public let end: Minute?

    /// An event that brings `perMinute` invocations a minute from its start to its end, which is what somebody promises who cannot say when most will come.
    public init(from start: Minute, until end: Minute, perMinute: Double) {
        self.start = min(1 << 40, max(-1 << 40, start))
        let minutes = min(525_600, max(0, min(1 << 41, max(-1 << 41, end)) - self.start))
        self.end = self.start + minutes
        (rise, halfLife) = (1, 1)
        arrivals = perMinute.isFinite ? min(1e9, max(0, perMinute)) * Double(minutes) : 0
    }

    /// An event; absurd values are clamped (arrivals to 1e9, rise to a day, half-life to a week).
    public init(start: Minute, arrivals: Double, rise: Int = 1, halfLife: Double = 20) {
        self.start = min(1 << 40, max(-1 << 40, start))
        self.arrivals = arrivals.isFinite ? min(1e9, max(0, arrivals)) : 0
        self.rise = min(1440, max(1, rise))
        self.halfLife = halfLife.isFinite ? min(10_080, max(1, halfLife)) : 20
        end = nil
    }

    /// Whether it brings anything worth counting (more than a millionth of its peak) in those minutes.
    func touches(_ minutes: Range<Minute>) -> Bool {
        guard start < minutes.upperBound else { return false }
        return end.map { $0 > minutes.lowerBound } ?? (Double(minutes.lowerBound - start - rise) < 20 * halfLife)
    }

    /// Invocations that it brings in a minute: a straight rise, then exponential decay; or the same all the time.
    public func rate(at minute: Minute) -> Double {
        guard minute >= start else { return 0 }
        if let end { return minute < end ? arrivals / Double(end - start) : 0 }
        // The area under a rise of `rise` minutes and a decay of mean length halfLife / ln 2.
        let peak = arrivals / (Double(rise) / 2 + halfLife / 0.693_147)
        let age = Double(minute - start) + 0.5
        return age < Double(rise) ? peak * age / Double(rise) : peak * Maths.decay(age - Double(rise), halfLife: halfLife)
    }
}
