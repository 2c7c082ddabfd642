internal import HTTPSupport
public import Kernel
internal import Synchronization

/// Environments that take a while to make: nobody sees one before it is whole, and nothing is left of one that is not finished.
extension Tenancy {
    /// Notes that an environment is being made, before anything of it is.
    public func beginMaking() async throws -> EnvironmentID {
        let id = EnvironmentID.random()
        try await environmentStore.insertUnfinished(id)
        return id
    }

    /// Lets a copy of `source` appear under `id`, with its settings and quotas.
    /// - Parameter withSecrets: whether the secrets in the settings come along.
    public func finishMaking(
        _ id: EnvironmentID, copyOf source: EnvironmentID, name: String, app: AppID?, stage: Environment.Stage, withSecrets: Bool
    ) async throws -> Environment {
        let environment = Environment(
            id: id, organization: try self.environment(source).organization, app: app, name: name, stage: stage, status: .active, createdAt: clock.now())
        var settings = try settings(source)
        if !withSecrets { settings.removeSecrets() }
        let quotas = quotas(of: source)
        try await environmentStore.insert(environment, settings: settings.stored(sealer), quotas: quotas.json.text)
        environmentState.withLock { [settings] in
            $0.environments[id] = environment
            $0.settings[id] = settings
            $0.quotas[id] = quotas
        }
        AuditNote.changed("environment \(id)", to: environment.json)
        return environment
    }

    /// Gives up an environment that could not be finished; what there is of it can be removed.
    public func abandon(_ id: EnvironmentID) { environmentState.withLock { _ = $0.abandoned.insert(id) } }

    /// Those of which something may be left.
    public func abandoned() -> [EnvironmentID] { environmentState.withLock { Array($0.abandoned) } }

    /// A name that an environment may have.
    public func checkedEnvironmentName(_ name: String) throws -> String { try PeopleName.checked(name) }

    /// The app that a request names, which must be of this organization.
    public func app(named name: String, of organization: OrganizationID) throws -> AppID {
        guard let app = AppID(name) else { throw SampanError.noApp(name) }
        try requireApp(app, of: organization)
        return app
    }
}

extension EnvironmentSettings {
    /// Leaves out what its owner is not shown.
    fileprivate mutating func removeSecrets() {
        wechat.secret = nil
        alipay.secret = nil
        variables = [:]
    }
}
