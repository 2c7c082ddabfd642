internal import Foundation
public import HTTPSupport
public import Kernel
public import Storage
internal import Synchronization

/// Environments, their settings and keys, and who may manage them.
///
/// Everything that a request needs to know is held in memory and written through to `control.sqlite`.
public final class Tenancy: Sendable {
    private struct State {
        var environments: [EnvironmentID: Environment] = [:]
        var settings: [EnvironmentID: EnvironmentSettings] = [:]
        var managers: [String: EnvironmentID] = [:]
        var accessKeys: [String: (EnvironmentID, secret: String)] = [:]
        var signInTokens: Set<String> = []
    }

    /// How long a deleted environment can be restored.
    public static let graceMilliseconds: Int64 = 7 * 86_400_000
    private static let sessionMilliseconds: Int64 = 30 * 86_400_000
    private static let cachedKeysMax = 10_000

    private let store: TenancyStore
    private let state: Mutex<State>
    private let sealer: Sealer
    private let clock: WallClock
    private let operatorKeyHash: String

    /// Opens tenancy in the control database.
    public init(control: Database, sealer: Sealer, operatorKey: String, clock: WallClock) throws {
        try control.migrate(tenancyMigrations)
        store = TenancyStore(control: control)
        self.sealer = sealer
        self.clock = clock
        operatorKeyHash = operatorKey.sha256Hex
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

    /// The environment, whatever its status.
    public func environment(_ id: EnvironmentID) throws -> Environment {
        guard let environment = state.withLock({ $0.environments[id] }) else { throw SampanError.noEnvironment(id.text) }
        return environment
    }

    /// Throws unless the environment exists and serves.
    public func requireActive(_ id: EnvironmentID) throws {
        let environment = try environment(id)
        switch environment.status {
        case .active: return
        case .suspended:
            throw SampanError(
                "ENVIRONMENT_SUSPENDED", status: 403, Localized("Environment \(id) is suspended.", zh: "环境 \(id) 已停用。"),
                remedy: Localized("Its operator can resume it with `sampan env resume`.", zh: "管理员可用 `sampan env resume` 恢复。"))
        case .deleted: throw SampanError.noEnvironment(id.text)
        }
    }

    /// Makes an environment.
    public func create(name: String) async throws -> Environment {
        let trimmed = name.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !trimmed.isEmpty, trimmed.count <= 60, !trimmed.unicodeScalars.contains(where: { $0.value < 32 }) else {
            throw SampanError.badMember("name", Localized("1 to 60 characters", zh: " 1 到 60 个字符"))
        }
        let environment = Environment(id: .random(), name: trimmed, status: .active, createdAt: clock.now())
        let settings = EnvironmentSettings()
        try await store.insert(environment, settings: settings.stored(sealer))
        state.withLock {
            $0.environments[environment.id] = environment
            $0.settings[environment.id] = settings
        }
        return environment
    }

    /// Changes the status: suspend, resume, delete with grace, restore.
    public func setStatus(_ status: Environment.Status, of id: EnvironmentID) async throws -> Environment {
        var environment = try environment(id)
        environment.status = status
        environment.deleteAfter = status == .deleted ? clock.now() + Self.graceMilliseconds : nil
        try await store.update(environment)
        state.withLock { $0.environments[id] = environment }
        return environment
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
            $0.managers = $0.managers.filter { $0.value != id }
            $0.accessKeys = $0.accessKeys.filter { $0.value.0 != id }
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
        let before = try settings(id)
        var settings = before
        try settings.apply(patch)
        let movesGateways = settings.wechat.gateway != before.wechat.gateway || settings.alipay.gateway != before.alipay.gateway
        guard mayChangeGateways || !movesGateways else { throw SampanError.operatorOnly }
        try await store.update(id, settings: settings.stored(sealer))
        state.withLock { [settings] in $0.settings[id] = settings }
    }

    // MARK: Keys

    /// The keys of an environment, without secrets.
    public func keys(_ id: EnvironmentID) throws -> [Key] {
        _ = try environment(id)
        return try store.keys(of: id)
    }

    /// Makes a key.
    /// - Returns: the key and its secret, which cannot be read again.
    public func createKey(_ id: EnvironmentID, name: String, kind: Key.Kind) async throws -> (Key, secret: String) {
        _ = try environment(id)
        guard name.count <= 60 else { throw SampanError.badMember("name", Localized("at most 60 characters", zh: "至多 60 个字符")) }
        let secret = kind == .management ? "sk-" + RandomText.make(40) : RandomText.make(40)
        let key = Key(
            id: (kind == .access ? "ak-" : "key-") + RandomText.make(12, alphabet: RandomText.readable), name: name, kind: kind, createdAt: clock.now())
        try await store.insert(key, of: id, secretHash: secret.sha256Hex, sealedSecret: kind == .access ? sealer.seal(secret) : nil)
        return (key, secret)
    }

    /// Revokes a key at once.
    public func removeKey(_ keyID: String, of id: EnvironmentID) async throws {
        guard try await store.removeKey(keyID, of: id) else {
            throw SampanError.notFound(
                "KEY_NOT_FOUND", Localized("There is no key \(keyID).", zh: "不存在密钥 \(keyID)。"),
                remedy: Localized("`sampan env keys` lists them.", zh: "可用 `sampan env keys` 查看。"))
        }
        state.withLock {
            $0.managers = $0.managers.filter { $0.value != id }
            $0.accessKeys[keyID] = nil
        }
    }

    /// Whose a management key is; `nil` for an unknown one.
    public func principal(ofKey key: String) throws -> Principal? {
        let hash = key.sha256Hex
        if hash == operatorKeyHash { return .operator }
        if let known = state.withLock({ $0.managers[hash] }) { return .environment(known) }
        guard let environment = try store.environment(managedBy: hash) else { return nil }
        state.withLock {
            if $0.managers.count >= Self.cachedKeysMax { $0.managers.removeAll() }
            $0.managers[hash] = environment
        }
        return .environment(environment)
    }

    /// The environment and secret of an access key; `nil` for an unknown one.
    public func accessKey(_ id: String) throws -> (EnvironmentID, secret: String)? {
        if let known = state.withLock({ $0.accessKeys[id] }) { return known }
        guard let (environment, sealed) = try store.accessKey(id) else { return nil }
        let entry = (environment, secret: try sealer.open(sealed))
        state.withLock {
            if $0.accessKeys.count >= Self.cachedKeysMax { $0.accessKeys.removeAll() }
            $0.accessKeys[id] = entry
        }
        return entry
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
    public func signIn(with token: String) async throws -> String? {
        let hash = token.sha256Hex
        guard hash == operatorKeyHash || state.withLock({ $0.signInTokens.remove(hash) != nil }) else { return nil }
        let session = RandomText.make(40)
        try await store.insertSession(session.sha256Hex, expiresAt: clock.now() + Self.sessionMilliseconds)
        return session
    }

    /// Whether a console session is alive.
    public func hasSession(_ token: String) throws -> Bool { try store.hasSession(token.sha256Hex, now: clock.now()) }

    /// Ends a console session.
    public func signOut(_ token: String) async throws { try await store.removeSession(token.sha256Hex) }
}

extension SampanError {
    /// 404 for an environment that does not exist, or that the caller has no business with.
    public static func noEnvironment(_ id: String) -> SampanError {
        notFound(
            "ENVIRONMENT_NOT_FOUND", Localized("There is no environment \(id.prefix(60)).", zh: "不存在环境 \(id.prefix(60))。"),
            remedy: Localized("`sampan env list` lists those that your key reaches.", zh: "可用 `sampan env list` 查看密钥可访问的环境。"))
    }
}
