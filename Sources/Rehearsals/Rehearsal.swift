internal import Kernel

/// A rehearsal: what was promised, what was found, and how far it is.
struct Rehearsal: Sendable {
    /// How far it is.
    enum Status: String, Sendable {
        /// The copy is being made.
        case preparing
        case running
        case done
        /// By somebody, or because real users would have been hurt.
        case stopped
        case failed
        /// The server ended meanwhile.
        case interrupted
    }

    /// What a step was for.
    enum Purpose: String, Sendable { case calm, promise, search }

    /// A step with all that is known of it.
    struct Step: Sendable {
        let purpose: Purpose
        let outcome: StepOutcome
        let isKept: Bool
        let evidence: Evidence

        var json: JSON {
            var json = outcome.json(isKept: isKept)
            json.setFirst("purpose", .string(purpose.rawValue))
            for (name, value) in evidence.json { json[name] = value }
            return .object(json)
        }
    }

    let id: String
    let environment: EnvironmentID
    let promise: Promise
    let startedAt: Int64
    var status = Status.preparing
    var endedAt: Int64?
    /// Whether the promise was kept at its peak; nil while that is not known.
    var isKept: Bool?
    /// Why it ended otherwise than by itself.
    var reason: Localized?
    var steps: [Step] = []
    var bottleneck: Bottleneck?
    /// The highest rate that was kept, and the lowest that was not.
    var capacity: (kept: Double?, broken: Double?) = (nil, nil)
    /// What is being tried right now.
    var rate: Double?

    /// With texts in both languages, as it is stored.
    var json: JSONObject {
        var json: JSONObject = [
            "id": .string(id), "environment": .string(environment.text), "status": .string(status.rawValue), "startedAt": .int(startedAt),
            "promise": promise.json, "kept": isKept.map { .bool($0) } ?? .null,
        ]
        json["endedAt"] = endedAt.map { .int($0) }
        json["reason"] = reason?.both
        json["answer"] = answer.both
        json["rate"] = rate.map { .double($0) }
        json["capacity"] = ["kept": capacity.kept.map { .double($0) } ?? .null, "broken": capacity.broken.map { .double($0) } ?? .null]
        json["bottleneck"] = bottleneck?.json
        json["steps"] = .array(steps.map(\.json))
        return json
    }

    /// Yes or no, in a sentence.
    private var answer: Localized {
        let (peak, limit) = (promise.peak.short, promise.p99Milliseconds.short)
        guard let isKept, let step = steps.first(where: { $0.purpose == .promise })?.outcome else {
            return Localized("Not known yet.", zh: "尚不确定。")
        }
        let (p99, share) = (step.p99Milliseconds.short, (step.successShare * 100).short)
        return isKept
            ? Localized(
                "Yes: at \(peak) users a second, 99 of 100 requests took at most \(p99) ms (promised: \(limit) ms) and \(share) % were served.",
                zh: "能:每秒 \(peak) 个用户时,99% 的请求在 \(p99) 毫秒内完成(承诺 \(limit) 毫秒),成功率 \(share)%。")
            : Localized(
                "No: at \(peak) users a second, 1 of 100 requests took more than \(p99) ms (promised: \(limit) ms) and \(share) % were served.",
                zh: "不能:每秒 \(peak) 个用户时,1% 的请求超过 \(p99) 毫秒(承诺 \(limit) 毫秒),成功率 \(share)%。")
    }
}

extension JSON {
    /// Each text that is there in both languages, in one.
    func inLanguage(_ language: Language) -> JSON {
        switch self {
        case .object(let members):
            if members.count == 2, let english = members["en"]?.stringValue, let chinese = members["zh"]?.stringValue {
                return .string(language == .zh ? chinese : english)
            }
            return .object(JSONObject(members.map { ($0.key, $0.value.inLanguage(language)) }))
        case .array(let elements): return .array(elements.map { $0.inLanguage(language) })
        default: return self
        }
    }
}
