public import Kernel

extension LoadReport {
    /// The report as JSON, times in milliseconds, texts in `language`.
    public func json(_ language: Language) -> JSONObject {
        [
            "end": .string(end.name), "stopReason": end.reason.map { .string($0[language]) } ?? .null, "void": .bool(isVoid),
            "voidReasons": .array(faults.map { ["code": .string($0.code), "detail": .string($0.detail[language])] }),
            "seconds": .double(seconds), "planned": .double(planned), "arrivals": .int(Int64(arrivals)), "dropped": .int(Int64(dropped)),
            "latency": .object(latency.summary()), "service": .object(service.summary()), "lag": .object(lag.summary()),
            "connectionWait": .object(connectionWait.summary()), "connectionsMost": .int(Int64(connectionsMost)),
            "processorShareMost": .double(processorShareMost), "journeys": .array(journeys.map { .object($0.json) }),
            "steps": .array(steps.map { .object($0.json) }), "perSecond": .array(perSecond.map { .object($0.json) }),
        ]
    }
}

extension LoadReport.End {
    fileprivate var name: String {
        switch self {
        case .completed: "completed"
        case .drainedTooLong: "drainedTooLong"
        case .stopped: "stopped"
        }
    }

    fileprivate var reason: Localized? { if case .stopped(let reason) = self { reason } else { nil } }
}

extension JourneyReport {
    fileprivate var json: JSONObject {
        [
            "journey": .string(journey), "started": .int(Int64(started)), "completed": .int(Int64(completed)), "accepted": .int(Int64(accepted)),
            "abandoned": .int(Int64(abandoned)), "unfinished": .int(Int64(unfinished)), "duration": .object(duration.summary()),
        ]
    }
}

extension StepReport {
    fileprivate var json: JSONObject {
        [
            "journey": .string(journey), "step": .string(step), "sent": .int(Int64(sent)), "retries": .int(Int64(retries)), "served": .int(Int64(served)),
            "accepted": Self.counts(accepted.map { ($0, $1) }), "refused": .int(Int64(refused)), "failed": .int(Int64(failed)),
            "lost": Self.counts(lost.map { ($0.rawValue, $1) }), "statuses": Self.counts(statuses.map { ("\($0)", $1) }),
            "codes": Self.counts(codes.map { ($0, $1) }), "latency": .object(latency.summary()), "service": .object(service.summary()),
            "refusal": .object(refusal.summary()),
        ]
    }

    private static func counts(_ counts: [(String, Int)]) -> JSON {
        .object(JSONObject(counts.sorted { $0.0 < $1.0 }.map { ($0.0, .int(Int64($0.1))) }))
    }
}

extension SecondReport {
    /// The second as JSON, times in milliseconds.
    public var json: JSONObject {
        [
            "second": .int(Int64(second)), "arrivals": .int(Int64(arrivals)), "dropped": .int(Int64(dropped)), "sent": .int(Int64(sent)),
            "answered": .int(Int64(answered)), "served": .int(Int64(served)), "refused": .int(Int64(refused)), "failed": .int(Int64(failed)),
            "p50Ms": LatencyHistogram.milliseconds(p50), "p99Ms": LatencyHistogram.milliseconds(p99), "lagP99Ms": LatencyHistogram.milliseconds(lagP99),
            "processorShare": .double(processorShare),
        ]
    }
}
