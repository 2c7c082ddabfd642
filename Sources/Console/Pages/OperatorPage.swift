internal import Functions
internal import HTTPSupport
internal import Kernel
internal import Tenancy

/// `/console/operator`: every organization of the platform, for who looks after it; `/console/operator/environments` has every environment.
struct OperatorPage: Sendable {
    static let path = "/console/operator"

    let tenancy: Tenancy
    let functions: Functions
    private var organizations: Organizations { tenancy.organizations }

    var section: ConsoleSection {
        ConsoleSection(
            place: .platform, path: "operator", title: "operator", icon: "platform", permission: .platformManage,
            pages: [
                .show(needs: .platformManage, show),
                .show("environments", needs: .platformManage, OperatorEnvironmentsPage(tenancy: tenancy, functions: functions).show),
                .act("organizations", needs: .platformManage, back: { _ in Self.path }, create),
                .act("organizations/:organization/suspend", needs: .platformManage, asks: "confirmSuspendOrganization", back: { _ in Self.path }) {
                    visit, _ in
                    try await setStatus(.suspended, visit)
                },
                .act("organizations/:organization/resume", needs: .platformManage, asks: "confirmResumeOrganization", back: { _ in Self.path }) {
                    visit, _ in
                    try await setStatus(.active, visit)
                },
            ] + OperatorAccountsPage(tenancy: tenancy).pages)
    }

    /// An organization and what is counted of it without looking into any file.
    private struct Row {
        let organization: Organization
        let environments: Int
        let apps: Int
    }

    func show(_ visit: Visit) async throws -> Page {
        let counts = tenancy.environments().filter { $0.status != .deleted }.reduce(into: [OrganizationID: Int]()) { $0[$1.organization, default: 0] += 1 }
        let all = organizations.all().map { Row(organization: $0, environments: counts[$0.id] ?? 0, apps: organizations.apps(of: $0.id).count) }
        let language = visit.language
        let list = ListView<Row>(
            columns: [
                .init(title: "name", name: "name", ascends: { $0.organization.name < $1.organization.name }),
                .init(title: "kind", name: "kind", ascends: { $0.organization.kind.rawValue < $1.organization.kind.rawValue }),
                .init(title: "status", name: "status", ascends: { $0.organization.status.rawValue < $1.organization.status.rawValue }),
                .init(title: "memberCount"), .init(title: "apps", name: "apps", ascends: { $0.apps < $1.apps }),
                .init(title: "environments", name: "environments", ascends: { $0.environments < $1.environments }),
                .init(title: "created", name: "created", ascends: { $0.organization.createdAt < $1.organization.createdAt }), .init(title: nil),
            ], text: { "\($0.organization.name) \($0.organization.id) \(Self.kind($0.organization, language)) \(Self.status($0.organization, language))" })
        let (rows, listModel) = list.shown(all, visit)
        var model = listModel
        for (name, value) in totals(language) { model[name] = value }
        model["isOrganizations"] = true
        model["organizations"] = .array(try rows.map { try shown($0, language) })
        model["kinds"] = .array(
            [Organization.Kind.merchant, .isv, .operator].map {
                ["value": .string($0.rawValue), "label": .string(Catalogue.phrase("kind-\($0.rawValue)", language))]
            })
        return Page(template: "operator", title: Catalogue.phrase("operator", language), model: model)
    }

    private func totals(_ language: Language) -> JSONObject {
        let all = organizations.all()
        let environments = tenancy.environments()
        return [
            "organizationTotal": .int(Int64(all.count)), "environmentTotal": .int(Int64(environments.count { $0.status != .deleted })),
            "suspendedTotal": .int(Int64(all.count { $0.status == .suspended } + environments.count { $0.status == .suspended })),
            "workersState": .string(Catalogue.phrase(functions.isReady ? "workersReady" : "workersNotReady", language)),
        ]
    }

    private func shown(_ row: Row, _ language: Language) throws -> JSON {
        let organization = row.organization
        var shown = organization.shown("\(OrganizationPage.list)/\(organization.id)", "", language)
        shown["status"] = .string(Self.status(organization, language))
        shown["statusClass"] = .string(organization.status.rawValue)
        shown["memberCount"] = .int(Int64(Set(try organizations.members(of: organization.id).map(\.account)).count))
        shown["appCount"] = .int(Int64(row.apps))
        shown["environmentCount"] = .int(Int64(row.environments))
        shown["environmentsPath"] = .string(Address.with("\(Self.path)/environments", [("q", organization.id.text)]))
        shown["actionPath"] = .string("\(Self.path)/organizations/\(organization.id)")
        return .object(shown)
    }

    private static func kind(_ organization: Organization, _ language: Language) -> String {
        Catalogue.phrase("kind-\(organization.kind.rawValue)", language)
    }

    static func status(_ organization: Organization, _ language: Language) -> String {
        Catalogue.phrase(organization.status == .suspended ? "suspendedOrganization" : "status-active", language)
    }

    // MARK: What can be done

    private func create(_ visit: Visit, _ form: Form) async throws -> Outcome {
        guard let kind = Organization.Kind(rawValue: form["kind"]) else {
            throw SampanError.badMember("kind", Localized("merchant, isv or operator", zh: " merchant、isv 或 operator"))
        }
        let made = try await organizations.create(name: form["name"], kind: kind)
        // Nobody is in it: the next thing to do is to invite its owner.
        return .go("/console/people/\(made.id)", Flash(Phrases.organizationCreated(made.name)))
    }

    private func setStatus(_ status: Organization.Status, _ visit: Visit) async throws -> Outcome {
        let changed = try await organizations.setStatus(status, of: visit.organization())
        return .go(
            Self.path, Flash(status == .suspended ? Phrases.organizationSuspended(changed.name) : Phrases.organizationResumed(changed.name)))
    }
}
