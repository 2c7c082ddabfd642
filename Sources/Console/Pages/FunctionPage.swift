internal import Functions
internal import HTTPSupport
internal import Kernel
internal import Tenancy

/// `/console/env/{env}/functions/{name}`: versions, a run by hand, executions and logs.
struct FunctionPage: Sendable {
    private static let executionsShown = 20
    private static let linesShown = 200
    private static let versionsDivided = 4
    private static let sharesMax = 10
    private static let levels = ["debug", "info", "warn", "error"]

    let tenancy: Tenancy
    let functions: Functions

    var section: ConsoleSection {
        ConsoleSection(
            path: "functions", title: "functions", icon: "function", permission: .functionsRead,
            pages: [
                .show(needs: .functionsRead, FunctionsPage(tenancy: tenancy, functions: functions).show),
                .show(":name", needs: .functionsRead, show),
                .act(":name/current", needs: .functionsDeploy, asks: "confirmMakeCurrent", back: path, makeCurrent),
            ])
    }

    @Sendable func path(_ visit: Visit) throws -> String { Address.environment(try visit.environment(), "functions", try visit.name()) }

    func show(_ visit: Visit) async throws -> Page {
        let environment = try tenancy.environment(visit.environment())
        let name = try visit.name()
        let detail = try functions.detail(of: name, in: environment.id)
        let language = visit.language
        var model = environment.shown(language)
        model["functionName"] = .string(name)
        model["path"] = .string(try path(visit))
        describe(detail, in: &model)
        let versions = versions(detail, language)
        model["versions"] = .array(versions)
        // Calls can be divided among ten; older versions that get none are reached by making one current.
        let inUse = versions.enumerated().filter { $0.offset < Self.versionsDivided || $0.element["isIdle"] == .bool(false) }
        model["dividable"] = .array(inUse.prefix(Self.sharesMax).map(\.element))
        let executions = try await functions.latestExecutions(of: name, in: environment.id, limit: Self.executionsShown)
        model["executions"] = .array(executions.map { Self.execution($0, language) })
        model["hasExecutions"] = .bool(!executions.isEmpty)
        try await describeLogs(of: name, environment.id, visit, in: &model)
        model["mayInvoke"] = .bool(visit.may(.functionsInvoke))
        model["mayDeploy"] = .bool(visit.may(.functionsDeploy))
        return Page(template: "function", title: name, model: model, scripts: ["function.js", "chart.js"])
    }

    private func makeCurrent(_ visit: Visit, _ form: Form) async throws -> Outcome {
        guard let version = Int(form["version"]) else {
            throw SampanError.badMember("version", Localized("a version's number", zh: "版本号"))
        }
        try await functions.makeCurrent(version: version, of: visit.name(), in: visit.environment())
        return .go(try path(visit), Flash(Phrases.versionIsCurrent(version)))
    }

    private func describe(_ detail: JSON, in model: inout JSONObject) {
        for member in ["version", "handler", "timeoutSeconds", "memoryMB", "concurrency", "httpPath"] {
            model[member] = detail[member] ?? .null
        }
        model["updated"] = Showing.time(detail["updatedAt"]?.intValue ?? 0)
        model["triggers"] = detail["triggers"] ?? []
        model["hasTriggers"] = .bool(detail["triggers"]?.arrayValue?.isEmpty == false)
        model["canSplit"] = .bool((detail["versions"]?.arrayValue?.count ?? 0) > 1)
    }

    private func versions(_ detail: JSON, _ language: Language) -> [JSON] {
        let traffic = detail["traffic"]?.arrayValue ?? []
        let total = max(1, traffic.reduce(0) { $0 + ($1["weight"]?.intValue ?? 0) })
        return (detail["versions"]?.arrayValue ?? []).map { version in
            let number = version["version"]?.intValue ?? 0
            let weight = traffic.first { $0["version"]?.intValue == number }?["weight"]?.intValue ?? 0
            var shown: JSONObject = [
                "number": .int(number), "created": Showing.time(version["createdAt"]?.intValue ?? 0), "files": version["files"] ?? 0,
                "size": .string(Showing.bytes(version["size"]?.intValue ?? 0)), "isCurrent": .bool(weight == total),
                "isIdle": .bool(weight == 0),
            ]
            if weight > 0, weight < total { shown["share"] = .string("\(weight * 100 / total)%") }
            shown["weight"] = .int(weight)
            shown["variables"] = version["variables"] ?? []
            shown["hasVariables"] = .bool(version["variables"]?.arrayValue?.isEmpty == false)
            if let text = version["description"]?.stringValue, !text.isEmpty { shown["description"] = .string(text) }
            return .object(shown)
        }
    }

    private static func execution(_ execution: JSON, _ language: Language) -> JSON {
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

    private func describeLogs(of name: String, _ environment: EnvironmentID, _ visit: Visit, in model: inout JSONObject) async throws {
        let text = visit.query("text")
        let level = visit.query("level")
        let requestID = visit.query("requestId")
        let lines = try await functions.latestLogs(
            of: name, in: environment, text: text, level: level, requestID: requestID, limit: Self.linesShown)
        model["lines"] = .array(
            lines.map { line in
                [
                    "at": Showing.time(line["at"]?.intValue ?? 0), "level": line["level"] ?? "info", "text": line["text"] ?? "",
                    "request": line["requestId"] ?? "",
                ]
            })
        model["hasLines"] = .bool(!lines.isEmpty)
        model["isFiltered"] = .bool(text != nil || level != nil || requestID != nil)
        model["filterText"] = .string(text ?? "")
        if let requestID { model["filterRequest"] = .string(requestID) }
        model["levels"] = .array(
            Self.levels.map {
                ["value": .string($0), "label": .string(Catalogue.phrase("level-\($0)", visit.language)), "isChosen": .bool($0 == level)]
            })
    }
}
