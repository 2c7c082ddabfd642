public import Kernel

/// What somebody may do with the management API and the console.
///
/// Which role has which is said in one place, Tenancy's authorisation table.
public enum Permission: String, Sendable, Hashable, CaseIterable {
    /// Look after the whole platform: every organization, gateways, suspension.
    case platformManage = "platform.manage"
    case organizationRead = "organization.read"
    case organizationChange = "organization.change"
    /// Hand the organization over, or end it.
    case organizationOwn = "organization.own"
    case membersRead = "members.read"
    case membersManage = "members.manage"
    case appsRead = "apps.read"
    case appsManage = "apps.manage"
    case environmentsRead = "environments.read"
    /// Make new ones, and copies of those that one may read whole.
    case environmentsCreate = "environments.create"
    /// Take away everything that is in one.
    case environmentsExport = "environments.export"
    /// Rename, suspend, resume.
    case environmentsChange = "environments.change"
    /// Delete and restore.
    case environmentsRemove = "environments.remove"
    case settingsRead = "settings.read"
    case settingsChange = "settings.change"
    case keysRead = "keys.read"
    case keysManage = "keys.manage"
    case functionsRead = "functions.read"
    case functionsDeploy = "functions.deploy"
    case functionsInvoke = "functions.invoke"
    case logsRead = "logs.read"
    case documentsRead = "documents.read"
    case documentsWrite = "documents.write"
    /// Collections, indexes, permissions.
    case documentsManage = "documents.manage"
    case filesRead = "files.read"
    case filesWrite = "files.write"
    case couponsRead = "coupons.read"
    /// Give coupons to users, and use, return and void them: what a cloud function of the shop does.
    case couponsIssue = "coupons.issue"
    /// Make batches and change them.
    case couponsManage = "coupons.manage"
    /// Let a batch that somebody else has submitted be published.
    case couponsApprove = "coupons.approve"
    /// Announce rushes and take them back.
    case rushesManage = "rushes.manage"
    case usersRead = "users.read"
    /// End the sessions of the app's users.
    case usersManage = "users.manage"
    case auditRead = "audit.read"
}

extension SampanError {
    /// 403 for somebody who has a role here, but none that allows this.
    public static func lacking(_ permission: Permission) -> SampanError {
        forbidden(
            Localized("Your role here does not allow this (\(permission.rawValue)).", zh: "您在此处的角色没有该权限（\(permission.rawValue)）。"),
            remedy: Localized("Ask an owner or admin of the organization for it.", zh: "请联系组织的所有者或管理员授权。"))
    }
}
