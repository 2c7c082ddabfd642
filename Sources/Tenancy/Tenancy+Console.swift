public import HTTPSupport
public import Kernel

/// What the console's pages ask beside the management API's endpoints.
extension Tenancy {
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

    /// Why somebody is refused who has a role here: it does not allow it, or the operator has suspended the organization.
    public func refusal(_ permission: Permission, _ context: SampanRequestContext) -> SampanError {
        guard let organization = context.authority?.organization, (try? organizations.find(organization))?.status == .suspended else {
            return .lacking(permission)
        }
        return .organizationSuspended
    }
}

extension Organizations.AppChange {
    /// What a form says of an app: all of it, with an empty platform id for none.
    public init(name: String, alipayAppID: String, wechatAppID: String) throws {
        try self.init(["name": .string(name), "alipayAppId": .string(alipayAppID), "wechatAppId": .string(wechatAppID)])
    }
}
