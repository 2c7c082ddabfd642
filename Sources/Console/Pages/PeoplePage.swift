internal import HTTPSupport
internal import Kernel
internal import Tenancy

/// `/console/people`: who works in an organization, who is invited, and what they did.
struct PeoplePage: Sendable {
    private static let auditLimit: Int64 = 50

    let tenancy: Tenancy
    private var organizations: Organizations { tenancy.organizations }

    var section: ConsoleSection {
        ConsoleSection(
            place: .organization, path: "people", title: "people", icon: "people", permission: .membersRead,
            pages: [
                .show(needs: .membersRead, list),
                .show(":organization", needs: .membersRead, show),
                .show(":organization/audit", needs: .auditRead, audit),
                .act(":organization/invite", needs: .membersManage, back: path, invite),
                .act(":organization/invitations/:invitation/remove", needs: .membersManage, asks: "confirmTakeBack", back: path, takeBack),
                .act(":organization/members/:account/role", needs: .membersManage, back: path, setRole),
                .act(":organization/members/:account/remove", needs: .membersManage, asks: "confirmRemoveMember", back: path, remove),
            ])
    }

    @Sendable private func path(_ visit: Visit) throws -> String { "/console/people/\(try visit.organization())" }

    private func organization(_ visit: Visit) throws -> Organization { try organizations.find(visit.organization()) }

    private func list(_ visit: Visit) async throws -> Page {
        let visible = tenancy.organizations(for: try visit.context.requirePrincipal(), doing: .membersRead)
        let rows = try visible.map { organization -> JSON in
            let members = Set(try organizations.members(of: organization.id).map(\.account)).count
            return .object(organization.shown("/console/people/\(organization.id)", Phrases.members(members)[visit.language], visit.language))
        }
        let model: JSONObject = [
            "heading": .string(Catalogue.phrase("people", visit.language)), "lead": .string(Catalogue.phrase("peopleLead", visit.language)),
            "organizations": .array(rows), "hasOrganizations": .bool(!rows.isEmpty),
        ]
        return Page(template: "organizations", title: Catalogue.phrase("people", visit.language), model: model)
    }

    private func show(_ visit: Visit) async throws -> Page {
        let organization = try organization(visit)
        let mayManage = visit.may(.membersManage)
        let roles = Role.allCases.filter { tenancy.mayGive($0, visit.context) }
        // Read before what it stands for: a change between the two is then refused rather than overwritten.
        let membersTag = try organizations.membersTag(organization.id).text
        let members = try organizations.members(of: organization.id)
        let invitations = try organizations.invitations(of: organization.id)
        let apps = organizations.apps(of: organization.id)
        let model: JSONObject = [
            "apps": .array(apps.map { ["app": .string($0.id.text), "appName": .string($0.name)] }), "hasApps": .bool(!apps.isEmpty),
            "organizationName": .string(organization.name), "organizationPath": .string(try path(visit)), "mayManage": .bool(mayManage),
            "mayAudit": .bool(visit.may(.auditRead)), "membersTag": .string(membersTag), "settingsPath": .string(try OrganizationPage.path(visit)),
            "members": .array(members.map { member($0, roles, mayManage: mayManage, visit) }), "hasMembers": .bool(!members.isEmpty),
            "invitations": .array(invitations.map { invitation($0, visit.language) }), "hasInvitations": .bool(!invitations.isEmpty),
            "roles": .array(roles.map { role($0, selected: $0 == .developer, visit.language) }),
            "meanings": .array(Role.allCases.map { role($0, selected: false, visit.language) }),
        ]
        return Page(template: "people", title: organization.name, model: model, crumbs: [("/console/people", Catalogue.phrase("people", visit.language))])
    }

    private func audit(_ visit: Visit) async throws -> Page {
        let organization = try organization(visit)
        var query = AuditLog.Query()
        query.limit = Self.auditLimit
        query.after = visit.query("after").flatMap { Int64($0) }
        query.actor = visit.query("actor")
        let entries = try tenancy.audit.entries(of: organization.id, query)
        var model: JSONObject = ["entries": .array(entries.map(Self.entry)), "hasEntries": .bool(!entries.isEmpty), "actor": .string(query.actor ?? "")]
        model["auditPath"] = .string("\(try path(visit))/audit")
        if entries.count == Int(Self.auditLimit), let last = entries.last?["id"]?.intValue {
            model["olderPath"] = .string(Address.with("\(try path(visit))/audit", [("actor", query.actor), ("after", "\(last)")]))
        }
        return Page(
            template: "audit", title: Catalogue.phrase("audit", visit.language), model: model,
            crumbs: [("/console/people", Catalogue.phrase("people", visit.language)), (try path(visit), organization.name)])
    }

    // MARK: What can be done

    private func invite(_ visit: Visit, _ form: Form) async throws -> Outcome {
        let role = try role(form, visit)
        let (invitation, token, isMailed) = try await organizations.invite(
            form["email"], as: role, app: app(form), to: organization(visit).id, by: visit.context.requirePrincipal().name, visit.language)
        var flash = Flash(isMailed ? Phrases.invitedByMail(invitation.email) : Phrases.invited(invitation.email))
        flash.secretTitle = "invitationLink"
        flash.secret = "\(visit.origin)/console/invitation?token=\(token)"
        return .go(try path(visit), flash)
    }

    private func takeBack(_ visit: Visit, _ form: Form) async throws -> Outcome {
        try await organizations.removeInvitation(visit.name("invitation"), of: organization(visit).id)
        return .go(try path(visit), Flash(Phrases.invitationTakenBack))
    }

    private func setRole(_ visit: Visit, _ form: Form) async throws -> Outcome {
        try await tenancy.setRole(role(form, visit), of: account(visit), app: app(form), if: form.precondition, visit.context)
        return .go(try path(visit), Flash(Phrases.roleChanged))
    }

    private func remove(_ visit: Visit, _ form: Form) async throws -> Outcome {
        try await tenancy.removeMember(account(visit), app: app(form), if: form.precondition, visit.context)
        return .go(try path(visit), Flash(Phrases.memberRemoved))
    }

    private func role(_ form: Form, _ visit: Visit) throws -> Role { try tenancy.role(named: form["role"], visit.context) }

    /// The app that a role is limited to; nothing for the whole organization.
    private func app(_ form: Form) throws -> AppID? {
        guard let text = form.text("app") else { return nil }
        guard let app = AppID(text) else { throw SampanError.badMember("app", Localized("an app of the organization", zh: "该组织的应用")) }
        return app
    }

    private func account(_ visit: Visit) throws -> AccountID {
        guard let id = AccountID(try visit.name("account")) else { throw SampanError.nothingHere }
        return id
    }

    // MARK: What is shown

    private func member(_ membership: Membership, _ roles: [Role], mayManage: Bool, _ visit: Visit) -> JSON {
        // Whoever may do more than the visitor is not theirs to change.
        let isTheirs = mayManage && roles.contains(membership.role)
        return [
            "memberName": .string(membership.name), "email": .string(membership.email), "account": .string(membership.account.text),
            "roleName": .string(Catalogue.phrase("role-\(membership.role.rawValue)", visit.language)), "since": Showing.time(membership.createdAt),
            "mayChange": .bool(isTheirs), "choices": .array(roles.map { role($0, selected: $0 == membership.role, visit.language) }),
            "app": .string(membership.app?.text ?? ""), "inApp": membership.app.flatMap { try? organizations.app($0).name }.map { .string($0) } ?? .null,
        ]
    }

    private func invitation(_ invitation: Invitation, _ language: Language) -> JSON {
        [
            "invitation": .string(invitation.id), "email": .string(invitation.email), "by": .string(invitation.invitedBy),
            "roleName": .string(Catalogue.phrase("role-\(invitation.role.rawValue)", language)), "until": Showing.time(invitation.expiresAt),
            "inApp": invitation.app.flatMap { try? organizations.app($0).name }.map { .string($0) } ?? .null,
        ]
    }

    private func role(_ role: Role, selected: Bool, _ language: Language) -> JSON {
        [
            "role": .string(role.rawValue), "roleName": .string(Catalogue.phrase("role-\(role.rawValue)", language)), "isSelected": .bool(selected),
            "roleMeaning": .string(Catalogue.phrase("roleMeaning-\(role.rawValue)", language)),
        ]
    }

    private static func entry(_ entry: JSON) -> JSON {
        var shown: JSONObject = [
            "action": entry["action"] ?? "", "target": entry["target"] ?? "", "actorName": entry["actor"]?["name"] ?? "",
            "at": Showing.time(entry["at"]?.intValue ?? 0), "ip": entry["clientIp"] ?? "",
        ]
        for (name, member) in [("before", "was"), ("after", "became")] {
            if let value = entry[name], !value.isNull { shown[member] = .string(value.forReading) }
        }
        shown["hasDetails"] = .bool(shown["was"] != nil || shown["became"] != nil)
        return .object(shown)
    }
}
