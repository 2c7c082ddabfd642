internal import HTTPSupport
internal import Kernel
internal import Tenancy

/// The environment itself on its page of settings: its name, what it is for, whether it serves, and its end.
struct EnvironmentControls: Sendable {
    private static let dayMilliseconds: Int64 = 86_400_000

    let tenancy: Tenancy

    var pages: [ConsolePage] {
        [
            .act("environment", needs: .environmentsChange, back: path, change),
            .act("suspend", needs: .environmentsChange, asks: "confirmSuspendEnvironment", back: path) { visit, _ in
                try await setStatus(.suspended, from: [.active], Phrases.environmentSuspended, visit)
            },
            .act("resume", needs: .environmentsChange, back: path) { visit, _ in
                try await setStatus(.active, from: [.suspended], Phrases.environmentResumed, visit)
            },
            .act("delete", needs: .environmentsRemove, asks: "confirmDeleteEnvironment", back: path, delete),
            .act("restore", needs: .environmentsRemove, back: path) { visit, _ in
                try await setStatus(.active, from: [.deleted], Phrases.environmentRestored, visit)
            },
        ]
    }

    @Sendable private func path(_ visit: Visit) throws -> String { Address.environment(try visit.environment(), "settings") }

    func model(_ environment: Environment, _ visit: Visit) -> JSONObject {
        let language = visit.language
        let apps = tenancy.organizations.apps(of: environment.organization)
        return [
            "mayChangeEnvironment": .bool(visit.may(.environmentsChange) && environment.status != .deleted),
            "mayRemoveEnvironment": .bool(visit.may(.environmentsRemove)), "isSuspended": .bool(environment.status == .suspended),
            "isDeleted": .bool(environment.status == .deleted), "isProduction": .bool(environment.stage == .production),
            "stages": .array(Environment.Stage.choices(chosen: environment.stage, language)),
            "apps": .array(apps.map { ["app": .string($0.id.text), "appName": .string($0.name), "isChosen": .bool($0.id == environment.app)] }),
            "hasApps": .bool(!apps.isEmpty), "environmentTag": .string(EntityTag(of: environment.json).text),
            "deleteText": .string(Phrases.deleteEnvironmentText(days: Tenancy.graceMilliseconds / Self.dayMilliseconds)[language]),
        ]
    }

    // MARK: What can be done

    private func change(_ visit: Visit, _ form: Form) async throws -> Outcome {
        var patch: JSONObject = ["name": .string(form["name"]), "stage": .string(form["stage"])]
        // The choice is only there where the organization has apps; its first line is none of them.
        if let app = form.fields["app"] { patch["app"] = app.isEmpty ? .null : .string(app) }
        _ = try await tenancy.change(visit.environment(), patch, if: form.precondition)
        return .go(try path(visit), Flash(Phrases.settingsSaved))
    }

    private func setStatus(
        _ status: Environment.Status, from: Set<Environment.Status>, _ said: (String) -> Localized, _ visit: Visit
    ) async throws -> Outcome {
        let changed = try await tenancy.setStatus(status, of: visit.environment(), from: from)
        return .go(Address.environment(changed.id), Flash(said(changed.name)))
    }

    private func delete(_ visit: Visit, _ form: Form) async throws -> Outcome {
        let environment = try tenancy.environment(visit.environment())
        guard environment.stage != .production || form["typed"] == environment.name else { throw SampanError.nameDiffers }
        _ = try await tenancy.setStatus(.deleted, of: environment.id, from: [.active, .suspended])
        return .go("/console", Flash(Phrases.environmentDeleted(environment.name)))
    }
}

extension Environment.Stage {
    /// As a choice shows them.
    static func choices(chosen: Environment.Stage, _ language: Language) -> [JSON] {
        [Environment.Stage.development, .production].map { stage in
            [
                "value": .string(stage.rawValue), "label": .string(Catalogue.phrase("stage-\(stage.rawValue)", language)),
                "isChosen": .bool(stage == chosen),
            ]
        }
    }
}
