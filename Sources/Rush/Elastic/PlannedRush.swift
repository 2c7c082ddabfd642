internal import Forecast
internal import HTTPSupport
public import Kernel

/// A rush that somebody has announced: many users between two moments (大促, 抢购).
public struct PlannedRush: Sendable, Hashable {
    /// How much it will bring.
    public enum Size: Sendable, Hashable {
        /// So many invocations in all beside the ordinary ones, most of them soon after the start.
        case arrivals(Int64)
        /// So many a second beside the ordinary ones, all the time.
        case perSecond(Double)
    }

    static let prefix = "rush-"
    /// Deployments rest from so long before the start.
    static let freezeLead: Int64 = 10 * 60_000
    /// Workers are started so long before it.
    static let warmLead: Int64 = 120_000
    private static let daysMax: Int64 = 31
    private static let aheadDaysMax: Int64 = 400
    private static let day: Int64 = 86_400_000

    /// Names it within its environment.
    public let id: String
    /// What people call it.
    public let name: String
    /// When it begins, in milliseconds.
    public let startsAt: Int64
    /// When it is over.
    public let endsAt: Int64
    /// How much it will bring.
    public let size: Size
    /// Whether deployments rest from ten minutes before its start to its end.
    public let freezesDeployments: Bool

    init(id: String, name: String, startsAt: Int64, endsAt: Int64, size: Size, freezesDeployments: Bool) {
        self.id = id
        self.name = name
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.size = size
        self.freezesDeployments = freezesDeployments
    }

    /// Checks what somebody announces.
    init(_ request: JSONObject, now: Int64) throws {
        try request.refuseUnknown(["name", "startsAt", "endsAt", "expectedArrivals", "ratePerSecond", "freezeDeployments"], in: "rush")
        id = Self.prefix + RandomText.make(10, alphabet: RandomText.readable)
        name = try request.text("name")
        guard name.count <= 60, !name.unicodeScalars.contains(where: { $0.value < 32 }) else {
            throw SampanError.badMember("name", Localized("at most 60 characters", zh: "至多 60 个字符"))
        }
        startsAt = try Self.moment("startsAt", request)
        endsAt = try Self.moment("endsAt", request)
        guard startsAt <= now + Self.aheadDaysMax * Self.day else {
            throw SampanError.badMember("startsAt", Localized("a moment within the next \(Self.aheadDaysMax) days", zh: "未来 \(Self.aheadDaysMax) 天内的时间"))
        }
        guard endsAt > startsAt, endsAt > now, endsAt - startsAt <= Self.daysMax * Self.day else {
            throw SampanError.badMember(
                "endsAt",
                Localized("a moment after the start and after now, at most \(Self.daysMax) days later", zh: "晚于开始时间和当前时间，且相隔不超过 \(Self.daysMax) 天"))
        }
        size = try Self.size(request)
        freezesDeployments = try request.optionalBool("freezeDeployments") ?? true
    }

    private static func size(_ request: JSONObject) throws -> Size {
        let arrivals = try request.optionalInt("expectedArrivals", in: 1...1_000_000_000)
        let rate = request["ratePerSecond"].flatMap { $0.isNull ? nil : $0 }
        switch (arrivals, rate) {
        case (let arrivals?, nil): return .arrivals(Int64(arrivals))
        case (nil, let rate?):
            guard let number = rate.doubleValue, number >= 0.01, number <= 1_000_000 else {
                throw SampanError.badMember("ratePerSecond", Localized("a number from 0.01 to 1000000", zh: " 0.01 到 1000000 的数"))
            }
            return .perSecond(number)
        default:
            throw SampanError.badMember(
                "expectedArrivals", Localized("either expectedArrivals or ratePerSecond", zh: " expectedArrivals 与 ratePerSecond 二者之一"))
        }
    }

    private static func moment(_ name: String, _ request: JSONObject) throws -> Int64 {
        let value = request[name]
        let moment = value?.intValue ?? value?.dateValue ?? value?.stringValue.flatMap { DateText.milliseconds(fromISO8601: $0) }
        guard let moment, (0...4_102_444_800_000).contains(moment) else {
            throw SampanError.badMember(name, Localized("milliseconds since 1970, or ISO 8601", zh: "1970 年以来的毫秒数或 ISO 8601 时间"))
        }
        return moment
    }

    /// Whether deployments rest now.
    func freezes(at now: Int64) -> Bool { freezesDeployments && now >= startsAt - Self.freezeLead && now < endsAt }

    /// Whether its workers should be there now.
    func needsWorkers(at now: Int64) -> Bool { now >= startsAt - Self.warmLead && now < endsAt }

    /// As forecasts take it.
    var event: AnnouncedEvent {
        let (start, end) = (Minute(startsAt / 60_000), Minute((endsAt + 59_999) / 60_000))
        switch size {
        // Three quarters of the time are three half-lives: an eighth of the peak is left.
        case .arrivals(let count): return AnnouncedEvent(start: start, arrivals: Double(count), rise: 1, halfLife: max(1, Double(end - start) / 4))
        case .perSecond(let rate): return AnnouncedEvent(from: start, until: max(end, start + 1), perMinute: rate * 60)
        }
    }

    /// As the API shows it.
    public func json(now: Int64) -> JSON {
        var object: JSONObject = [
            "id": .string(id), "name": .string(name), "startsAt": .int(startsAt), "endsAt": .int(endsAt), "freezeDeployments": .bool(freezesDeployments),
        ]
        switch size {
        case .arrivals(let count): object["expectedArrivals"] = .int(count)
        case .perSecond(let rate): object["ratePerSecond"] = .double(rate)
        }
        object["status"] = .string(now >= endsAt ? "over" : now >= startsAt ? "running" : now >= startsAt - Self.freezeLead ? "near" : "planned")
        object["frozen"] = .bool(freezes(at: now))
        return .object(object)
    }
}

extension Launch {
    /// As forecasts take it: a rush of the first half hour, of at most so many.
    func event(busiestMinute: Int) -> AnnouncedEvent {
        // Of a stock that nobody will ever exhaust no more come than what three times the busiest minute known would bring in half an hour.
        let limit = max(1000, Double(busiestMinute) * 90)
        let minutes = min(30, max(1, Double(closesAt - opensAt) / 60_000))
        return AnnouncedEvent(start: Minute(opensAt / 60_000), arrivals: min(Double(count), limit), rise: 1, halfLife: max(1, minutes / 4))
    }

    /// Whether its workers should be there now.
    func needsWorkers(at now: Int64) -> Bool { now >= opensAt - PlannedRush.warmLead && now < min(closesAt, opensAt + 30 * 60_000) }
}
