public import HTTPSupport
public import Kernel
internal import Storage
internal import Synchronization

/// Organizations with their apps, members and invitations.
///
/// Organizations and apps are held in memory, since every request asks which organization an environment is of.
public final class Organizations: Sendable {
    private struct State {
        var organizations: [OrganizationID: Organization] = [:]
        var apps: [AppID: App] = [:]
    }

    private static let invitationMilliseconds: Int64 = 7 * 86_400_000

    private let store: OrganizationStore
    private let accounts: Accounts
    private let mail: any AccountMail
    private let clock: WallClock
    private let state: Mutex<State>
    private let changes = Turns<String>()

    init(control: Database, accounts: Accounts, mail: any AccountMail, clock: WallClock) throws {
        store = OrganizationStore(control: control)
        self.accounts = accounts
        self.mail = mail
        self.clock = clock
        var state = State()
        for organization in try store.organizations() { state.organizations[organization.id] = organization }
        for app in try store.apps() { state.apps[app.id] = app }
        self.state = Mutex(state)
    }

    // MARK: Organizations

    /// All, oldest first.
    public func all() -> [Organization] {
        state.withLock { $0.organizations.values.sorted { ($0.createdAt, $0.id.text) < ($1.createdAt, $1.id.text) } }
    }

    /// One of them.
    public func find(_ id: OrganizationID) throws -> Organization {
        guard let found = state.withLock({ $0.organizations[id] }) else { throw SampanError.noOrganization(id.text) }
        return found
    }

    /// The one that was there first; made when there is none.
    func first() throws -> OrganizationID {
        if let first = all().first { return first.id }
        let organization = Organization(id: .random(), name: "default", kind: .merchant, status: .active, createdAt: clock.now())
        try store.insertNow(organization)
        state.withLock { $0.organizations[organization.id] = organization }
        return organization.id
    }

    /// Makes one; it has no members until somebody accepts an invitation.
    public func create(name: String, kind: Organization.Kind) async throws -> Organization {
        let organization = Organization(id: .random(), name: try PeopleName.checked(name), kind: kind, status: .active, createdAt: clock.now())
        try await store.insert(organization)
        state.withLock { $0.organizations[organization.id] = organization }
        AuditNote.belongs(to: organization.id)
        AuditNote.changed("organization \(organization.id)", to: .object(organization.json))
        return organization
    }

    /// Changes its name.
    public func rename(_ id: OrganizationID, _ name: String, if precondition: Precondition = .none) async throws -> Organization {
        let name = try PeopleName.checked(name)
        return try await change(id, if: precondition) { $0.name = name }
    }

    /// Suspends or resumes it.
    public func setStatus(_ status: Organization.Status, of id: OrganizationID, if precondition: Precondition = .none) async throws -> Organization {
        try await change(id, if: precondition) { $0.status = status }
    }

    private func change(
        _ id: OrganizationID, if precondition: Precondition, _ body: @escaping @Sendable (inout Organization) -> Void
    ) async throws -> Organization {
        try await changes.inTurn(id.text) { [self] in
            let before = try find(id)
            try precondition.require(EntityTag(of: .object(before.json)))
            var organization = before
            body(&organization)
            try await store.update(organization)
            state.withLock { [organization] in $0.organizations[id] = organization }
            AuditNote.changed("organization \(id)", from: .object(before.json), to: .object(organization.json))
            return organization
        }
    }

    // MARK: Apps

    /// The apps of an organization, oldest first.
    public func apps(of organization: OrganizationID) -> [App] {
        state.withLock { state in
            state.apps.values.filter { $0.organization == organization }.sorted { ($0.createdAt, $0.id.text) < ($1.createdAt, $1.id.text) }
        }
    }

    /// One of them.
    public func app(_ id: AppID) throws -> App {
        guard let found = state.withLock({ $0.apps[id] }) else { throw SampanError.noApp(id.text) }
        return found
    }

    func organization(of app: AppID) -> OrganizationID? { state.withLock { $0.apps[app]?.organization } }

    /// What a request says of an app; absent members keep what they are.
    public struct AppChange: Sendable {
        let name: String?
        let alipayAppID: String?
        let wechatAppID: String?

        init(_ body: JSONObject) throws {
            func appID(_ member: String) throws -> String? {
                guard let text = try body.optionalText(member) else { return nil }
                guard text.utf8.count <= 64, text.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
                    throw SampanError.badMember(member, Localized("the platform's id of the mini program", zh: "平台的小程序 AppID"))
                }
                return text
            }
            name = try body.optionalText("name").map { try PeopleName.checked($0) }
            alipayAppID = try appID("alipayAppId")
            wechatAppID = try appID("wechatAppId")
        }

        /// What a form says of an app: all of it, with an empty platform id for none.
        public init(name: String, alipayAppID: String, wechatAppID: String) throws {
            try self.init(["name": .string(name), "alipayAppId": .string(alipayAppID), "wechatAppId": .string(wechatAppID)])
        }
    }

    /// Makes an app.
    public func createApp(_ change: AppChange, in organization: OrganizationID) async throws -> App {
        guard let name = change.name else { throw SampanError.badMember("name", Localized("a text", zh: "文本")) }
        let app = App(
            id: .random(), organization: organization, name: name, alipayAppID: change.alipayAppID ?? "", wechatAppID: change.wechatAppID ?? "",
            createdAt: clock.now())
        try await save(app, before: nil)
        return app
    }

    /// Changes an app.
    public func changeApp(_ id: AppID, _ change: AppChange, if precondition: Precondition = .none) async throws -> App {
        try await changes.inTurn(id.text) { [self] in
            let before = try app(id)
            try precondition.require(EntityTag(of: .object(before.json)))
            var app = before
            app.name = change.name ?? app.name
            app.alipayAppID = change.alipayAppID ?? app.alipayAppID
            app.wechatAppID = change.wechatAppID ?? app.wechatAppID
            try await save(app, before: before)
            return app
        }
    }

    private func save(_ app: App, before: App?) async throws {
        try await store.save(app)
        state.withLock { $0.apps[app.id] = app }
        AuditNote.changed("app \(app.id)", from: before.map { .object($0.json) } ?? .null, to: .object(app.json))
    }

    /// Removes an app and the roles limited to it; who calls has seen that no environment is left in it.
    func removeApp(_ id: AppID, if precondition: Precondition) async throws {
        try await changes.inTurn(id.text) { [self] in
            let before = try app(id)
            try precondition.require(EntityTag(of: .object(before.json)))
            try await store.remove(id)
            state.withLock { _ = $0.apps.removeValue(forKey: id) }
            AuditNote.changed("app \(id)", from: .object(before.json))
        }
    }

    // MARK: Members

    /// What an account has been given, without what it has as the platform's operator.
    func grants(of account: AccountID) throws -> [Grant] { try store.grants(of: account) }

    /// Who works here, in which roles.
    public func members(of organization: OrganizationID) throws -> [Membership] { try store.members(of: organization) }

    /// The tag of all memberships together.
    public func membersTag(_ organization: OrganizationID) throws -> EntityTag {
        EntityTag(of: .array(try members(of: organization).map { .object($0.json) }))
    }

    /// Gives a member another role, or a role in an app.
    ///
    /// - Throws: `LAST_OWNER` when nobody would own the organization any more; 404 for somebody who is no member.
    public func setRole(
        _ role: Role, of account: AccountID, in organization: OrganizationID, app: AppID?, if precondition: Precondition = .none
    ) async throws {
        try await changes.inTurn(organization.text) { [self] in
            try precondition.require(membersTag(organization))
            let before = try roles(of: account, in: organization)
            guard before != [] else { throw SampanError.noAccount(account.text) }
            let now = clock.now()
            try await write(organization) { connection in
                try OrganizationStore.setRole(role, of: account, in: organization, app: app, now: now, connection)
            }
            AuditNote.changed("member \(account)", from: before, to: try roles(of: account, in: organization))
        }
    }

    private func roles(of account: AccountID, in organization: OrganizationID) throws -> JSON {
        .array(try members(of: organization).filter { $0.account == account }.map { .object($0.json) })
    }

    /// Takes a role away; the last one ends the membership.
    public func removeMember(_ account: AccountID, from organization: OrganizationID, app: AppID?, if precondition: Precondition = .none) async throws {
        try await changes.inTurn(organization.text) { [self] in
            try precondition.require(membersTag(organization))
            let before = try members(of: organization).filter { $0.account == account && $0.app == app }
            try await write(organization) { connection in
                guard try OrganizationStore.removeRole(of: account, in: organization, app: app, connection) else { throw SampanError.noAccount(account.text) }
            }
            AuditNote.changed("member \(account)", from: .array(before.map { .object($0.json) }))
        }
    }

    /// Makes another member the owner; `from` becomes an admin.
    public func transfer(_ organization: OrganizationID, from: AccountID?, to account: AccountID, if precondition: Precondition = .none) async throws {
        try await changes.inTurn(organization.text) { [self] in
            try precondition.require(membersTag(organization))
            guard try members(of: organization).contains(where: { $0.account == account && $0.app == nil }) else {
                throw SampanError.noAccount(account.text)
            }
            let now = clock.now()
            try await write(organization) { connection in
                try OrganizationStore.setRole(.owner, of: account, in: organization, app: nil, now: now, connection)
                if let from, from != account { try OrganizationStore.setRole(.admin, of: from, in: organization, app: nil, now: now, connection) }
            }
            AuditNote.changed("organization \(organization)", from: ["owner": from.map { .string($0.text) } ?? .null], to: ["owner": .string(account.text)])
        }
    }

    /// Changes members in one turn, after which the organization still has an owner if it had one.
    private func write(_ organization: OrganizationID, _ body: @escaping @Sendable (Connection) throws -> Void) async throws {
        try await store.control.write { connection in
            let hadOwner = try OrganizationStore.ownerCount(organization, connection) > 0
            try body(connection)
            if hadOwner, try OrganizationStore.ownerCount(organization, connection) == 0 { throw SampanError.lastOwner }
        }
    }

    // MARK: Invitations

    /// Invitations that can still be accepted.
    public func invitations(of organization: OrganizationID) throws -> [Invitation] { try store.invitations(of: organization, now: clock.now()) }

    /// Invites somebody, by mail where mail is configured.
    /// - Returns: the invitation and the token of its link, for who hands it over otherwise.
    public func invite(
        _ email: String, as role: Role, app: AppID?, to organization: OrganizationID, by inviter: String, _ language: Language
    ) async throws -> (Invitation, token: String, isMailed: Bool) {
        if let app { guard self.organization(of: app) == organization else { throw SampanError.noApp(app.text) } }
        let now = clock.now()
        let token = "inv-" + RandomText.make(40)
        let invitation = Invitation(
            id: "iv-" + RandomText.make(12, alphabet: RandomText.readable), organization: organization, email: try EmailAddress.checked(email), app: app,
            role: role, invitedBy: inviter, createdAt: now, expiresAt: now + Self.invitationMilliseconds)
        try await store.insert(invitation, tokenHash: token.sha256Hex)
        AuditNote.changed("invitation \(invitation.id)", to: .object(invitation.json))
        let name = try find(organization).name
        let isMailed = (try? mail.requireConfigured()) != nil
        if isMailed { try mail.send(.invitation(token: token, organization: name, from: inviter), to: invitation.email, language) }
        return (invitation, token, isMailed)
    }

    /// Takes an invitation back.
    public func removeInvitation(_ id: String, of organization: OrganizationID) async throws {
        let isGone = try await store.control.write { try OrganizationStore.removeInvitation(id, of: organization, $0) }
        guard isGone else {
            throw SampanError.notFound(
                "INVITATION_NOT_FOUND", Localized("There is no invitation \(id.prefix(40)).", zh: "不存在邀请 \(id.prefix(40))。"),
                remedy: Localized("It may have been accepted or has lapsed.", zh: "它可能已被接受或已过期。"))
        }
        AuditNote.changed("invitation \(id)", from: true)
    }

    /// What a link's token invites to; `nil` when it is used, taken back or too old.
    public func invitation(token: String) throws -> (Invitation, Organization)? {
        guard let invitation = try store.invitation(tokenHash: token.sha256Hex, now: clock.now()) else { return nil }
        return (invitation, try find(invitation.organization))
    }

    /// Accepts an invitation as somebody who has an account, whose email it must be.
    public func accept(token: String, as account: Account) async throws -> Organization {
        guard let (invitation, organization) = try invitation(token: token) else { throw SampanError.linkUsed }
        guard invitation.email == account.email else { throw SampanError.notInvited }
        try await take(invitation) { _ in account.id }
        return organization
    }

    /// Accepts an invitation and makes the account, whose email the invitation names.
    public func accept(token: String, name: String, password: String) async throws -> (Account, Organization) {
        guard let (invitation, organization) = try invitation(token: token) else { throw SampanError.linkUsed }
        let (account, hash) = try await accounts.prepare(email: invitation.email, name: name, password: password)
        try await take(invitation) { connection in
            try AccountStore.insert(account, passwordHash: hash, connection)
            return account.id
        }
        return (account, organization)
    }

    /// All of it or nothing: an account without its role would be stuck.
    private func take(_ invitation: Invitation, _ account: @escaping @Sendable (Connection) throws -> AccountID) async throws {
        let now = clock.now()
        try await store.control.write { connection in
            guard try OrganizationStore.removeInvitation(invitation.id, of: invitation.organization, connection) else { throw SampanError.linkUsed }
            try OrganizationStore.setRole(
                invitation.role, of: account(connection), in: invitation.organization, app: invitation.app, now: now, connection)
        }
        AuditNote.belongs(to: invitation.organization)
        AuditNote.changed("invitation \(invitation.id)", from: .object(invitation.json), to: "accepted")
    }
}

extension SampanError {
    static let lastOwner = SampanError(
        "LAST_OWNER", status: 409, Localized("An organization needs an owner.", zh: "组织至少需要一位所有者。"),
        remedy: Localized("Make somebody else the owner first.", zh: "请先把所有权转给他人。"))
    static let notInvited = forbidden(
        "NOT_INVITED", Localized("The invitation is for another email.", zh: "该邀请发给了另一个邮箱。"),
        remedy: Localized("Sign in with the account of that email, or ask for an invitation to yours.", zh: "请用该邮箱的账号登录，或请对方邀请您的邮箱。"))
}
