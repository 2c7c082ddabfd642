internal import HTTPSupport
internal import Kernel
internal import Tenancy

/// An environment as a whole, on its page of settings: a copy of it, and an archive to take along.
struct EnvironmentCopies: Sendable {
    let tenancy: Tenancy
    let environments: any EnvironmentKeeper

    var pages: [ConsolePage] { [.act("copy", needs: .functionsDeploy, back: path, copy)] }

    @Sendable private func path(_ visit: Visit) throws -> String { Address.environment(try visit.environment(), "settings") }

    func model(_ environment: Environment, _ visit: Visit) -> JSONObject {
        let mayCreate = visit.context.principal.map { tenancy.permissions(of: $0, in: environment.organization).contains(.environmentsCreate) } ?? false
        let mayCopy = mayCreate && visit.may(.functionsDeploy) && environment.status != .deleted
        return [
            "mayCopy": .bool(mayCopy), "mayExport": .bool(visit.may(.environmentsExport)), "mayCopyOrExport": .bool(mayCopy || visit.may(.environmentsExport)),
            "copyStages": .array(Environment.Stage.choices(chosen: .development, visit.language)),
            "copyNameProposed": .string(String(Phrases.copyName(environment.name)[visit.language].prefix(60))),
        ]
    }

    private func copy(_ visit: Visit, _ form: Form) async throws -> Outcome {
        let made = try await environments.copy(
            [
                "name": .string(form["name"]), "stage": .string(form["stage"]), "documents": .bool(form["documents"] == "true"),
                "files": .bool(form["files"] == "true"), "triggers": .bool(form["triggers"] == "true"),
            ], visit.context)
        return .go(Address.environment(made.id), Flash(Phrases.environmentCopied(made.name)))
    }
}
