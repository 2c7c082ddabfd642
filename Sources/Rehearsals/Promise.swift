internal import HTTPSupport
public import Kernel

/// What a merchant has promised, or been promised: so many users a second, each of whom waits no longer than that, nearly all of them served.
public struct Promise: Sendable, Hashable {
    /// Users who arrive in a second at the peak.
    public let peak: Double
    /// What 99 of 100 requests may take at most, in milliseconds, from the moment at which the user meant to ask.
    public let p99Milliseconds: Double
    /// The share of requests that have to be served, from 0 to 1.
    public let successShare: Double

    /// A promise.
    public init(peak: Double, p99Milliseconds: Double, successShare: Double = 0.999) {
        (self.peak, self.p99Milliseconds, self.successShare) = (peak, p99Milliseconds, successShare)
    }

    init(_ request: JSONObject) throws {
        func number(_ name: String, _ range: ClosedRange<Double>, else usual: Double? = nil) throws -> Double {
            guard let value = request[name].flatMap({ $0.isNull ? nil : $0 }) else {
                if let usual { return usual }
                throw SampanError.badMember("promise.\(name)", Localized("a number", zh: "数字"))
            }
            guard let number = value.doubleValue, range.contains(number) else {
                throw SampanError.badMember(
                    "promise.\(name)",
                    Localized("a number from \(range.lowerBound) to \(range.upperBound)", zh: " \(range.lowerBound) 至 \(range.upperBound) 之间的数字"))
            }
            return number
        }
        self.init(
            peak: try number("peak", 1...100_000), p99Milliseconds: try number("p99Milliseconds", 1...60_000),
            successShare: try number("successShare", 0.5...1, else: 0.999))
    }

    /// As the management API shows it.
    public var json: JSON { ["peak": .double(peak), "p99Milliseconds": .double(p99Milliseconds), "successShare": .double(successShare)] }

    /// Whether a step kept it, at its own rate.
    func isKept(by step: StepOutcome) -> Bool { step.p99Milliseconds <= p99Milliseconds && step.successShare >= successShare }
}
