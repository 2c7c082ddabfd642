public import HTTPSupport
internal import Hummingbird
public import Kernel

/// Roles in the organization that a request's path names, given and taken within what the caller has.
extension Tenancy {
    /// Whether the caller may hand out a role.
    public func mayGive(_ role: Role, _ context: SampanRequestContext) -> Bool {
        Authorities.mayGive(role, having: context.authority?.permissions ?? [])
    }

    /// The role of this name, which the caller may hand out.
    public func role(named name: String, _ context: SampanRequestContext) throws -> Role {
        try Role(asked: name, by: context.authority?.permissions ?? [])
    }

    /// Gives a member another role, or one in an app.
    public func setRole(
        _ role: Role, of account: AccountID, app: AppID? = nil, if precondition: Precondition = .none, _ context: SampanRequestContext
    ) async throws {
        let organization = try context.managedOrganization()
        if let app { guard organizations.organization(of: app) == organization else { throw SampanError.noApp(app.text) } }
        try requireAbove(account, in: organization, context)
        try await organizations.setRole(role, of: account, in: organization, app: app, if: precondition)
    }

    /// Takes a role away; the last one ends the membership.
    public func removeMember(_ account: AccountID, app: AppID?, if precondition: Precondition = .none, _ context: SampanRequestContext) async throws {
        let organization = try context.managedOrganization()
        try requireAbove(account, in: organization, context)
        try await organizations.removeMember(account, from: organization, app: app, if: precondition)
    }

    /// Nobody changes the role of somebody who may do more than they.
    private func requireAbove(_ account: AccountID, in organization: OrganizationID, _ context: SampanRequestContext) throws {
        for membership in try organizations.members(of: organization) where membership.account == account {
            _ = try role(named: membership.role.rawValue, context)
        }
    }
}

extension SampanRequestContext {
    /// The organization in the path, which exists and which the manager has a role in.
    func managedOrganization() throws -> OrganizationID {
        guard let organization = authority?.organization, authority?.permissions.isEmpty == false else {
            throw SampanError.noOrganization(parameters.get("organization") ?? "")
        }
        return organization
    }
}
