internal import Functions
internal import HTTPSupport
internal import Kernel

/// What a function did: its runs by how they ended, and its log lines.
struct FunctionActivity: Sendable {
    private static let executionsShown = 20
    private static let linesShown = 200

    let functions: Functions

    func model(of name: String, in environment: EnvironmentID, at path: String, _ visit: Visit) async throws -> JSONObject {
        var model = try await executions(of: name, in: environment, at: path, visit)
        guard visit.may(.logsRead) else { return model }
        var wanted = Functions.LineQuery()
        wanted.function = name
        wanted.text = visit.query("text")
        wanted.level = visit.query("level")
        wanted.requestID = visit.query("requestId")
        model.merge(try await LogLines(functions: functions).model(wanted, in: environment, limit: Self.linesShown, visit.language))
        return model
    }

    private func executions(of name: String, in environment: EnvironmentID, at path: String, _ visit: Visit) async throws -> JSONObject {
        let status = visit.query("status").flatMap { Functions.executionStatuses.contains($0) ? $0 : nil }
        let after = visit.query("after").flatMap { Int64($0) }
        // One more than is shown, to see whether there are more.
        let found = try await functions.latestExecutions(of: name, in: environment, status: status, after: after, limit: Self.executionsShown + 1)
        let shown = found.prefix(Self.executionsShown)
        let isNarrowed = status != nil || after != nil
        var model: JSONObject = [
            "executions": .array(shown.map { Self.row($0, visit.language) }), "hasExecutions": .bool(!shown.isEmpty),
            "isNarrowed": .bool(isNarrowed),
            "canNarrow": .bool(isNarrowed || !shown.isEmpty), "chosenStatus": .string(status ?? ""), "chosenAfter": .string(after.map { "\($0)" } ?? ""),
            "statuses": .array(
                Functions.executionStatuses.map {
                    ["value": .string($0), "label": .string(Catalogue.phrase("execution-\($0)", visit.language)), "isChosen": .bool($0 == status)]
                }),
        ]
        if after != nil { model["newestRunsPath"] = .string(Address.with(path, [("status", status)])) }
        if found.count > shown.count, let last = shown.last?["id"]?.intValue {
            model["olderRunsPath"] = .string(Address.with(path, [("status", status), ("after", "\(last)")]))
        }
        return model
    }

    private static func row(_ execution: JSON, _ language: Language) -> JSON {
        let status = execution["status"]?.stringValue ?? ""
        return [
            "executionStatus": .string(Catalogue.phrase("execution-\(status)", language)), "isGood": .bool(status == "success"),
            "duration": .string(Showing.duration(execution["durationMs"]?.doubleValue ?? 0)), "cold": execution["cold"] ?? false,
            "coldDuration": .string(Showing.duration(execution["coldMs"]?.doubleValue ?? 0)), "version": execution["version"] ?? .null,
            "at": Showing.time(execution["at"]?.intValue ?? 0), "source": execution["source"] ?? .null,
            "request": execution["requestId"] ?? .null,
            "failure": execution["error"] ?? .null, "memory": execution["memoryMB"] ?? .null,
        ]
    }
}
