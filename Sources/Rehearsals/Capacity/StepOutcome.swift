internal import Kernel

/// What one stretch of load came to: the generator's report, as far as capacity and bottleneck go by it.
struct StepOutcome: Sendable, Hashable {
    /// Users a second at the step's densest.
    let rate: Double
    let seconds: Double
    let arrivals: Int
    /// Requests that were sent, each try by itself.
    let sent: Int
    /// Requests that got what they wanted, results that the plan accepts among them.
    let served: Int
    /// Answers 429 and 503.
    let refused: Int
    let p50Milliseconds: Double
    let p99Milliseconds: Double
    /// Failures by their code, and losses by their reason.
    let codes: [String: Int]
    /// The share of a processor that the generator used in its busiest second.
    let generatorShare: Double
    /// Why the figures are worth nothing.
    let voidReasons: [String]
    let wasStopped: Bool

    /// The share of requests that got what they wanted; nothing sent is nothing served.
    var successShare: Double { sent == 0 ? 0 : Double(served) / Double(sent) }

    init(
        rate: Double, seconds: Double, arrivals: Int, sent: Int, served: Int, refused: Int = 0, p50Milliseconds: Double, p99Milliseconds: Double,
        codes: [String: Int] = [:], generatorShare: Double = 0, voidReasons: [String] = [], wasStopped: Bool = false
    ) {
        (self.rate, self.seconds, self.arrivals, self.sent, self.served, self.refused) = (rate, seconds, arrivals, sent, served, refused)
        (self.p50Milliseconds, self.p99Milliseconds, self.codes) = (p50Milliseconds, p99Milliseconds, codes)
        (self.generatorShare, self.voidReasons, self.wasStopped) = (generatorShare, voidReasons, wasStopped)
    }

    /// Reads the report of a generator, as `LoadReport.json` writes it; nil where it is none.
    init?(rate: Double, report: JSON) {
        guard let steps = report["steps"]?.arrayValue, let seconds = report["seconds"]?.doubleValue, let latency = report["latency"],
            let arrivals = report["arrivals"]?.intValue
        else { return nil }
        var (sent, served, refused) = (0, 0, 0)
        var codes: [String: Int] = [:]
        func add(_ counts: JSON?) -> Int {
            (counts?.objectValue ?? [:]).reduce(0) { sum, entry in
                codes[entry.key, default: 0] += entry.value.intValue.map { Int($0) } ?? 0
                return sum + (entry.value.intValue.map { Int($0) } ?? 0)
            }
        }
        for step in steps {
            sent += step.count("sent")
            let good = step.count("served") + (step["accepted"]?.objectValue ?? [:]).reduce(0) { $0 + Int($1.value.intValue ?? 0) }
            served += good
            refused += step.count("refused")
            _ = add(step["codes"])
            // What was given up before it got a connection was meant to be sent, too.
            sent += max(0, add(step["lost"]) - (step.count("sent") - good - step.count("refused") - step.count("failed")))
        }
        func percentile(_ wanted: Double) -> Double {
            latency["percentiles"]?.arrayValue?.first { $0["percentile"]?.doubleValue == wanted }?["ms"]?.doubleValue ?? 0
        }
        self.init(
            rate: rate, seconds: seconds, arrivals: Int(arrivals), sent: sent, served: served, refused: refused, p50Milliseconds: percentile(50),
            p99Milliseconds: percentile(99), codes: codes, generatorShare: report["processorShareMost"]?.doubleValue ?? 0,
            voidReasons: report["voidReasons"]?.arrayValue?.compactMap { $0["code"]?.stringValue } ?? [],
            wasStopped: report["end"]?.stringValue == "stopped")
    }

    func json(isKept: Bool) -> JSONObject {
        [
            "rate": .double(rate), "seconds": .double(seconds), "arrivals": .int(Int64(arrivals)), "sent": .int(Int64(sent)), "served": .int(Int64(served)),
            "refused": .int(Int64(refused)), "successShare": .double(successShare), "p50Milliseconds": .double(p50Milliseconds),
            "p99Milliseconds": .double(p99Milliseconds), "kept": .bool(isKept), "generatorShare": .double(generatorShare),
            "codes": .object(JSONObject(codes.sorted { $0.key < $1.key }.map { ($0.key, .int(Int64($0.value))) })),
            "voidReasons": .array(voidReasons.map { .string($0) }),
        ]
    }
}

extension JSON {
    fileprivate func count(_ name: String) -> Int { Int(self[name]?.intValue ?? 0) }
}
