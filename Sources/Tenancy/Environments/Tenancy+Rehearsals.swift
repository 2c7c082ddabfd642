internal import HTTPSupport
public import Kernel
internal import Synchronization

/// Copies on which rehearsals run.
extension Tenancy {
    /// Lets the copy of a rehearsal appear under `id`: with the variables and quotas of its source, and without any way for a user to log in or for
    /// a function to reach anybody.
    public func finishShadow(_ id: EnvironmentID, of source: EnvironmentID) async throws -> Environment {
        let original = try environment(source)
        var environment = Environment(
            id: id, organization: original.organization, app: nil, name: original.name, stage: .development, status: .active, createdAt: clock.now())
        environment.rehearsalOf = source
        var settings = EnvironmentSettings()
        settings.anonymousLogin = false
        settings.variables = try self.settings(source).variables
        let quotas = quotas(of: source)
        try await environmentStore.insert(environment, settings: settings.stored(sealer), quotas: quotas.json.text)
        environmentState.withLock { [settings, environment] in
            $0.environments[id] = environment
            $0.settings[id] = settings
            $0.quotas[id] = quotas
        }
        return environment
    }
}
