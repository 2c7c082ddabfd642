internal import Functions
internal import Kernel

/// Log lines as pages list them, with what the form that narrows them needs.
struct LogLines: Sendable {
    private static let levels = ["debug", "info", "warn", "error"]

    let functions: Functions

    /// - Parameter functionPath: the page of a line's function, where lines of several are listed.
    func model(
        _ wanted: Functions.LineQuery, in environment: EnvironmentID, limit: Int, _ language: Language, functionPath: ((String) -> String)? = nil
    ) async throws -> JSONObject {
        // One more than is shown, to see whether there are more.
        let found = try await functions.latestLogs(wanted, in: environment, limit: limit + 1)
        let shown = found.prefix(limit)
        var model: JSONObject = [
            "lines": .array(shown.map { Self.row($0, functionPath: functionPath) }), "hasLines": .bool(!shown.isEmpty),
            "isFiltered": .bool(wanted.text != nil || wanted.level != nil || wanted.requestID != nil), "filterText": .string(wanted.text ?? ""),
            "levels": .array(
                Self.levels.map {
                    ["value": .string($0), "label": .string(Catalogue.phrase("level-\($0)", language)), "isChosen": .bool($0 == wanted.level)]
                }),
        ]
        if let requestID = wanted.requestID { model["filterRequest"] = .string(requestID) }
        if found.count > shown.count { model["lastLine"] = shown.last?["id"] }
        return model
    }

    static func row(_ line: JSON, functionPath: ((String) -> String)? = nil) -> JSON {
        var row: JSONObject = [
            "at": Showing.time(line["at"]?.intValue ?? 0), "level": line["level"] ?? "info", "text": line["text"] ?? "",
            "request": line["requestId"] ?? "",
        ]
        if let functionPath, let name = line["function"]?.stringValue {
            row["lineFunction"] = ["functionName": .string(name), "functionPath": .string(functionPath(name))]
        }
        return .object(row)
    }
}
