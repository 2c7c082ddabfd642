internal import HTTPSupport
internal import Kernel

/// What the last minute brought an environment, second by second.
struct RushBoard: Sendable {
    /// One second: by class what was let in and what was not.
    struct Second: Sendable {
        var at: Int64
        var admitted: [RequestClass: Int] = [:]
        var waited = 0
        var shed: [RequestClass: Int] = [:]
        var reasons: [Shedding: Int] = [:]
        var longestWait: Int64 = 0

        var isEmpty: Bool { admitted.isEmpty && shed.isEmpty }
        var shedTotal: Int { shed.values.reduce(0, +) }

        mutating func add(_ kind: RequestClass, _ count: AdmissionCounts.Count) {
            if count.admitted > 0 { admitted[kind, default: 0] += count.admitted }
            let shed = count.shed.values.reduce(0, +)
            if shed > 0 { self.shed[kind, default: 0] += shed }
            reasons.merge(count.shed, uniquingKeysWith: +)
            waited += count.waited
            longestWait = max(longestWait, count.longestWait)
        }

        var json: JSON {
            [
                "at": .int(at), "admitted": Self.byClass(admitted), "waited": .int(Int64(waited)), "shed": Self.byClass(shed),
                "reasons": .object(
                    Shedding.allCases.reduce(into: [:]) { object, reason in
                        if let count = reasons[reason] { object[reason.word] = .int(Int64(count)) }
                    }), "longestWaitMilliseconds": .double(Double(longestWait) / 1000),
            ]
        }

        private static func byClass(_ counts: [RequestClass: Int]) -> JSON {
            .object(
                RequestClass.allCases.reduce(into: [:]) { object, kind in
                    if let count = counts[kind] { object[kind.word] = .int(Int64(count)) }
                })
        }
    }

    static let secondsMax = 60
    private(set) var seconds: [Second] = []
    var pressure = Pressure()

    /// Whether nothing of it need be kept.
    var isIdle: Bool { pressure.level == 0 && seconds.allSatisfy(\.isEmpty) }

    mutating func add(_ second: Second) {
        seconds.append(second)
        if seconds.count > Self.secondsMax { seconds.removeFirst() }
    }
}
