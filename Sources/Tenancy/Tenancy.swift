public import Foundation
public import HTTPSupport
internal import Hummingbird
public import Kernel
public import Storage
internal import Synchronization

/// Organizations with their people, environments with their settings and keys, and who may manage what.
///
/// Everything that a request needs to know is held in memory and written through to `control.sqlite`.
public final class Tenancy: Sendable {
    private struct State {
        var environments: [EnvironmentID: Environment] = [:]
        var settings: [EnvironmentID: EnvironmentSettings] = [:]
        /// Management keys by the hash of their secret, and access keys by their id, as they were last looked up.
        var managementKeys: [String: Key] = [:]
        var accessKeys: [String: (Key, secret: String)] = [:]
        /// When keys were used since that was last written down.
        var keyUses: [String: Int64] = [:]
        var signInTokens: Set<String> = []
    }

    /// How long a deleted environment can be restored.
    public static let graceMilliseconds: Int64 = 7 * 86_400_000
    private static let cachedKeysMax = 10_000
    private static let keyMillisecondsMax: Int64 = 10 * 366 * 86_400_000

    /// The people.
    public let accounts: Accounts
    /// What they work in.
    public let organizations: Organizations
    /// What they did.
    public let audit: AuditLog
    private let store: TenancyStore
    private let state: Mutex<State>
    private let changes = Turns<EnvironmentID>()
    private let sealer: Sealer
    private let clock: WallClock
    private let operatorKeyHash: String

    /// Opens tenancy in the control database.
    /// - Parameters:
    ///   - commonPasswords: a sorted list of passwords that nobody may use; `nil` where there is none.
    ///   - mail: how accounts send mail.
    public init(control: Database, sealer: Sealer, operatorKey: String, commonPasswords: URL? = nil, mail: any AccountMail, clock: WallClock) throws {
        try control.migrate(tenancyMigrations)
        store = TenancyStore(control: control)
        audit = AuditLog(control: control, clock: clock)
        accounts = Accounts(control: control, sealer: sealer, rules: PasswordRules(commonPasswords: commonPasswords), mail: mail, clock: clock)
        organizations = try Organizations(control: control, accounts: accounts, mail: mail, clock: clock)
        self.sealer = sealer
        self.clock = clock
        operatorKeyHash = operatorKey.sha256Hex
        try store.adoptEnvironments(by: organizations.first())
        var state = State()
        for (environment, settings) in try store.environments() {
            state.environments[environment.id] = environment
            state.settings[environment.id] = try EnvironmentSettings(stored: settings, sealer)
        }
        self.state = Mutex(state)
    }

    // MARK: Environments

    /// All environments, oldest first.
    public func environments() -> [Environment] {
        state.withLock { $0.environments.values.sorted { ($0.createdAt, $0.id.text) < ($1.createdAt, $1.id.text) } }
    }

    /// The environments that somebody has a role in, oldest first.
    public func environments(for principal: Principal) -> [Environment] {
        environments().filter { permissions(of: principal, in: $0.id).contains(.environmentsRead) }
    }

    /// The environment, whatever its status.
    public func environment(_ id: EnvironmentID) throws -> Environment {
        guard let environment = state.withLock({ $0.environments[id] }) else { throw SampanError.noEnvironment(id.text) }
        return environment
    }

    /// Throws unless the environment exists and serves, and its organization as well.
    public func requireActive(_ id: EnvironmentID) throws {
        let environment = try environment(id)
        switch environment.status {
        case .active:
            guard try organizations.find(environment.organization).status == .suspended else { return }
            throw SampanError.organizationSuspended
        case .suspended:
            throw SampanError(
                "ENVIRONMENT_SUSPENDED", status: 403, Localized("Environment \(id) is suspended.", zh: "环境 \(id) 已停用。"),
                remedy: Localized("Its operator can resume it with `sampan env resume`.", zh: "管理员可用 `sampan env resume` 恢复。"))
        case .deleted: throw SampanError.noEnvironment(id.text)
        }
    }

    /// Makes an environment.
    /// - Parameter organization: whose it is; the first one's unless said.
    public func create(
        name: String, in organization: OrganizationID? = nil, app: AppID? = nil, stage: Environment.Stage = .development
    ) async throws -> Environment {
        let owner = try organization ?? organizations.first()
        if let app { try requireApp(app, of: owner) }
        let environment = Environment(
            id: .random(), organization: owner, app: app, name: try PeopleName.checked(name), stage: stage, status: .active, createdAt: clock.now())
        let settings = EnvironmentSettings()
        try await store.insert(environment, settings: settings.stored(sealer))
        state.withLock {
            $0.environments[environment.id] = environment
            $0.settings[environment.id] = settings
        }
        AuditNote.belongs(to: owner, environment.id)
        AuditNote.changed("environment \(environment.id)", to: environment.json)
        return environment
    }

    /// Changes the status: suspend, resume, delete with grace, restore.
    public func setStatus(_ status: Environment.Status, of id: EnvironmentID) async throws -> Environment {
        try await change(id) { [clock] environment in
            environment.status = status
            environment.deleteAfter = status == .deleted ? clock.now() + Self.graceMilliseconds : nil
        }
    }

    /// Changes the members that `patch` has: `name`, `stage`, `app` (`null`: of no app).
    public func change(_ id: EnvironmentID, _ patch: JSONObject) async throws -> Environment {
        let name = try patch.optionalText("name").map { try PeopleName.checked($0) }
        let stage = try patch.optionalText("stage").map { text in
            guard let stage = Environment.Stage(rawValue: text) else {
                throw SampanError.badMember("stage", Localized("development or production", zh: " development 或 production"))
            }
            return stage
        }
        let app = try patch.optionalText("app").map { text in
            guard let app = AppID(text) else { throw SampanError.noApp(text) }
            try requireApp(app, of: environment(id).organization)
            return app
        }
        return try await change(id) { environment in
            environment.name = name ?? environment.name
            environment.stage = stage ?? environment.stage
            if patch["app"] != nil { environment.app = app }
        }
    }

    /// An app of another organization answers like one that does not exist.
    private func requireApp(_ app: AppID, of organization: OrganizationID) throws {
        guard organizations.organization(of: app) == organization else { throw SampanError.noApp(app.text) }
    }

    private func change(_ id: EnvironmentID, _ body: @escaping @Sendable (inout Environment) -> Void) async throws -> Environment {
        try await changes.inTurn(id) { [self] in
            let before = try environment(id)
            var environment = before
            body(&environment)
            try await store.update(environment)
            state.withLock { [environment] in $0.environments[id] = environment }
            AuditNote.changed("environment \(id)", from: before.json, to: environment.json)
            return environment
        }
    }

    /// Removes an app that no environment is of any more.
    public func removeApp(_ id: AppID) async throws {
        guard !environments().contains(where: { $0.app == id }) else {
            throw SampanError(
                "APP_IN_USE", status: 409, Localized("Environments belong to this app.", zh: "仍有环境属于该应用。"),
                remedy: Localized("Delete them or take them out of the app first.", zh: "请先删除这些环境或将其移出该应用。"))
        }
        try await organizations.removeApp(id)
    }

    /// Environments whose grace period is over.
    public func expired() -> [EnvironmentID] {
        let now = clock.now()
        return state.withLock { $0.environments.values.filter { $0.status == .deleted && ($0.deleteAfter ?? now) <= now }.map(\.id) }
    }

    /// Forgets an environment after its files are gone.
    public func forget(_ id: EnvironmentID) async throws {
        try await store.remove(id)
        state.withLock {
            $0.environments[id] = nil
            $0.settings[id] = nil
            $0.managementKeys = $0.managementKeys.filter { $0.value.environment != id }
            $0.accessKeys = $0.accessKeys.filter { $0.value.0.environment != id }
        }
    }

    // MARK: Settings

    /// The settings of an environment.
    public func settings(_ id: EnvironmentID) throws -> EnvironmentSettings {
        guard let settings = state.withLock({ $0.settings[id] }) else { throw SampanError.noEnvironment(id.text) }
        return settings
    }

    /// The settings as they may be shown.
    public func shownSettings(_ id: EnvironmentID) throws -> JSON { try settings(id).shown }

    /// Changes the members that `patch` has; `null` removes one.
    /// - Parameter mayChangeGateways: whether the caller may let the server itself send requests elsewhere, from where functions could not.
    public func changeSettings(_ id: EnvironmentID, _ patch: JSONObject, mayChangeGateways: Bool = true) async throws {
        try await changes.inTurn(id) { [self] in
            let before = try settings(id)
            var settings = before
            try settings.apply(patch)
            let movesGateways = settings.wechat.gateway != before.wechat.gateway || settings.alipay.gateway != before.alipay.gateway
            guard mayChangeGateways || !movesGateways else { throw SampanError.operatorOnly }
            try await store.update(id, settings: settings.stored(sealer))
            state.withLock { [settings] in $0.settings[id] = settings }
            AuditNote.changed("settings of \(id)", from: before.shown, to: settings.shown)
        }
    }

    // MARK: Keys

    /// The keys of an environment, without secrets.
    public func keys(_ id: EnvironmentID) throws -> [Key] {
        _ = try environment(id)
        return try store.keys(of: id).map(withUse)
    }

    /// The keys of an organization, without secrets.
    public func keys(of id: OrganizationID) throws -> [Key] { try store.keys(of: id).map(withUse) }

    private func withUse(_ key: Key) -> Key {
        var key = key
        key.lastUsedAt = state.withLock { $0.keyUses[key.id] } ?? key.lastUsedAt
        return key
    }

    /// Makes a key of an environment.
    /// - Returns: the key and its secret, which cannot be read again.
    public func createKey(
        _ id: EnvironmentID, name: String, kind: Key.Kind, role: Role = .developer, expiresAt: Int64? = nil
    ) async throws -> (Key, secret: String) {
        _ = try environment(id)
        return try await createKey(name, kind, role, expiresAt, organization: nil, environment: id)
    }

    /// Makes a key that reaches a whole organization.
    /// - Returns: the key and its secret, which cannot be read again.
    public func createKey(of id: OrganizationID, name: String, role: Role, expiresAt: Int64? = nil) async throws -> (Key, secret: String) {
        _ = try organizations.find(id)
        return try await createKey(name, .management, role, expiresAt, organization: id, environment: nil)
    }

    private func createKey(
        _ name: String, _ kind: Key.Kind, _ role: Role, _ expiresAt: Int64?, organization: OrganizationID?, environment: EnvironmentID?
    ) async throws -> (Key, secret: String) {
        let now = clock.now()
        guard name.count <= 60 else { throw SampanError.badMember("name", Localized("at most 60 characters", zh: "至多 60 个字符")) }
        if let expiresAt, expiresAt <= now || expiresAt > now + Self.keyMillisecondsMax {
            throw SampanError.badMember("expiresAt", Localized("a time in the next ten years, in milliseconds", zh: "十年以内的未来时间（毫秒）"))
        }
        let secret = kind == .management ? "sk-" + RandomText.make(40) : RandomText.make(40)
        let key = Key(
            id: (kind == .access ? "ak-" : "key-") + RandomText.make(12, alphabet: RandomText.readable), organization: organization,
            environment: environment, name: name, kind: kind, role: role, createdAt: now, expiresAt: expiresAt, lastUsedAt: nil)
        try await store.insert(key, secretHash: secret.sha256Hex, sealedSecret: kind == .access ? sealer.seal(secret) : nil)
        AuditNote.changed("key \(key.id)", to: .object(key.json))
        return (key, secret)
    }

    /// Revokes a key of an environment at once.
    public func removeKey(_ keyID: String, of id: EnvironmentID) async throws {
        guard try await store.removeKey(keyID, of: id) else { throw SampanError.noKey(keyID) }
        forget(keyID)
    }

    /// Revokes a key of an organization at once.
    public func removeKey(_ keyID: String, of id: OrganizationID) async throws {
        guard try await store.removeKey(keyID, of: id) else { throw SampanError.noKey(keyID) }
        forget(keyID)
    }

    private func forget(_ keyID: String) {
        state.withLock {
            $0.managementKeys = $0.managementKeys.filter { $0.value.id != keyID }
            $0.accessKeys[keyID] = nil
            $0.keyUses[keyID] = nil
        }
        AuditNote.changed("key \(keyID)", from: true)
    }

    /// The environment and secret of an access key; `nil` for an unknown or expired one.
    public func accessKey(_ id: String) throws -> (EnvironmentID, secret: String)? {
        guard let (key, secret) = try state.withLock({ $0.accessKeys[id] }) ?? lookUpAccessKey(id), let environment = key.environment else { return nil }
        return use(key) ? (environment, secret: secret) : nil
    }

    private func lookUpAccessKey(_ id: String) throws -> (Key, secret: String)? {
        guard let (key, sealed) = try store.accessKey(id) else { return nil }
        let entry = (key, secret: try sealer.open(sealed))
        state.withLock {
            if $0.accessKeys.count >= Self.cachedKeysMax { $0.accessKeys.removeAll() }
            $0.accessKeys[id] = entry
        }
        return entry
    }

    /// Notes that a key is used; `false` when it has expired.
    private func use(_ key: Key) -> Bool {
        let now = clock.now()
        guard key.isAlive(at: now) else { return false }
        state.withLock { $0.keyUses[key.id] = now }
        return true
    }

    // MARK: Who calls

    /// Whose a bearer's token is: the operator's key, an API key, or a session's; `nil` for an unknown one.
    public func principal(ofKey token: String) throws -> Principal? {
        if token.hasPrefix("st-") { return try principal(ofSession: token) }
        let hash = token.sha256Hex
        if hash == operatorKeyHash { return .operatorKey(session: nil) }
        guard let key = try state.withLock({ $0.managementKeys[hash] }) ?? lookUpManagementKey(hash), use(key) else { return nil }
        let scope: Grant.Scope? = key.environment.map { .environment($0) } ?? key.organization.map { .organization($0) }
        return Principal(kind: .key(key.id), name: key.name, grants: scope.map { [Grant(key.role, at: $0)] } ?? [])
    }

    private func lookUpManagementKey(_ hash: String) throws -> Key? {
        guard let key = try store.managementKey(secretHash: hash) else { return nil }
        state.withLock {
            if $0.managementKeys.count >= Self.cachedKeysMax { $0.managementKeys.removeAll() }
            $0.managementKeys[hash] = key
        }
        return key
    }

    /// Who has begun a session; `nil` when it has ended.
    public func principal(ofSession token: String) throws -> Principal? {
        guard let session = try accounts.session(token) else { return nil }
        guard let id = session.account else { return .operatorKey(session: session.id) }
        guard let account = try accounts.find(id) else { return nil }
        let grants = try organizations.grants(of: id) + (account.isOperator ? [Grant(.owner, at: .platform)] : [])
        return Principal(kind: .account(id), name: account.email, session: session.id, grants: grants)
    }

    /// What somebody may do in an environment, an app or an organization; nothing where it does not exist.
    public func permissions(of principal: Principal, in environment: EnvironmentID) -> Set<Permission> {
        guard let found = state.withLock({ $0.environments[environment] }) else { return [] }
        return permissions(of: principal, at: Authorities.Place(organization: found.organization, app: found.app, environment: environment))
    }

    /// What somebody may do in an organization; nothing where it does not exist.
    public func permissions(of principal: Principal, in organization: OrganizationID) -> Set<Permission> {
        permissions(of: principal, at: Authorities.Place(organization: organization))
    }

    private func permissions(of principal: Principal, at place: Authorities.Place) -> Set<Permission> {
        guard let organization = place.organization, let found = try? organizations.find(organization) else { return [] }
        let permissions = Authorities.permissions(of: principal, at: place)
        // Its people can look at what there is, until the operator resumes it.
        return found.status == .active || principal.isOperator ? permissions : permissions.filter { $0.rawValue.hasSuffix(".read") }
    }

    /// The organization that a request's body names, in which `principal` may do this.
    ///
    /// Without a name: the only one where they may, or the first for the platform's operator.
    public func organization(named name: String?, for principal: Principal, doing permission: Permission) throws -> OrganizationID {
        guard let name else {
            let candidates = organizations.all().map(\.id).filter { permissions(of: principal, in: $0).contains(permission) }
            if principal.isOperator || candidates.count == 1, let first = candidates.first { return first }
            if candidates.isEmpty { throw SampanError.lacking(permission) }
            throw SampanError.badMember("organization", Localized("one of your organizations", zh: "您的组织之一"))
        }
        guard let id = OrganizationID(name) else { throw SampanError.noOrganization(name) }
        let theirs = permissions(of: principal, in: id)
        if theirs.contains(permission) { return id }
        throw theirs.isEmpty ? SampanError.noOrganization(name) : SampanError.lacking(permission)
    }

    /// What somebody may do with what a path names; nothing where it does not exist.
    func authority(of principal: Principal, over parameters: Parameters) -> Authority {
        if let name = parameters.get("env") {
            guard let id = EnvironmentID(name), let found = state.withLock({ $0.environments[id] }) else { return Authority(permissions: []) }
            return Authority(permissions: permissions(of: principal, in: id), environment: id, organization: found.organization)
        }
        if let name = parameters.get("app") {
            guard let id = AppID(name), let organization = organizations.organization(of: id) else { return Authority(permissions: []) }
            let place = Authorities.Place(organization: organization, app: id)
            return Authority(permissions: permissions(of: principal, at: place), organization: organization)
        }
        if let name = parameters.get("organization") {
            guard let id = OrganizationID(name) else { return Authority(permissions: []) }
            return Authority(permissions: permissions(of: principal, in: id), organization: id)
        }
        // The path names nothing: what they may do somewhere.
        let somewhere = principal.grants.reduce(into: Set<Permission>()) { $0.formUnion(Authorisation.permissions(of: $1.role)) }
        return Authority(permissions: principal.isOperator ? Set(Permission.allCases) : somewhere)
    }

    /// Whether an organization is one of somebody's, if only through one of its apps or environments.
    func sees(_ principal: Principal, _ organization: OrganizationID) -> Bool {
        principal.grants.contains { grant in
            switch grant.scope {
            case .platform: true
            case .organization(let own): own == organization
            case .app(let app): organizations.organization(of: app) == organization
            case .environment(let environment): (try? self.environment(environment).organization) == organization
            }
        }
    }

    /// Writes down what somebody did about their own account, where the organizations that they work in can see it.
    public func record(_ action: String, by account: Account, _ context: SampanRequestContext) async throws {
        let principal = Principal(kind: .account(account.id), name: account.email, grants: try organizations.grants(of: account.id))
        let places = organizations.all().map(\.id).filter { sees(principal, $0) }
        for organization in places.isEmpty ? [nil] : places.map(Optional.some) {
            var entry = AuditEntry(action, by: principal, context, target: "account \(account.id)")
            entry.organization = organization
            try await audit.record(entry)
        }
    }

    // MARK: Console sign-in

    /// A token for one sign-in to the console, valid until used or until the server stops.
    public func makeSignInToken() -> String {
        let token = RandomText.make(32)
        state.withLock { _ = $0.signInTokens.insert(token.sha256Hex) }
        return token
    }

    /// Trades a sign-in token, or the operator's key, for a session.
    /// - Returns: the session's token for a cookie, `nil` when the token is unknown or was used.
    public func signIn(with token: String, _ client: Accounts.Client = .init(userAgent: "", ip: "")) async throws -> String? {
        let hash = token.sha256Hex
        guard hash == operatorKeyHash || state.withLock({ $0.signInTokens.remove(hash) != nil }) else { return nil }
        return try await accounts.beginOperatorSession(client)
    }

    /// Ends a console session.
    public func signOut(_ token: String) async throws { try await accounts.signOut(token) }

    // MARK: Upkeep

    /// Writes down which keys and sessions were used, and removes sessions that have expired.
    public func sweep() async throws {
        let uses = state.withLock { state in
            defer { state.keyUses = [:] }
            return state.keyUses
        }
        for (key, at) in uses { try await store.touchKey(key, now: at) }
        try await accounts.sweep()
    }
}

extension Principal {
    /// The operator, who has shown the operator's key or come by a one-time link.
    static func operatorKey(session: String?) -> Principal {
        Principal(kind: .operatorKey, name: "operator", session: session, grants: [Grant(.owner, at: .platform)])
    }
}

extension SampanError {
    /// 404 for an environment that does not exist, or that the caller has no business with.
    public static func noEnvironment(_ id: String) -> SampanError {
        notFound(
            "ENVIRONMENT_NOT_FOUND", Localized("There is no environment \(id.prefix(60)).", zh: "不存在环境 \(id.prefix(60))。"),
            remedy: Localized("`sampan env list` lists those that your key reaches.", zh: "可用 `sampan env list` 查看密钥可访问的环境。"))
    }

    static func noKey(_ id: String) -> SampanError {
        notFound(
            "KEY_NOT_FOUND", Localized("There is no key \(id.prefix(40)).", zh: "不存在密钥 \(id.prefix(40))。"),
            remedy: Localized("`sampan env keys` lists them.", zh: "可用 `sampan env keys` 查看。"))
    }

    static let organizationSuspended = SampanError(
        "ORGANIZATION_SUSPENDED", status: 403, Localized("The organization is suspended.", zh: "该组织已停用。"),
        remedy: Localized("The platform's operator can resume it.", zh: "平台管理员可恢复。"))
}
