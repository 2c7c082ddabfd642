internal import HTTPSupport
internal import Kernel
internal import LoadGenerator
internal import NIOCore

/// What somebody wants rehearsed.
struct RehearsalRequest: Sendable {
    /// How long users arrive at the promised peak, in seconds, where the plan has no shape of its own.
    static let confirmSeconds = 10.0
    /// How long each step of the search for the capacity lasts, in seconds.
    static let stepSeconds = 5.0
    /// How many steps the search may have.
    static let stepsMax = 12
    /// How long a whole rehearsal may take, in seconds.
    static let secondsMax = 1800.0

    let promise: Promise
    /// Journeys, headers and settings; arrivals and users come with each step.
    let plan: JSONObject
    /// The arrivals of the promised peak; constant where the plan has none.
    let shape: JSONObject?
    /// How many times the shape's rates are meant so that it is as dense as the promise.
    let shapeTimes: Double
    let shadow: ShadowRequest
    /// Whether the capacity is looked for as well.
    let findsCapacity: Bool
    /// The highest rate that is tried.
    let rateMax: Double
    let stepSeconds: Double
    let confirmSeconds: Double
    let secondsMax: Double

    /// - Parameter listeners: The addresses on which this server listens: load goes to the first, and may be asked to go nowhere else.
    init(_ request: JSONObject, listeners: [String]) throws {
        for name in request.keys where !Self.members.contains(name) {
            throw SampanError.badMember(name, Localized("one of \(Self.members.joined(separator: ", "))", zh: "以下之一:\(Self.members.joined(separator: "、"))"))
        }
        guard let promise = request["promise"]?.objectValue else { throw SampanError.badMember("promise", Localized("an object", zh: "对象")) }
        self.promise = try Promise(promise)
        guard var plan = request["plan"]?.objectValue else { throw SampanError.badMember("plan", Localized("an object", zh: "对象")) }
        if let url = try request.optionalText("url") { _ = try RehearsalTarget(url, listeners: listeners.compactMap { SocketAddress(hostAndPort: $0) }) }
        (shape, shapeTimes) = try Self.shape(plan["arrivals"], peak: self.promise.peak)
        plan["arrivals"] = nil
        self.plan = try Self.bounded(plan, self.promise)
        // What is wrong with the journeys is told now, not when the copy has been made.
        _ = try LoadPlan(.object(Self.step(self.plan, arrivals: Self.constant(1, seconds: 1), users: UserRows.make([("", "")], beside: plan["users"]))))
        shadow = ShadowRequest(
            masked: try request.optionalList("mask")?.compactMap(\.stringValue) ?? [], prepare: try request.optionalList("prepare") ?? [])
        findsCapacity = try request.optionalBool("capacity") ?? true
        func number(_ name: String, _ range: ClosedRange<Double>, _ usual: Double) throws -> Double {
            guard let value = request[name], !value.isNull else { return usual }
            guard let number = value.doubleValue, range.contains(number) else {
                throw SampanError.badMember(name, Localized("\(range.lowerBound) to \(range.upperBound)", zh: " \(range.lowerBound) 至 \(range.upperBound)"))
            }
            return number
        }
        rateMax = try number("rateMax", self.promise.peak...1_000_000, self.promise.peak * 4)
        stepSeconds = try number("stepSeconds", 1...60, Self.stepSeconds)
        confirmSeconds = try number("confirmSeconds", 1...600, Self.confirmSeconds)
        secondsMax = try number("secondsMax", 10...Self.secondsMax, 600)
    }

    private static let members = [
        "promise", "plan", "url", "mask", "prepare", "capacity", "rateMax", "stepSeconds", "confirmSeconds", "secondsMax",
    ]

    /// The plan of one step.
    func step(arrivals: JSON, users: JSON) -> JSONObject { Self.step(plan, arrivals: arrivals, users: users) }

    static func constant(_ rate: Double, seconds: Double) -> JSON { ["shape": "constant", "rate": .double(rate), "seconds": .double(seconds)] }

    private static func step(_ plan: JSONObject, arrivals: JSON, users: JSON?) -> JSONObject {
        var step = plan
        step["arrivals"] = arrivals
        step["users"] = users
        return step
    }

    private static func shape(_ arrivals: JSON?, peak: Double) throws -> (JSONObject?, Double) {
        guard let shape = arrivals?.objectValue else { return (nil, 1) }
        let minimal: JSONObject = ["journeys": [["name": "any", "steps": [["path": "/"]]]], "arrivals": .object(shape)]
        let dense = try LoadPlan(.object(minimal)).arrivals.peakRate
        guard dense > 0 else { throw SampanError.badMember("plan.arrivals", Localized("a shape in which somebody arrives", zh: "有用户到达的形状")) }
        return (shape, peak / dense)
    }

    /// With bounds that fit the promise where the plan says none: who waits four times as long as was promised need not wait longer.
    private static func bounded(_ plan: JSONObject, _ promise: Promise) throws -> JSONObject {
        var plan = plan
        var settings = plan["settings"]?.objectValue ?? [:]
        if settings["timeoutMilliseconds"] == nil {
            settings["timeoutMilliseconds"] = .int(Int64(min(10_000, max(1000, promise.p99Milliseconds * 4))))
        }
        if settings["drainSeconds"] == nil { settings["drainSeconds"] = 15 }
        // The generator shares the machine with what it measures; a few milliseconds of its own do not spoil a promise of hundreds.
        if settings["lagP99MaxMilliseconds"] == nil { settings["lagP99MaxMilliseconds"] = .double(max(1, promise.p99Milliseconds / 10)) }
        if settings["processorShareMax"] == nil { settings["processorShareMax"] = 0.95 }
        plan["settings"] = .object(settings)
        return plan
    }
}

extension SocketAddress {
    /// The address that `127.0.0.1:9800` or `[::1]:9800` means.
    init?(hostAndPort text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]) else { return nil }
        let host = text[..<colon].trimmingBrackets
        guard let address = try? SocketAddress(ipAddress: host, port: port) else { return nil }
        self = address
    }
}

extension Substring {
    fileprivate var trimmingBrackets: String { hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : String(self) }
}
