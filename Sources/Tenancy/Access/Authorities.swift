public import HTTPSupport
public import Kernel

/// Works out what somebody may do with something.
struct Authorities: Sendable {
    /// Something that a path names, with what it lies in.
    struct Place: Hashable, Sendable {
        var organization: OrganizationID?
        var app: AppID?
        var environment: EnvironmentID?
    }

    /// What `principal` may do at `place`; nothing where they have no role.
    static func permissions(of principal: Principal, at place: Place) -> Set<Permission> {
        var permissions: Set<Permission> = []
        for grant in principal.grants {
            let holds =
                switch grant.scope {
                case .platform: true
                case .organization(let organization): organization == place.organization
                case .app(let app): app == place.app
                case .environment(let environment): environment == place.environment
                }
            guard holds else { continue }
            permissions.formUnion(Authorisation.permissions(of: grant.role))
            if grant.scope == .platform, grant.role.managesEverything { permissions.insert(.platformManage) }
        }
        return permissions
    }

    /// Whether somebody with `permissions` may hand out `role`: nobody gives more than they have.
    static func mayGive(_ role: Role, having permissions: Set<Permission>) -> Bool { Authorisation.permissions(of: role).isSubset(of: permissions) }
}

extension Tenancy {
    /// Whether there is somebody with an account, other than this one, who may do something in an environment.
    public func hasOthers(who permission: Permission, in environment: EnvironmentID, than principal: Principal) throws -> Bool {
        let (organization, app) = try (self.environment(environment).organization, self.environment(environment).app)
        return try organizations.members(of: organization).contains { membership in
            if case .account(membership.account) = principal.kind { return false }
            guard membership.app == nil || membership.app == app else { return false }
            return Authorisation.permissions(of: membership.role).contains(permission)
        }
    }
}
