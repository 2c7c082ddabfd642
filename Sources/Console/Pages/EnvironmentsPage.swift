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
        let principal = try visit.context.requirePrincipal()
        let all = tenancy.environments(for: principal)
        let environments = all.filter { $0.status != .deleted } + all.filter { $0.status == .deleted }
        let first = environments.first { $0.status == .active }?.id.text
        let namesOrganizations = Set(environments.map(\.organization)).count > 1
        let mine = tenancy.organizations(for: principal, doing: .environmentsCreate)
        let model: JSONObject = [
            "environments": .array(try environments.map { try entry($0, principal, namesOrganizations: namesOrganizations, visit) }),
            "hasEnvironments": .bool(!environments.isEmpty), "origin": .string(visit.origin), "firstEnvironment": .string(first ?? "env-…"),
            "mayCreate": .bool(!mine.isEmpty), "choosesOrganization": .bool(mine.count > 1),
            "organizations": .array(mine.map { ["value": .string($0.id.text), "label": .string($0.name)] }),
            "stages": .array(Environment.Stage.choices(chosen: .development, visit.language)),
        ]
        return Page(template: "environments", title: Catalogue.phrase("environments", visit.language), model: model)
    }

    private func create(_ visit: Visit, _ form: Form) async throws -> Outcome {
        let organization = try tenancy.organization(
            named: form.text("organization"), for: visit.context.requirePrincipal(), doing: .environmentsCreate)
        guard let stage = Environment.Stage(rawValue: form.text("stage") ?? Environment.Stage.development.rawValue) else {
            throw SampanError.badMember("stage", Localized("development or production", zh: " development 或 production"))
        }
        let made = try await tenancy.create(name: form["name"], in: organization, stage: stage)
        return .go(Address.environment(made.id), Flash(Phrases.environmentCreated(made.name)))
    }

    /// What the path of this page allows says nothing of each environment: that is asked one by one.
    private func entry(_ environment: Environment, _ principal: Principal, namesOrganizations: Bool, _ visit: Visit) throws -> JSON {
        let permissions = tenancy.permissions(of: principal, in: environment.id)
        let organization = try tenancy.organizations.find(environment.organization)
        let deployed = Int(functions.count(in: environment.id))
        var entry = environment.shown(visit.language)
        entry["functionCount"] = .string(Phrases.functions(deployed)[visit.language])
        if namesOrganizations { entry["organizationName"] = .string(organization.name) }
        entry["isOrganizationSuspended"] = .bool(organization.status == .suspended)
        if functions.hasShop(in: environment.id) { entry["shop"] = .string(SampleShopAddress.path(environment.id)) }
        let canDeploy = offersSamples && environment.status == .active && permissions.contains(.functionsDeploy)
        entry["canDeploySample"] = .bool(canDeploy && deployed == 0)
        entry["canRestore"] = .bool(environment.status == .deleted && permissions.contains(.environmentsRemove))
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
            "isProduction": .bool(stage == .production), "stage": .string(Catalogue.phrase("stage-\(stage.rawValue)", language)),
            "created": Showing.time(createdAt), "home": .string(Address.environment(id)), "api": .string(Address.api(id)),
        ]
        if let deleteAfter { shown["deleteAfter"] = Showing.time(deleteAfter) }
        return shown
    }
}
