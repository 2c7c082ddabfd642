internal import HTTPSupport
internal import Kernel
internal import Tenancy

/// `/console/organizations`: an organization's name, apps and keys, and handing it over.
struct OrganizationPage: Sendable {
    static let list = "/console/organizations"

    let tenancy: Tenancy
    private var organizations: Organizations { tenancy.organizations }

    var section: ConsoleSection {
        ConsoleSection(
            place: .organization, path: "organizations", title: "organization", icon: "organization", permission: .organizationRead,
            pages: [
                .show(needs: .organizationRead, showAll),
                .show(":organization", needs: .organizationRead, show),
                .act(":organization/name", needs: .organizationChange, back: Self.path, rename),
                .act(":organization/transfer", needs: .organizationOwn, asks: "confirmTransfer", back: Self.path, transfer),
            ] + OrganizationApps(tenancy: tenancy).pages + OrganizationKeys(tenancy: tenancy).pages)
    }

    @Sendable static func path(_ visit: Visit) throws -> String { "\(list)/\(try visit.organization())" }

    private func showAll(_ visit: Visit) async throws -> Page {
        let all = tenancy.organizations(for: try visit.context.requirePrincipal(), doing: .organizationRead)
        let environments = tenancy.environments()
        let rows = all.map { organization -> JSON in
            let count = environments.count { $0.organization == organization.id }
            let summary = "\(Phrases.apps(organizations.apps(of: organization.id).count)[visit.language]) · \(Phrases.environments(count)[visit.language])"
            return .object(organization.shown("\(Self.list)/\(organization.id)", summary, visit.language))
        }
        let model: JSONObject = [
            "heading": .string(Catalogue.phrase("organization", visit.language)), "lead": .string(Catalogue.phrase("organizationsLead", visit.language)),
            "organizations": .array(rows), "hasOrganizations": .bool(!rows.isEmpty),
        ]
        return Page(template: "organizations", title: Catalogue.phrase("organization", visit.language), model: model)
    }

    private func show(_ visit: Visit) async throws -> Page {
        let organization = try organizations.find(visit.organization())
        var model = organization.shown(try Self.path(visit), "", visit.language)
        model["mayChange"] = .bool(visit.may(.organizationChange))
        model["organizationTag"] = .string(EntityTag(of: .object(organization.json)).text)
        model["maySeePeople"] = .bool(visit.may(.membersRead))
        model["mayAudit"] = .bool(visit.may(.auditRead))
        model["mayOwn"] = .bool(visit.may(.organizationOwn))
        for (name, value) in OrganizationApps(tenancy: tenancy).model(organization.id, visit) { model[name] = value }
        for (name, value) in try OrganizationKeys(tenancy: tenancy).model(organization.id, visit) { model[name] = value }
        let heirs = try heirs(visit)
        model["heirs"] = .array(heirs.map { ["account": .string($0.account.text), "heirName": .string("\($0.name) (\($0.email))")] })
        model["hasHeirs"] = .bool(!heirs.isEmpty)
        return Page(
            template: "organization", title: organization.name, model: model, crumbs: [(Self.list, Catalogue.phrase("organization", visit.language))])
    }

    /// Who could own it instead: members of all of it, but not who asks, nor who owns it already.
    private func heirs(_ visit: Visit) throws -> [Membership] {
        guard visit.may(.organizationOwn) else { return [] }
        return try organizations.members(of: visit.organization()).filter { $0.app == nil && $0.role != .owner && $0.account != visit.account }
    }

    private func rename(_ visit: Visit, _ form: Form) async throws -> Outcome {
        _ = try await organizations.rename(visit.organization(), form["name"], if: form.precondition)
        return .go(try Self.path(visit), Flash(Phrases.organizationRenamed))
    }

    private func transfer(_ visit: Visit, _ form: Form) async throws -> Outcome {
        guard let heir = AccountID(form["account"]), let member = try heirs(visit).first(where: { $0.account == heir }) else {
            throw SampanError.badMember("account", Localized("a member of the organization", zh: "该组织的成员"))
        }
        let id = try visit.organization()
        // The platform's operator hands over without being a member.
        let isMember = try organizations.members(of: id).contains { $0.account == visit.account }
        try await organizations.transfer(id, from: isMember ? visit.account : nil, to: heir)
        return .go(try Self.path(visit), Flash(Phrases.transferred(to: member.name)))
    }
}

extension Organization {
    /// As pages show it.
    func shown(_ path: String, _ summary: String, _ language: Language) -> JSONObject {
        [
            "organizationID": .string(id.text), "organizationName": .string(name), "organizationPath": .string(path),
            "peoplePath": .string("/console/people/\(id)"), "kind": .string(Catalogue.phrase("kind-\(kind.rawValue)", language)),
            "summary": .string(summary), "isSuspended": .bool(status == .suspended), "created": Showing.time(createdAt),
        ]
    }
}
