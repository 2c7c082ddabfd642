public import HTTPSupport
public import Kernel
internal import Synchronization

/// What an environment's owner sets.
extension Tenancy {
    /// The settings of an environment.
    public func settings(_ id: EnvironmentID) throws -> EnvironmentSettings {
        guard let settings = environmentState.withLock({ $0.settings[id] }) else { throw SampanError.noEnvironment(id.text) }
        return settings
    }

    /// The environments that serve and whose settings name an Alipay app.
    public func environments(ofAlipayApp id: String) -> [EnvironmentID] {
        guard !id.isEmpty else { return [] }
        return environmentState.withLock { state in
            state.settings.filter { $0.value.alipay.appID == id && state.environments[$0.key]?.status == .active }.map(\.key)
        }
    }

    /// The plans of backups of all environments that serve.
    public var backupPlans: [EnvironmentID: BackupPlan] {
        environmentState.withLock { state in
            state.settings.compactMapValues(\.backups).filter { state.environments[$0.key]?.status == .active }
        }
    }

    /// What an environment's owner has said about a rush; `nil`: nothing.
    public func rushPlan(of id: EnvironmentID) -> RushPlan? {
        guard let plan = environmentState.withLock({ $0.settings[id]?.rush }), !plan.isEmpty else { return nil }
        return plan
    }

    /// The settings as they may be shown.
    public func shownSettings(_ id: EnvironmentID) throws -> JSON { try settings(id).shown }

    /// The tag of the settings of an environment, secrets too.
    public func settingsTag(_ id: EnvironmentID) throws -> EntityTag { try settingsTag(settings(id)) }

    private func settingsTag(_ settings: EnvironmentSettings) -> EntityTag {
        let secrets = [settings.wechat.secret, settings.alipay.secret].map { $0.map(sealer.fingerprint) ?? "" }
        return EntityTag(of: settings.shown, hidden: secrets.joined(separator: " "))
    }

    /// Changes the members that `patch` has; `null` removes one.
    /// - Parameter mayChangeGateways: whether the caller is the platform's operator, who alone may let the server itself send requests elsewhere, from where
    ///     functions could not, and say what an environment's share is worth.
    public func changeSettings(
        _ id: EnvironmentID, _ patch: JSONObject, mayChangeGateways: Bool = true, if precondition: Precondition = .none
    ) async throws {
        try await changes.inTurn(id) { [self] in
            let before = try settings(id)
            try precondition.require(settingsTag(before))
            var settings = before
            try settings.apply(patch)
            let movesGateways = settings.wechat.gateway != before.wechat.gateway || settings.alipay.gateway != before.alipay.gateway
            guard mayChangeGateways || !movesGateways && settings.rush.share == before.rush.share else { throw SampanError.operatorOnly }
            try await environmentStore.update(id, settings: settings.stored(sealer))
            environmentState.withLock { [settings] in $0.settings[id] = settings }
            AuditNote.changed("settings of \(id)", from: before.shown, to: settings.shown)
        }
    }
}
