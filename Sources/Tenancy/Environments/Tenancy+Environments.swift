public import HTTPSupport
public import Kernel
internal import Synchronization

/// What is known of all environments, as it was last written.
struct EnvironmentState {
    var environments: [EnvironmentID: Environment] = [:]
    var settings: [EnvironmentID: EnvironmentSettings] = [:]
    var quotas: [EnvironmentID: EnvironmentQuotas] = [:]
    /// Those that were being made when that failed or the server ended, and of which something may be left.
    var abandoned: Set<EnvironmentID> = []
}

/// Environments and their life.
extension Tenancy {
    /// How long a deleted environment can be restored.
    public static let graceMilliseconds: Int64 = 7 * 86_400_000

    /// All environments, oldest first.
    public func environments() -> [Environment] {
        environmentState.withLock { $0.environments.values.sorted { ($0.createdAt, $0.id.text) < ($1.createdAt, $1.id.text) } }
    }

    /// The environments that somebody has a role in, oldest first.
    public func environments(for principal: Principal) -> [Environment] {
        environments().filter { permissions(of: principal, in: $0.id).contains(.environmentsRead) }
    }

    /// The environment, whatever its status.
    public func environment(_ id: EnvironmentID) throws -> Environment {
        guard let environment = environmentState.withLock({ $0.environments[id] }) else { throw SampanError.noEnvironment(id.text) }
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
        try await environmentStore.insert(environment, settings: settings.stored(sealer))
        environmentState.withLock {
            $0.environments[environment.id] = environment
            $0.settings[environment.id] = settings
        }
        AuditNote.belongs(to: owner, environment.id)
        AuditNote.changed("environment \(environment.id)", to: environment.json)
        return environment
    }

    /// Changes the status: suspend, resume, delete with grace, restore.
    ///
    /// What has the status already stays as it is.
    /// - Parameter from: the statuses that this may begin with: what has been deleted is restored, not resumed.
    /// - Throws: 409 `WRONG_STATUS` for any other status.
    public func setStatus(
        _ status: Environment.Status, of id: EnvironmentID, from: Set<Environment.Status>, if precondition: Precondition = .none
    ) async throws -> Environment {
        let deleteAfter = status == .deleted ? clock.now() + Self.graceMilliseconds : nil
        return try await change(id, if: precondition) { environment in
            guard environment.status != status else { return }
            guard from.contains(environment.status) else { throw SampanError.wrongStatus(environment, from) }
            environment.status = status
            environment.deleteAfter = deleteAfter
        }
    }

    /// Changes the members that `patch` has: `name`, `stage`, `app` (`null`: of no app).
    public func change(_ id: EnvironmentID, _ patch: JSONObject, if precondition: Precondition = .none) async throws -> Environment {
        let name = try patch.optionalText("name").map { try PeopleName.checked($0) }
        let stage = try Environment.Stage(in: patch)
        let app = try patch.optionalText("app").map { try self.app(named: $0, of: environment(id).organization) }
        return try await change(id, if: precondition) { environment in
            environment.name = name ?? environment.name
            environment.stage = stage ?? environment.stage
            if patch["app"] != nil { environment.app = app }
        }
    }

    /// An app of another organization answers like one that does not exist.
    func requireApp(_ app: AppID, of organization: OrganizationID) throws {
        guard organizations.organization(of: app) == organization else { throw SampanError.noApp(app.text) }
    }

    private func change(
        _ id: EnvironmentID, if precondition: Precondition, _ body: @escaping @Sendable (inout Environment) throws -> Void
    ) async throws -> Environment {
        try await changes.inTurn(id) { [self] in
            let before = try environment(id)
            try precondition.require(EntityTag(of: before.json))
            var environment = before
            try body(&environment)
            guard environment != before else { return before }
            try await environmentStore.update(environment)
            environmentState.withLock { [environment] in $0.environments[id] = environment }
            AuditNote.changed("environment \(id)", from: before.json, to: environment.json)
            return environment
        }
    }

    /// Removes an app that no environment is of any more.
    public func removeApp(_ id: AppID, if precondition: Precondition = .none) async throws {
        guard !environments().contains(where: { $0.app == id }) else {
            throw SampanError(
                "APP_IN_USE", status: 409, Localized("Environments belong to this app.", zh: "仍有环境属于该应用。"),
                remedy: Localized("Delete them or take them out of the app first.", zh: "请先删除这些环境或将其移出该应用。"))
        }
        try await organizations.removeApp(id, if: precondition)
    }

    /// Environments whose grace period is over.
    public func expired() -> [EnvironmentID] {
        let now = clock.now()
        return environmentState.withLock { $0.environments.values.filter { $0.status == .deleted && ($0.deleteAfter ?? now) <= now }.map(\.id) }
    }

    /// Forgets an environment after its files are gone.
    public func forget(_ id: EnvironmentID) async throws {
        try await environmentStore.remove(id)
        environmentState.withLock {
            $0.environments[id] = nil
            $0.settings[id] = nil
            $0.quotas[id] = nil
            $0.abandoned.remove(id)
        }
        forgetKeys(of: id)
    }
}

extension SampanError {
    static let organizationSuspended = SampanError(
        "ORGANIZATION_SUSPENDED", status: 403, Localized("The organization is suspended.", zh: "组织已停用。"),
        remedy: Localized("Ask the platform's operator to resume it.", zh: "请联系平台管理员恢复。"))

    static func wrongStatus(_ environment: Environment, _ wanted: Set<Environment.Status>) -> SampanError {
        let (id, status) = (environment.id, environment.status.rawValue)
        let words = wanted.map(\.rawValue).sorted()
        return SampanError(
            "WRONG_STATUS", status: 409, Localized("Environment \(id) is \(status).", zh: "环境 \(id) 当前状态为 \(status)。"),
            remedy: Localized(
                "Only \(words.joined(separator: ", ")) environments can do this.", zh: "仅 \(words.joined(separator: "、")) 状态可执行此操作。"))
    }
}
