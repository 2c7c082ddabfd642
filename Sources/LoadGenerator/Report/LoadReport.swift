public import Kernel

/// What a run came to.
public struct LoadReport: Sendable {
    /// Why it ended.
    public enum End: Sendable {
        /// Everybody arrived and got through.
        case completed
        /// Users were still underway when ``LoadSettings/drainSeconds`` were over.
        case drainedTooLong
        /// Somebody, or the guard, stopped it.
        case stopped(Localized)
    }

    /// Why it ended.
    public let end: End
    /// Why its figures are worth nothing; empty where they stand.
    public let faults: [VoidReason]
    /// How long it took, in seconds.
    public let seconds: Double
    /// How many users were to arrive.
    public let planned: Double
    /// How many arrived.
    public let arrivals: Int
    /// Users for whom there was no room in the generator.
    public let dropped: Int
    /// What happened in each second.
    public let perSecond: [SecondReport]
    /// What became of each step's requests.
    public let steps: [StepReport]
    /// What became of each journey's users.
    public let journeys: [JourneyReport]
    /// How late the generator turned to requests: its own fault, and the first part of each latency.
    public let lag: LatencyHistogram
    /// How long requests then waited for a connection: the second part.
    public let connectionWait: LatencyHistogram
    /// The most connections that were open at once.
    public let connectionsMost: Int
    /// The share of a processor that the generator used in its busiest second.
    public let processorShareMost: Double

    /// Whether the figures are worth nothing.
    public var isVoid: Bool { !faults.isEmpty }

    /// The latency of all steps together.
    public var latency: LatencyHistogram { merged(\.latency) }

    /// The service time of all steps together.
    public var service: LatencyHistogram { merged(\.service) }

    private func merged(_ histogram: KeyPath<StepReport, LatencyHistogram>) -> LatencyHistogram {
        steps.reduce(into: LatencyHistogram()) { $0.merge($1[keyPath: histogram]) }
    }
}

/// Why the figures of a run say nothing about the server.
public struct VoidReason: Sendable {
    /// Stable: `GENERATOR_LATE`, `GENERATOR_BUSY`, `ARRIVALS_DROPPED` or `SOCKETS_EXHAUSTED`.
    public let code: String
    /// What happened.
    public let detail: Localized

    /// Judges a run by its books.
    static func all(_ recorder: RunRecorder, processorShareMost: Double, _ settings: LoadSettings) -> [VoidReason] {
        var faults: [VoidReason] = []
        let late = recorder.lag.percentile(99)
        if late > settings.lagP99Max {
            let (is99, max) = (LatencyHistogram.milliseconds(late).text, LatencyHistogram.milliseconds(settings.lagP99Max).text)
            faults.append(
                VoidReason(
                    code: "GENERATOR_LATE",
                    detail: Localized(
                        "The generator did not keep its schedule: 1 of 100 requests was \(is99) ms late (at most \(max) ms).",
                        zh: "压测发生器未能按计划发送:1% 的请求延误达 \(is99) 毫秒(上限 \(max) 毫秒)。")))
        }
        if processorShareMost > settings.processorShareMax {
            let (most, max) = (Int(processorShareMost * 100), Int(settings.processorShareMax * 100))
            faults.append(
                VoidReason(
                    code: "GENERATOR_BUSY",
                    detail: Localized(
                        "The generator itself used \(most) % of its processor in its busiest second (at most \(max) %).",
                        zh: "压测发生器自身在最繁忙的一秒占用了其处理器的 \(most)%(上限 \(max)%)。")))
        }
        if recorder.dropped > 0 {
            faults.append(
                VoidReason(
                    code: "ARRIVALS_DROPPED",
                    detail: Localized(
                        "\(recorder.dropped) users found no room in the generator: its connections and its line were full.",
                        zh: "有 \(recorder.dropped) 个用户因发生器的连接与等待队列已满而被丢弃。")))
        }
        let shortages = recorder.steps.reduce(0) { $0 + ($1.lost[.noSocket] ?? 0) }
        if shortages > 0 {
            faults.append(
                VoidReason(
                    code: "SOCKETS_EXHAUSTED",
                    detail: Localized(
                        "For \(shortages) requests this machine had no socket or port left; perhaps the server closes its connections after each answer.",
                        zh: "有 \(shortages) 个请求因本机套接字或端口耗尽而未能发出,可能是服务器在每次应答后都关闭连接。")))
        }
        return faults
    }
}
