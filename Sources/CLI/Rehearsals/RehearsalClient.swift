import Foundation
import Kernel

/// The rehearsals of one environment on a server.
struct RehearsalClient {
    let client: ManagementClient
    let path: [String]

    init(_ options: ConnectionOptions, in context: CommandContext) async throws {
        let connection = try Connection.resolve(options, in: context)
        client = try connection.client(in: context)
        path = ["environments", try await connection.requiredEnvironment(in: context), "rehearsals"]
    }

    /// Asks once a second until a rehearsal is over.
    func untilOver(_ started: JSON, in context: CommandContext) async throws -> JSON {
        guard let id = started["id"]?.stringValue else { return started }
        var rehearsal = started
        var told = ""
        while ["preparing", "running"].contains(rehearsal["status"]?.stringValue) {
            try await Task.sleep(for: .seconds(1))
            rehearsal = try await client.send(.get, path + [id]).json()
            let steps = rehearsal["steps"]?.arrayValue?.count ?? 0
            let now = "\(rehearsal["status"]?.stringValue ?? "") \(steps) \(rehearsal["rate"]?.text ?? "")"
            if now != told {
                context.console.notice(
                    context.say("steps done: \(steps), now: \(rehearsal["rate"]?.text ?? "–")/s", zh: "已完成 \(steps) 步，当前 \(rehearsal["rate"]?.text ?? "–")/秒"))
            }
            told = now
        }
        return rehearsal
    }
}

/// A rehearsal as lines for people.
struct RehearsalText {
    private let rehearsal: JSON

    init(_ rehearsal: JSON) { self.rehearsal = rehearsal }

    func print(asJSON: Bool, in context: CommandContext) {
        guard !asJSON else { return context.console.line(rehearsal.text) }
        for line in lines(context) { context.console.line(line) }
    }

    private func lines(_ context: CommandContext) -> [String] {
        var lines = ["\(rehearsal["id"]?.stringValue ?? "")  \(rehearsal["status"]?.stringValue ?? "")"]
        lines += ["answer", "reason"].compactMap { rehearsal[$0]?.stringValue }
        if let kept = rehearsal["capacity"]?["kept"], !kept.isNull {
            lines.append(context.say("Capacity: \(kept.text) users a second.", zh: "容量：每秒 \(kept.text) 个用户。"))
        }
        if let bottleneck = rehearsal["bottleneck"] {
            lines.append(context.say("First to give way: ", zh: "最先出现的瓶颈：") + (bottleneck["text"]?.stringValue ?? ""))
            if let remedy = bottleneck["remedy"]?.stringValue { lines.append(context.say("What to do: ", zh: "建议：") + remedy) }
        }
        let steps = rehearsal["steps"]?.arrayValue ?? []
        guard !steps.isEmpty else { return lines }
        var table = TextTable(heading: ["STEP", "USERS/S", "SENT", "SERVED %", "P50 MS", "P99 MS", "KEPT", "CPU", "VOID"])
        for step in steps {
            table.add(
                step["purpose"]?.stringValue ?? "", step["rate"]?.text ?? "", step["sent"]?.text ?? "",
                step["successShare"]?.doubleValue.map { String(format: "%.2f", $0 * 100) } ?? "", step["p50Milliseconds"]?.text ?? "",
                step["p99Milliseconds"]?.text ?? "", step["kept"] == true ? "yes" : "no", step["processors"]?["busy"]?.text ?? "",
                step["voidReasons"]?.arrayValue?.compactMap(\.stringValue).joined(separator: " ") ?? "")
        }
        return lines + [""] + table.lines
    }
}
