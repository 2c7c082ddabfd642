import ArgumentParser
import Foundation
import Kernel

/// `sampan forecast`.
struct ForecastCommand: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "forecast", abstract: said("Show what load is expected, and the workers that are kept ready for it.", zh: "查看负载预测与为此备好的工作进程。"),
        discussion: said(
            """
            Invocations a minute for each hour: the bar is what is expected (#) and what it hardly ever exceeds (.). Times are those of this machine.

            Example: sampan forecast
            """,
            zh: """
                按小时显示每分钟调用次数：# 为预计值，. 为几乎不会超过的上限。时间为本机时区。

                示例：sampan forecast
                """))

    @OptionGroup var connection: ConnectionOptions
    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let connection = try Connection.resolve(connection, in: context)
        let path = ["environments", try await connection.requiredEnvironment(in: context), "forecast"]
        let answer = try await connection.client(in: context).send(.get, path, query: [("step", "10")]).json()
        guard !wantsJSON else { return context.console.line(answer.text) }
        for line in ForecastChart(answer).lines { context.console.line(line) }
        context.console.line("")
        for line in Self.functions(answer) { context.console.line(line) }
        context.console.line("")
        for line in Self.summary(answer, in: context) { context.console.line(line) }
    }

    private static func functions(_ answer: JSON) -> [String] {
        var table = TextTable(heading: ["FUNCTION", "READY", "WORKERS", "SHARE", "MEAN"])
        for function in answer["functions"]?.arrayValue ?? [] {
            table.add(
                function["name"]?.stringValue ?? "", function["floor"]?.text ?? "", function["workers"]?.text ?? "", percent(function["share"]),
                function["meanMs"]?.doubleValue.map { "\(Int($0.rounded())) ms" } ?? "")
        }
        return table.lines
    }

    private static func summary(_ answer: JSON, in context: CommandContext) -> [String] {
        var lines: [String] = []
        if let accuracy = answer["accuracy"], !accuracy.isNull {
            let (coverage, waste, error) = (percent(accuracy["coverage"]), percent(accuracy["waste"]), percent(accuracy["weightedError"]))
            lines.append(
                context.say(
                    "Last week: \(coverage) of minutes below the upper value, \(waste) kept ready in vain, \(error) error.",
                    zh: "最近一周：\(coverage) 的分钟未超上限，空备 \(waste)，误差 \(error)。"))
        } else {
            lines.append(context.say("There is too little history for an accuracy.", zh: "历史数据不足，暂无准确度。"))
        }
        let (had, avoided) = (answer["coldStarts"]?["had"]?.text ?? "0", answer["coldStarts"]?["avoided"]?.text ?? "0")
        lines.append(context.say("Cold starts in 24 hours: \(had); avoided: \(avoided).", zh: "24 小时内冷启动 \(had) 次，避免 \(avoided) 次。"))
        for rush in answer["rushes"]?.arrayValue ?? [] {
            let (name, at) = (rush["name"]?.stringValue ?? "", DateText.iso8601(fromMilliseconds: rush["startsAt"]?.intValue ?? 0))
            lines.append(context.say("Announced: \(name) at \(at).", zh: "已预告：\(name)，\(at)。"))
        }
        return lines
    }

    private static func percent(_ share: JSON?) -> String { share?.doubleValue.map { "\((($0 * 1000).rounded() / 10)) %" } ?? "" }
}

/// A line for each hour with bars.
struct ForecastChart {
    private static let width = 50
    private let hours: [(label: String, expected: Double, upper: Double)]

    init(_ forecast: JSON, timeZone: TimeZone = .current) {
        let steps = forecast["next"]?.arrayValue ?? []
        let perHour = max(1, Int(60 / (forecast["stepMinutes"]?.intValue ?? 10)))
        hours = stride(from: 0, to: steps.count, by: perHour).map { start in
            let hour = steps[start..<min(steps.count, start + perHour)]
            let at = (hour.first?["at"]?.intValue ?? 0) / 1000
            let local = at + Int64(timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(at))))
            let expected = hour.reduce(0) { $0 + ($1["expected"]?.doubleValue ?? 0) } / Double(hour.count)
            let label = "\(DateText.padded(Int(local / 3600 % 24), 2)):\(DateText.padded(Int(local / 60 % 60), 2))"
            return (label, expected, hour.reduce(0) { max($0, $1["upper"]?.doubleValue ?? 0) })
        }
    }

    var lines: [String] {
        let top = max(hours.reduce(0) { max($0, $1.upper) }, 1e-9)
        var table = TextTable()
        for hour in hours {
            let (solid, whole) = (Self.places(hour.expected, top), Self.places(hour.upper, top))
            table.add(
                hour.label, String(repeating: "#", count: solid) + String(repeating: ".", count: max(0, whole - solid)),
                "\((hour.expected * 10).rounded() / 10)", "< \((hour.upper * 10).rounded() / 10)")
        }
        return table.lines
    }

    private static func places(_ value: Double, _ top: Double) -> Int { min(width, max(0, Int((value / top * Double(width)).rounded()))) }
}
