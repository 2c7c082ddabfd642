internal import Functions
internal import HTTPSupport
internal import Kernel
internal import Tenancy

/// `/console`: all environments, and how to begin.
struct EnvironmentsPage: Sendable {
    let tenancy: Tenancy
    let functions: Functions
    let offersSamples: Bool

    var section: ConsoleSection {
        ConsoleSection(
            place: .platform, path: "", title: "environments", icon: "stack", permission: .environmentsRead,
            pages: [
                .show(needs: .environmentsRead, show),
                .act("environments", needs: .environmentsCreate, back: { _ in "/console" }, create),
            ])
    }

    func show(_ visit: Visit) async throws -> Page {
        let environments = try tenancy.environments(for: visit.context.requirePrincipal())
        let first = environments.first { $0.status == .active }?.id.text
        let model: JSONObject = [
            "environments": .array(environments.map { entry($0, visit) }), "origin": .string(visit.origin),
            "firstEnvironment": .string(first ?? "env-…"), "mayCreate": .bool(visit.may(.environmentsCreate)),
        ]
        return Page(template: "environments", title: Catalogue.phrase("environments", visit.language), model: model)
    }

    private func create(_ visit: Visit, _ form: Form) async throws -> Outcome {
        let organization = try tenancy.organization(named: nil, for: visit.context.requirePrincipal(), doing: .environmentsCreate)
        let made = try await tenancy.create(name: form["name"], in: organization)
        return .go(Address.environment(made.id), Flash(Phrases.environmentCreated(made.name)))
    }

    private func entry(_ environment: Environment, _ visit: Visit) -> JSON {
        let deployed = functions.overview(of: environment.id).count
        var entry = environment.shown(visit.language)
        entry["functionCount"] = .string(Phrases.functions(deployed)[visit.language])
        if functions.hasShop(in: environment.id) { entry["shop"] = .string(SampleShopAddress.path(environment.id)) }
        entry["canDeploySample"] = .bool(offersSamples && environment.status == .active && deployed == 0)
        return .object(entry)
    }
}

/// Where the sample shop of an environment opens.
enum SampleShopAddress {
    static func path(_ environment: EnvironmentID) -> String { "/samples/retail/?env=\(environment)" }
}

extension Functions {
    /// Whether the functions that the sample shop's pages call are deployed.
    func hasShop(in environment: EnvironmentID) -> Bool {
        ["goods", "member", "order"].allSatisfy { exists($0, in: environment) }
    }
}

extension Environment {
    /// As pages show it.
    func shown(_ language: Language) -> JSONObject {
        var shown: JSONObject = [
            "environmentID": .string(id.text), "environmentName": .string(name), "isActive": .bool(status == .active),
            "status": .string(Catalogue.phrase("status-\(status.rawValue)", language)), "statusClass": .string(status.rawValue),
            "created": Showing.time(createdAt), "home": .string(Address.environment(id)), "api": .string(Address.api(id)),
        ]
        if let deleteAfter { shown["deleteAfter"] = Showing.time(deleteAfter) }
        return shown
    }
}
