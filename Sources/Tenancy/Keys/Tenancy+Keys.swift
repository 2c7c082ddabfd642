public import HTTPSupport
public import Kernel
internal import Synchronization

/// Keys as they were last looked up.
struct KeyState {
    /// Management keys by the hash of their secret, and access keys by their id.
    var managementKeys: [String: Key] = [:]
    var accessKeys: [String: (Key, secret: String)] = [:]
    /// When keys were used since that was last written down.
    var keyUses: [String: Int64] = [:]
}

/// Keys of environments and of organizations.
extension Tenancy {
    private static let cachedKeysMax = 10_000
    private static let keyMillisecondsMax: Int64 = 10 * 366 * 86_400_000

    /// The keys of an environment, without secrets.
    public func keys(_ id: EnvironmentID) throws -> [Key] {
        _ = try environment(id)
        return try keyStore.keys(of: id).map(withUse)
    }

    /// The keys of an organization, without secrets.
    public func keys(of id: OrganizationID) throws -> [Key] { try keyStore.keys(of: id).map(withUse) }

    private func withUse(_ key: Key) -> Key {
        var key = key
        key.lastUsedAt = keyState.withLock { $0.keyUses[key.id] } ?? key.lastUsedAt
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
        try await keyStore.insert(key, secretHash: secret.sha256Hex, sealedSecret: kind == .access ? sealer.seal(secret) : nil)
        AuditNote.changed("key \(key.id)", to: .object(key.json))
        return (key, secret)
    }

    /// Revokes a key of an environment at once.
    public func removeKey(_ keyID: String, of id: EnvironmentID) async throws {
        guard try await keyStore.removeKey(keyID, of: id) else { throw SampanError.noKey(keyID) }
        forget(keyID)
    }

    /// Revokes a key of an organization at once.
    public func removeKey(_ keyID: String, of id: OrganizationID) async throws {
        guard try await keyStore.removeKey(keyID, of: id) else { throw SampanError.noKey(keyID) }
        forget(keyID)
    }

    private func forget(_ keyID: String) {
        keyState.withLock {
            $0.managementKeys = $0.managementKeys.filter { $0.value.id != keyID }
            $0.accessKeys[keyID] = nil
            $0.keyUses[keyID] = nil
        }
        AuditNote.changed("key \(keyID)", from: true)
    }

    func forgetKeys(of environment: EnvironmentID) {
        keyState.withLock {
            $0.managementKeys = $0.managementKeys.filter { $0.value.environment != environment }
            $0.accessKeys = $0.accessKeys.filter { $0.value.0.environment != environment }
        }
    }

    /// The environment and secret of an access key; `nil` for an unknown or expired one.
    public func accessKey(_ id: String) throws -> (EnvironmentID, secret: String)? {
        guard let (key, secret) = try keyState.withLock({ $0.accessKeys[id] }) ?? lookUpAccessKey(id), let environment = key.environment else { return nil }
        return use(key) ? (environment, secret: secret) : nil
    }

    private func lookUpAccessKey(_ id: String) throws -> (Key, secret: String)? {
        guard let (key, sealed) = try keyStore.accessKey(id) else { return nil }
        let entry = (key, secret: try sealer.open(sealed))
        keyState.withLock {
            if $0.accessKeys.count >= Self.cachedKeysMax { $0.accessKeys.removeAll() }
            $0.accessKeys[id] = entry
        }
        return entry
    }

    /// The management key with this hash of its secret.
    func managementKey(hash: String) throws -> Key? {
        if let known = keyState.withLock({ $0.managementKeys[hash] }) { return known }
        guard let key = try keyStore.managementKey(secretHash: hash) else { return nil }
        keyState.withLock {
            if $0.managementKeys.count >= Self.cachedKeysMax { $0.managementKeys.removeAll() }
            $0.managementKeys[hash] = key
        }
        return key
    }

    /// Notes that a key is used; `false` when it has expired.
    func use(_ key: Key) -> Bool {
        let now = clock.now()
        guard key.isAlive(at: now) else { return false }
        keyState.withLock { $0.keyUses[key.id] = now }
        return true
    }
}

extension SampanError {
    static func noKey(_ id: String) -> SampanError {
        notFound(
            "KEY_NOT_FOUND", Localized("There is no key \(id.prefix(40)).", zh: "不存在密钥 \(id.prefix(40))。"),
            remedy: Localized("`sampan env keys` lists them.", zh: "可用 `sampan env keys` 查看。"))
    }
}
