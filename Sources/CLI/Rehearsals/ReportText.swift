import Foundation
import Kernel
import LoadGenerator

/// A run's report as lines for people.
struct ReportText {
    private let report: LoadReport
    private let arrivals: ArrivalPlan

    init(_ report: LoadReport, _ arrivals: ArrivalPlan) { (self.report, self.arrivals) = (report, arrivals) }

    func lines(_ language: Language) -> [String] { summary(language) + [""] + steps(language).lines + [""] + journeys(language).lines + verdict(language) }

    private func summary(_ language: Language) -> [String] {
        let latency = report.latency
        let served = report.steps.reduce(0) { $0 + $1.served }
        let rate = report.seconds > 0 ? Double(served) / report.seconds : 0
        let end: Localized =
            switch report.end {
            case .completed: Localized("completed", zh: "已完成")
            case .drainedTooLong: Localized("users were still underway at the end", zh: "结束时仍有用户未完成")
            case .stopped(let reason): Localized("stopped: \(reason.en)", zh: "已停止：\(reason.zh)")
            }
        let peak = Self.short(arrivals.peakRate)
        let whole = Localized(
            "\(report.arrivals) users in \(Self.short(report.seconds)) s, at most \(peak)/s; \(served) requests served, \(Self.short(rate))/s; \(end.en)",
            zh: "\(Self.short(report.seconds)) 秒内到达 \(report.arrivals) 人，峰值 \(peak)/秒；成功请求 \(served) 个，\(Self.short(rate))/秒；\(end.zh)")
        let waits = [50.0, 90, 99, 99.9].map { "p\(Self.short($0)) \(Self.ms(latency.percentile($0)))" } + ["max \(Self.ms(latency.maximum))"]
        let label = Localized("latency from the moment users meant to ask, in ms: ", zh: "自用户发起时刻起的延迟（毫秒）：")[language]
        return [whole[language], label + waits.joined(separator: ", ")]
    }

    private func steps(_ language: Language) -> TextTable {
        var table = TextTable(
            heading: Localized(
                "STEP|SENT|SERVED|ACCEPTED|REFUSED|FAILED|LOST|P50|P90|P99|MAX|WHY", zh: "步骤|发送|成功|接受|拒绝|失败|丢失|P50|P90|P99|最大|原因")[language]
                .split(separator: "|").map(String.init))
        for step in report.steps {
            let counts = [step.sent, step.served, step.accepted.values.reduce(0, +), step.refused, step.failed, step.lost.values.reduce(0, +)].map(String.init)
            let times = [step.latency.percentile(50), step.latency.percentile(90), step.latency.percentile(99), step.latency.maximum].map(Self.ms)
            table.add(cells: ["\(step.journey) / \(step.step)"] + counts + times + [Self.reasons(step)])
        }
        return table
    }

    private func journeys(_ language: Language) -> TextTable {
        var table = TextTable(
            heading: Localized("JOURNEY|STARTED|COMPLETED|ACCEPTED|GAVE UP|UNFINISHED", zh: "旅程|开始|完成|接受|放弃|未完成")[language]
                .split(separator: "|").map(String.init))
        for journey in report.journeys {
            let counts = [journey.started, journey.completed, journey.accepted, journey.abandoned, journey.unfinished]
            table.add(cells: [journey.journey] + counts.map(String.init))
        }
        return table
    }

    private func verdict(_ language: Language) -> [String] {
        let heading = Localized("VOID: these figures say nothing about the server.", zh: "结果无效：以上数字不能说明服务器的表现。")[language]
        return report.isVoid ? ["", heading] + report.faults.map { "  \($0.code)  \($0.detail[language])" } : []
    }

    /// What went wrong most, by its code.
    private static func reasons(_ step: StepReport) -> String {
        let codes = step.codes.map { ($0.key, $0.value) } + step.lost.map { ($0.key.rawValue, $0.value) }
        return codes.sorted { ($0.1, $1.0) > ($1.1, $0.0) }.prefix(3).map { "\($0.0) ×\($0.1)" }.joined(separator: ", ")
    }

    private static func ms(_ microseconds: Int64) -> String { short(Double(microseconds) / 1000) }

    /// Three digits are enough for people.
    private static func short(_ number: Double) -> String {
        let digits = number >= 100 ? 0 : number >= 10 ? 1 : 2
        let text = String(format: "%.\(digits)f", number)
        return text.contains(".") ? String(text.reversed().drop { $0 == "0" }.drop { $0 == "." }.reversed()) : text
    }
}
