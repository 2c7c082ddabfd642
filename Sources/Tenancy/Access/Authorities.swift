internal import HTTPSupport
internal import Kernel

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
