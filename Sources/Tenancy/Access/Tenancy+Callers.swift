public import HTTPSupport
internal import Hummingbird
public import Kernel
internal import Synchronization

/// Who calls, and what they may do where.
extension Tenancy {
    /// Whose a bearer's token is: the operator's key, an API key, or a session's; `nil` for an unknown one.
    public func principal(ofKey token: String) throws -> Principal? {
        if token.hasPrefix("st-") { return try principal(ofSession: token) }
        let hash = token.sha256Hex
        if hash == operatorKeyHash { return .operatorKey(session: nil) }
        guard let key = try managementKey(hash: hash), use(key) else { return nil }
        let scope: Grant.Scope? = key.environment.map { .environment($0) } ?? key.organization.map { .organization($0) }
        return Principal(kind: .key(key.id), name: key.name, grants: scope.map { [reaching(Grant(key.role, at: $0))] } ?? [])
    }

    /// Who has begun a session; `nil` when it has ended.
    public func principal(ofSession token: String) throws -> Principal? {
        guard let session = try accounts.session(token) else { return nil }
        guard let id = session.account else { return .operatorKey(session: session.id) }
        guard let account = try accounts.find(id) else { return nil }
        return Principal(kind: .account(id), name: account.email, session: session.id, grants: try organizations.grants(of: id).map(reaching))
    }

    /// A role in the platform operator's own organization holds in all of them.
    private func reaching(_ grant: Grant) -> Grant {
        guard case .organization(let id) = grant.scope, (try? organizations.find(id))?.kind == .operator else { return grant }
        return Grant(grant.role, at: .platform)
    }

    /// What somebody may do in an environment, an app or an organization; nothing where it does not exist.
    public func permissions(of principal: Principal, in environment: EnvironmentID) -> Set<Permission> {
        let found = environmentState.withLock { $0.environments[environment] }
        return permissions(of: principal, at: Authorities.Place(organization: found?.organization, app: found?.app, environment: environment))
    }

    /// What somebody may do in an organization; nothing where it does not exist.
    public func permissions(of principal: Principal, in organization: OrganizationID) -> Set<Permission> {
        permissions(of: principal, at: Authorities.Place(organization: organization))
    }

    private func permissions(of principal: Principal, at place: Authorities.Place) -> Set<Permission> {
        // Worked out before anybody asks whether the place exists: what is somebody else's takes as long as what is not there.
        let permissions = Authorities.permissions(of: principal, at: place)
        guard !permissions.isEmpty, let organization = place.organization, let found = try? organizations.find(organization) else { return [] }
        // Its people can look at what there is and take it away, until the operator resumes it.
        return found.status == .active || principal.isOperator
            ? permissions : permissions.filter { $0.rawValue.hasSuffix(".read") || $0 == .environmentsExport }
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
        if let name = parameters.get("env") { return authority(of: principal, overEnvironment: name) }
        if let name = parameters.get("app") {
            guard let id = AppID(name) else { return Authority(permissions: []) }
            let organization = organizations.organization(of: id)
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

    /// The organizations in which somebody may do this, oldest first.
    public func organizations(for principal: Principal, doing permission: Permission) -> [Organization] {
        let all = organizations.all()
        // Somebody with a role in one of thousands is not asked about each of them.
        let theirs = principal.isOperator ? all : all.filter { sees(principal, $0.id) }
        return theirs.filter { permissions(of: principal, in: $0.id).contains(permission) }
    }

    /// The organizations in which somebody has a role, oldest first.
    public func organizations(of account: AccountID) throws -> [Organization] {
        let principal = Principal(kind: .account(account), name: "", grants: try organizations.grants(of: account))
        return organizations.all().filter { sees(principal, $0.id) }
    }

    /// The organizations of somebody that the platform's operator has suspended; the operator is not told.
    public func suspendedOrganizations(of principal: Principal) -> [Organization] {
        principal.isOperator ? [] : organizations.all().filter { $0.status == .suspended && sees(principal, $0.id) }
    }

    private func authority(of principal: Principal, overEnvironment name: String) -> Authority {
        guard let id = EnvironmentID(name) else { return Authority(permissions: []) }
        let permissions = permissions(of: principal, in: id)
        guard !permissions.isEmpty, let found = try? environment(id) else { return Authority(permissions: []) }
        return Authority(permissions: permissions, environment: id, organization: found.organization)
    }

    /// What ``AccessMiddleware`` checks of a request that names an environment, for those that do not go by the router.
    /// - Parameter path: the endpoint's path as the table has it.
    /// - Throws: what the middleware throws.
    public func authorise(_ method: String, _ path: String, environment name: String, _ principal: Principal?) throws -> EnvironmentID {
        guard let principal else { throw SampanError.keyMissing }
        guard case .may(let permission)? = Authorisation.rule(method, path) else { throw SampanError.operatorOnly }
        let authority = authority(of: principal, overEnvironment: name)
        try require(permission, authority, orElse: .noEnvironment(name))
        guard let environment = authority.environment else { throw SampanError.noEnvironment(name) }
        return environment
    }

    /// Lets only those through who have a permission.
    /// - Parameter notFound: what whoever has no role there is told, as if it did not exist.
    func require(_ permission: Permission, _ authority: Authority?, orElse notFound: @autoclosure () -> SampanError) throws {
        let permissions = authority?.permissions ?? []
        if permissions.contains(permission) { return }
        throw permissions.isEmpty ? notFound() : (suspension(of: authority?.organization) ?? SampanError.lacking(permission))
    }

    /// What a request's organization is refused with while the operator has suspended it.
    public func suspension(_ context: SampanRequestContext) -> SampanError? { suspension(of: context.authority?.organization) }

    private func suspension(of organization: OrganizationID?) -> SampanError? {
        guard let organization, (try? organizations.find(organization))?.status == .suspended else { return nil }
        return .organizationSuspended
    }

    /// Writes down what somebody did about their own account, where the organizations that they work in can see it.
    public func record(_ action: String, by account: Account, _ context: SampanRequestContext) async throws {
        let principal = Principal(kind: .account(account.id), name: account.email, grants: [])
        try await record(AuditEntry(action, by: principal, context, target: "account \(account.id)"), whereSeen: account.id)
    }

    /// Writes down what was changed by somebody who came another way than through the management API.
    public func record(_ note: AuditNote, _ action: String, by principal: Principal, _ context: SampanRequestContext) async throws {
        try await audit.record(note.finished(action: action, by: principal, context))
    }

    /// Writes down what belongs to no organization in those where its author works.
    func record(_ entry: AuditEntry, whereSeen author: AccountID) async throws {
        try await record(entry, in: organizations(of: author))
    }

    private func record(_ entry: AuditEntry, in places: [Organization]) async throws {
        for organization in places.isEmpty ? [nil] : places.map({ Optional($0.id) }) {
            var entry = entry
            entry.organization = organization
            try await audit.record(entry)
        }
    }

    /// Removes an account, which each organization that it worked in can see.
    /// - Throws: 409 `LAST_OWNER` where one would be left without an owner.
    public func removeAccount(_ id: AccountID, _ context: SampanRequestContext) async throws {
        let principal = try context.requirePrincipal()
        let places = try organizations(of: id)
        try await accounts.remove(id)
        try await record(AuditEntry("account-removed", by: principal, context, target: "account \(id)"), in: places)
    }
}

extension Principal {
    /// The operator, who has shown the operator's key or come by a one-time link.
    static func operatorKey(session: String?) -> Principal {
        Principal(kind: .operatorKey, name: "operator", session: session, grants: [Grant(.owner, at: .platform)])
    }
}
