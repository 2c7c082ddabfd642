internal import Functions
internal import HTTPSupport
internal import HTTPTypes
internal import Kernel
internal import Tenancy

/// `/console/env/{env}/functions/{name}`: a run by hand, executions and logs, versions, timers, and its end.
struct FunctionPage: Sendable {
    let tenancy: Tenancy
    let functions: Functions
    private var versions: FunctionVersions { FunctionVersions(functions: functions) }
    private var triggers: FunctionTriggers { FunctionTriggers(functions: functions) }

    var section: ConsoleSection {
        ConsoleSection(
            path: "functions", title: "functions", icon: "function", permission: .functionsRead,
            pages: [
                .show(needs: .functionsRead, FunctionsPage(tenancy: tenancy, functions: functions).show),
                .show(":name", needs: .functionsRead, show),
                .act(":name/run", needs: .functionsInvoke, back: path, run),
                .act(":name/current", needs: .functionsDeploy, asks: "confirmMakeCurrent", back: path, makeCurrent),
                .act(":name/traffic", needs: .functionsDeploy, back: path, divide),
                .act(":name/triggers", needs: .functionsDeploy, back: path, addTrigger),
                .act(":name/triggers/remove", needs: .functionsDeploy, asks: "confirmRemoveTrigger", back: path, removeTrigger),
                .act(":name/delete", needs: .functionsDeploy, asks: "confirmDeleteFunction", back: path, delete),
            ])
    }

    @Sendable private func path(_ visit: Visit) throws -> String { Address.environment(try visit.environment(), "functions", try visit.name()) }

    func show(_ visit: Visit) async throws -> Page { try await page(visit) }

    /// - Parameter more: what a form that was sent adds: a run's result, or what was typed with the reason why it was refused.
    private func page(_ visit: Visit, adding more: JSONObject = [:], problem: SampanError? = nil) async throws -> Page {
        let environment = try tenancy.environment(visit.environment())
        let name = try visit.name()
        let detail = try functions.detail(of: name, in: environment.id)
        var model = environment.shown(visit.language)
        model["functionName"] = .string(name)
        model["path"] = .string(try path(visit))
        model["tag"] = .string(EntityTag(of: detail).text)
        for member in ["version", "handler", "timeoutSeconds", "memoryMB", "concurrency", "httpPath"] { model[member] = detail[member] ?? .null }
        model["updated"] = Showing.time(detail["updatedAt"]?.intValue ?? 0)
        model["mayInvoke"] = .bool(visit.may(.functionsInvoke))
        model["mayDeploy"] = .bool(visit.may(.functionsDeploy))
        model["maySeeLogs"] = .bool(visit.may(.logsRead))
        model["settingsPath"] = visit.may(.settingsRead) ? .string(Address.environment(environment.id, "settings") + "#variables") : .null
        model["event"] = "{}"
        let parts = [
            versions.model(detail, visit.language), try triggers.model(detail, of: name, in: environment.id, visit.language),
            try await FunctionActivity(functions: functions).model(of: name, in: environment.id, at: path(visit), visit), more,
        ]
        for part in parts { model.merge(part) }
        return Page(
            template: "function", title: name, model: model, scripts: ["function.js", "chart.js"],
            status: problem.map { .init(code: $0.status) } ?? .ok)
    }

    // MARK: What can be done

    private func run(_ visit: Visit, _ form: Form) async throws -> Outcome {
        var shown: JSONObject = ["event": .string(form["event"]), "openid": .string(form["openid"])]
        shown["run"] = try await FunctionRun(functions: functions).model(of: visit.name(), in: visit.environment(), visit, form)
        return .draw(try await page(visit, adding: shown))
    }

    private func makeCurrent(_ visit: Visit, _ form: Form) async throws -> Outcome {
        let version = try await versions.makeCurrent(visit, form)
        return .go("\(try path(visit))#versions", Flash(Phrases.versionIsCurrent(version)))
    }

    private func divide(_ visit: Visit, _ form: Form) async throws -> Outcome {
        try await versions.divide(visit, form)
        return .go("\(try path(visit))#versions", Flash(Phrases.trafficSaved))
    }

    private func addTrigger(_ visit: Visit, _ form: Form) async throws -> Outcome {
        do {
            try await triggers.add(visit, form)
            return .go("\(try path(visit))#triggers", Flash(Phrases.triggerAdded(form["name"])))
        } catch let error where SampanError(reporting: error).status == 400 {
            // What was typed stays, with the reason beside it.
            let problem = SampanError(reporting: error)
            return .draw(try await page(visit, adding: triggers.draft(form, problem, visit.language), problem: problem))
        }
    }

    private func removeTrigger(_ visit: Visit, _ form: Form) async throws -> Outcome {
        try await triggers.remove(visit, form)
        return .go("\(try path(visit))#triggers", Flash(Phrases.triggerRemoved(form["name"])))
    }

    private func delete(_ visit: Visit, _ form: Form) async throws -> Outcome {
        let environment = try tenancy.environment(visit.environment())
        let name = try visit.name()
        guard environment.stage != .production || form["typed"] == name else { throw SampanError.nameDiffers }
        try await functions.remove(name, from: environment.id, if: form.precondition)
        return .go(Address.environment(environment.id, "functions"), Flash(Phrases.functionDeleted(name)))
    }
}

extension SampanError {
    /// In production what is deleted has to be named.
    static let nameDiffers = badRequest(
        "NAME_DIFFERS", Localized("The typed name is another one, so nothing was deleted.", zh: "输入的名称不一致，未删除。"),
        remedy: Localized("Type the name exactly as it is shown.", zh: "请按显示的名称完整输入。"))
}
