internal import HTTPSupport

/// Who may do what: every endpoint of the management API, and every role.
///
/// The only place that says so. An endpoint that is not here is refused; a test compares this table with the API's description.
enum Authorisation {
    /// What an endpoint asks for.
    enum Rule: Hashable {
        /// Nothing: it finds out itself who calls, or nobody needs to be known.
        case anyone
        /// Somebody, whoever it is: it is about themselves, or shows only what they may see.
        case signedIn
        /// A permission at what the path names.
        case may(Permission)
        /// A permission at what the body names; the handler asks.
        case mayThere(Permission)
    }

    /// What a role allows where it holds.
    ///
    /// Nobody but the platform's operator has `platformManage`.
    static func permissions(of role: Role) -> Set<Permission> {
        switch role {
        case .owner: everything.union([.organizationOwn])
        case .admin: everything
        case .developer:
            seeing.union([
                .membersRead, .environmentsCreate, .environmentsExport, .settingsRead, .settingsChange, .keysRead, .keysManage, .functionsDeploy,
                .functionsInvoke, .logsRead, .documentsRead, .documentsWrite, .documentsManage, .filesRead, .filesWrite, .usersRead, .usersManage,
                .couponsRead, .couponsIssue, .couponsManage, .couponsApprove, .rushesManage,
            ])
        case .operator:
            seeing.union([
                .membersRead, .settingsRead, .functionsInvoke, .logsRead, .documentsRead, .documentsWrite, .filesRead, .filesWrite, .usersRead,
                .usersManage, .couponsRead, .couponsIssue, .couponsManage, .couponsApprove, .rushesManage,
            ])
        case .analyst: seeing.union([.documentsRead, .filesRead, .usersRead, .couponsRead])
        case .viewer: seeing
        }
    }

    /// What everybody sees who has a role at all.
    private static let seeing: Set<Permission> = [.organizationRead, .appsRead, .environmentsRead, .functionsRead]
    private static let everything = Set(Permission.allCases).subtracting([.platformManage, .organizationOwn])

    /// The rule of an endpoint; `nil` for one that is not in the table.
    static func rule(_ method: String, _ path: String) -> Rule? { endpoints["\(method == "HEAD" ? "GET" : method) \(path)"] }

    /// Whether a request that was carried out is written down, also where its handler notes nothing.
    ///
    /// The console's forms and operations on documents are only where they have changed something.
    static func isAudited(_ method: String, _ path: String) -> Bool {
        guard path.hasPrefix("/admin/"), case .may(let permission)? = rule(method, path) else { return false }
        return !permission.rawValue.hasSuffix(".read") && permission != .functionsInvoke && path != blobsMissing && path != blobs && !isInCouponLedger(path)
    }

    /// What a shop's back end does for each of its orders and customers: the ledger of coupons has every step, with more than would be noted here.
    private static func isInCouponLedger(_ path: String) -> Bool {
        let coupons = "/admin/v1/environments/{env}/coupons/"
        return path.hasPrefix(coupons) && ["lock", "release", "redeem", "refund", "batches/{batch}/claims"].contains(path.dropFirst(coupons.count))
    }

    private static let blobsMissing = "/admin/v1/environments/{env}/blobs/missing"
    private static let blobs = "/admin/v1/environments/{env}/blobs/{hash}"

    static let endpoints: [String: Rule] = [
        // Oneself
        "GET /admin/v1/whoami": .signedIn,
        "POST /admin/v1/sessions": .anyone,
        "GET /admin/v1/account": .signedIn,
        "PATCH /admin/v1/account": .signedIn,
        "DELETE /admin/v1/account": .signedIn,
        "PUT /admin/v1/account/password": .signedIn,
        "GET /admin/v1/account/sessions": .signedIn,
        "DELETE /admin/v1/account/sessions/{session}": .signedIn,
        "POST /admin/v1/account/second-factor": .signedIn,
        "PUT /admin/v1/account/second-factor": .signedIn,
        "DELETE /admin/v1/account/second-factor": .signedIn,
        "POST /admin/v1/password-resets": .anyone,
        "PUT /admin/v1/password-resets": .anyone,
        "POST /admin/v1/invitations/accept": .anyone,

        // Everybody's accounts
        "GET /admin/v1/accounts": .mayThere(.platformManage),
        "DELETE /admin/v1/accounts/{account}": .mayThere(.platformManage),
        "POST /admin/v1/accounts/{account}/password-reset": .mayThere(.platformManage),
        "DELETE /admin/v1/accounts/{account}/second-factor": .mayThere(.platformManage),

        // Organizations
        "GET /admin/v1/organizations": .signedIn,
        "POST /admin/v1/organizations": .mayThere(.platformManage),
        "GET /admin/v1/organizations/{organization}": .may(.organizationRead),
        "PATCH /admin/v1/organizations/{organization}": .may(.organizationChange),
        "POST /admin/v1/organizations/{organization}/suspend": .may(.platformManage),
        "POST /admin/v1/organizations/{organization}/resume": .may(.platformManage),
        "POST /admin/v1/organizations/{organization}/transfer": .may(.organizationOwn),
        "GET /admin/v1/organizations/{organization}/members": .may(.membersRead),
        "PUT /admin/v1/organizations/{organization}/members/{account}": .may(.membersManage),
        "DELETE /admin/v1/organizations/{organization}/members/{account}": .may(.membersManage),
        "GET /admin/v1/organizations/{organization}/invitations": .may(.membersRead),
        "POST /admin/v1/organizations/{organization}/invitations": .may(.membersManage),
        "DELETE /admin/v1/organizations/{organization}/invitations/{invitation}": .may(.membersManage),
        "GET /admin/v1/organizations/{organization}/apps": .may(.appsRead),
        "POST /admin/v1/organizations/{organization}/apps": .may(.appsManage),
        "GET /admin/v1/apps/{app}": .may(.appsRead),
        "PATCH /admin/v1/apps/{app}": .may(.appsManage),
        "DELETE /admin/v1/apps/{app}": .may(.appsManage),
        "GET /admin/v1/organizations/{organization}/keys": .may(.keysRead),
        "POST /admin/v1/organizations/{organization}/keys": .may(.keysManage),
        "DELETE /admin/v1/organizations/{organization}/keys/{key}": .may(.keysManage),
        "GET /admin/v1/organizations/{organization}/audit": .may(.auditRead),

        // Environments
        "GET /admin/v1/environments": .signedIn,
        "POST /admin/v1/environments": .mayThere(.environmentsCreate),
        "GET /admin/v1/environments/{env}": .may(.environmentsRead),
        "PATCH /admin/v1/environments/{env}": .may(.environmentsChange),
        "DELETE /admin/v1/environments/{env}": .may(.environmentsRemove),
        "POST /admin/v1/environments/{env}/suspend": .may(.environmentsChange),
        "POST /admin/v1/environments/{env}/resume": .may(.environmentsChange),
        "POST /admin/v1/environments/{env}/restore": .may(.environmentsRemove),
        "GET /admin/v1/environments/{env}/settings": .may(.settingsRead),
        "PATCH /admin/v1/environments/{env}/settings": .may(.settingsChange),
        "GET /admin/v1/environments/{env}/keys": .may(.keysRead),
        "POST /admin/v1/environments/{env}/keys": .may(.keysManage),
        "DELETE /admin/v1/environments/{env}/keys/{key}": .may(.keysManage),
        "POST /admin/v1/environments/{env}/samples/retail": .may(.functionsDeploy),
        "GET /admin/v1/environments/{env}/quotas": .may(.environmentsRead),
        "PATCH /admin/v1/environments/{env}/quotas": .may(.platformManage),
        // A copy asks for the same in the organization, and for every right to read the source
        "POST /admin/v1/environments/{env}/copies": .may(.environmentsCreate),
        "GET /admin/v1/environments/{env}/archive": .may(.environmentsExport),
        // It makes a copy that shows nothing of anybody
        "GET /admin/v1/environments/{env}/rehearsals": .may(.environmentsRead),
        "POST /admin/v1/environments/{env}/rehearsals": .may(.environmentsCreate),
        "GET /admin/v1/environments/{env}/rehearsals/{rehearsal}": .may(.environmentsRead),
        "POST /admin/v1/environments/{env}/rehearsals/{rehearsal}/stop": .may(.environmentsCreate),

        // The waiting room
        "GET /admin/v1/environments/{env}/waiting-room": .may(.settingsRead),
        "PATCH /admin/v1/environments/{env}/waiting-room": .may(.settingsChange),
        "POST /admin/v1/environments/{env}/waiting-room/open": .may(.settingsChange),
        "POST /admin/v1/environments/{env}/waiting-room/close": .may(.settingsChange),
        "POST /admin/v1/environments/{env}/waiting-room/memberships": .may(.usersManage),

        // Users of the app
        "GET /admin/v1/environments/{env}/users": .may(.usersRead),
        "DELETE /admin/v1/environments/{env}/users/{openid}/sessions": .may(.usersManage),

        // Functions
        "POST /admin/v1/environments/{env}/blobs/missing": .may(.functionsDeploy),
        "PUT /admin/v1/environments/{env}/blobs/{hash}": .may(.functionsDeploy),
        "GET /admin/v1/environments/{env}/functions": .may(.functionsRead),
        "GET /admin/v1/environments/{env}/functions/{name}": .may(.functionsRead),
        "DELETE /admin/v1/environments/{env}/functions/{name}": .may(.functionsDeploy),
        "POST /admin/v1/environments/{env}/functions/{name}/versions": .may(.functionsDeploy),
        "PUT /admin/v1/environments/{env}/functions/{name}/traffic": .may(.functionsDeploy),
        "PUT /admin/v1/environments/{env}/functions/{name}/triggers": .may(.functionsDeploy),
        "POST /admin/v1/environments/{env}/functions/{name}/invoke": .may(.functionsInvoke),
        "GET /admin/v1/environments/{env}/logs": .may(.logsRead),
        "GET /admin/v1/environments/{env}/logs/follow": .may(.logsRead),
        "GET /admin/v1/environments/{env}/executions": .may(.functionsRead),

        // Rushes
        "GET /admin/v1/environments/{env}/rushes": .may(.functionsRead),
        "POST /admin/v1/environments/{env}/rushes": .may(.rushesManage),
        "DELETE /admin/v1/environments/{env}/rushes/{rush}": .may(.rushesManage),
        "GET /admin/v1/environments/{env}/forecast": .may(.functionsRead),

        // Coupons
        "GET /admin/v1/environments/{env}/coupons": .may(.couponsRead),
        "GET /admin/v1/environments/{env}/coupons/{coupon}": .may(.couponsRead),
        "POST /admin/v1/environments/{env}/coupons/estimate": .may(.couponsRead),
        "GET /admin/v1/environments/{env}/coupons/entries": .may(.couponsRead),
        "GET /admin/v1/environments/{env}/coupons/batches/{batch}/coupons": .may(.couponsRead),
        "GET /admin/v1/environments/{env}/coupons/batches/{batch}/report": .may(.couponsRead),
        "GET /admin/v1/environments/{env}/coupons/batches/{batch}/link": .may(.couponsIssue),
        "GET /admin/v1/environments/{env}/coupons/batches/{batch}/codes": .may(.couponsRead),
        "POST /admin/v1/environments/{env}/coupons/batches/{batch}/codes": .may(.couponsManage),
        "DELETE /admin/v1/environments/{env}/coupons/batches/{batch}/codes/upload": .may(.couponsManage),
        "GET /admin/v1/environments/{env}/coupons/batches/{batch}/codes/file": .may(.couponsIssue),
        "POST /admin/v1/environments/{env}/coupons/batches/{batch}/grants": .may(.couponsIssue),
        "POST /admin/v1/environments/{env}/coupons/lock": .may(.couponsIssue),
        "POST /admin/v1/environments/{env}/coupons/release": .may(.couponsIssue),
        "POST /admin/v1/environments/{env}/coupons/redeem": .may(.couponsIssue),
        "POST /admin/v1/environments/{env}/coupons/refund": .may(.couponsIssue),
        "POST /admin/v1/environments/{env}/coupons/void": .may(.couponsIssue),
        "POST /admin/v1/environments/{env}/coupons/freeze": .may(.couponsIssue),
        "POST /admin/v1/environments/{env}/coupons/unfreeze": .may(.couponsIssue),
        "GET /admin/v1/environments/{env}/coupons/batches": .may(.couponsRead),
        "POST /admin/v1/environments/{env}/coupons/batches": .may(.couponsManage),
        "GET /admin/v1/environments/{env}/coupons/batches/{batch}": .may(.couponsRead),
        "PATCH /admin/v1/environments/{env}/coupons/batches/{batch}": .may(.couponsManage),
        "POST /admin/v1/environments/{env}/coupons/batches/{batch}/claims": .may(.couponsIssue),
        "POST /admin/v1/environments/{env}/coupons/batches/{batch}/submit": .may(.couponsManage),
        "POST /admin/v1/environments/{env}/coupons/batches/{batch}/approve": .may(.couponsApprove),
        "POST /admin/v1/environments/{env}/coupons/batches/{batch}/reject": .may(.couponsApprove),
        "POST /admin/v1/environments/{env}/coupons/batches/{batch}/pause": .may(.couponsManage),
        "POST /admin/v1/environments/{env}/coupons/batches/{batch}/resume": .may(.couponsManage),
        "POST /admin/v1/environments/{env}/coupons/batches/{batch}/stop": .may(.couponsManage),
        "POST /admin/v1/environments/{env}/coupons/wechat/v3/marketing/busifavor/stocks": .may(.couponsManage),
        "GET /admin/v1/environments/{env}/coupons/wechat/v3/marketing/busifavor/stocks/{stock}": .may(.couponsRead),
        "PATCH /admin/v1/environments/{env}/coupons/wechat/v3/marketing/busifavor/stocks/{stock}/budget": .may(.couponsManage),
        "POST /admin/v1/environments/{env}/coupons/wechat/v3/marketing/busifavor/stocks/{stock}/couponcodes": .may(.couponsManage),
        "GET /admin/v1/environments/{env}/coupons/wechat/v3/marketing/busifavor/stocks/{stock}/couponcodes": .may(.couponsRead),
        "POST /admin/v1/environments/{env}/coupons/wechat/v3/marketing/busifavor/coupons/use": .may(.couponsIssue),
        "POST /admin/v1/environments/{env}/coupons/wechat/v3/marketing/busifavor/coupons/return": .may(.couponsIssue),
        "POST /admin/v1/environments/{env}/coupons/wechat/v3/marketing/busifavor/coupons/deactivate": .may(.couponsIssue),
        "GET /admin/v1/environments/{env}/coupons/wechat/v3/marketing/busifavor/users/{openid}/coupons": .may(.couponsRead),
        "GET /admin/v1/environments/{env}/coupons/wechat/v3/marketing/busifavor/users/{openid}/coupons/{code}/appids/{appid}": .may(.couponsRead),

        // Documents: an operation that changes something asks for `documentsWrite` as well
        "GET /admin/v1/environments/{env}/collections": .may(.documentsRead),
        "POST /admin/v1/environments/{env}/collections": .may(.documentsManage),
        "GET /admin/v1/environments/{env}/collections/{name}": .may(.documentsRead),
        "PATCH /admin/v1/environments/{env}/collections/{name}": .may(.documentsManage),
        "DELETE /admin/v1/environments/{env}/collections/{name}": .may(.documentsManage),
        "GET /admin/v1/environments/{env}/collections/{name}/schema": .may(.documentsRead),
        "POST /admin/v1/environments/{env}/collections/{name}/rules/test": .may(.documentsRead),
        "POST /admin/v1/environments/{env}/collections/{name}/restore": .may(.documentsManage),
        "POST /admin/v1/environments/{env}/collections/{name}/indexes": .may(.documentsManage),
        "DELETE /admin/v1/environments/{env}/collections/{name}/indexes/{index}": .may(.documentsManage),
        "POST /admin/v1/environments/{env}/database": .may(.documentsRead),
        "GET /admin/v1/environments/{env}/database/slow": .may(.documentsRead),
        "POST /admin/v1/environments/{env}/database/restore": .may(.documentsManage),
        "GET /admin/v1/environments/{env}/rush": .may(.environmentsRead),
        "GET /admin/v1/environments/{env}/backups": .may(.documentsRead),
        "POST /admin/v1/environments/{env}/backups": .may(.documentsManage),
        "GET /admin/v1/environments/{env}/backups/{backup}": .may(.documentsRead),
        "DELETE /admin/v1/environments/{env}/backups/{backup}": .may(.documentsManage),
        "GET /admin/v1/environments/{env}/backups/{backup}/file": .may(.documentsRead),
        "GET /admin/v1/environments/{env}/backups/{backup}/export": .may(.documentsRead),
        "POST /admin/v1/environments/{env}/backups/{backup}/restore": .may(.documentsManage),
        "GET /admin/v1/environments/{env}/restores/{restore}": .may(.documentsRead),
        "DELETE /admin/v1/environments/{env}/restores/{restore}": .may(.documentsManage),
        "GET /admin/v1/environments/{env}/database/dropped": .may(.documentsRead),
        "DELETE /admin/v1/environments/{env}/database/dropped/{number}": .may(.documentsManage),
        "POST /admin/v1/environments/{env}/import": .may(.documentsWrite),
        "GET /admin/v1/environments/{env}/export": .may(.documentsRead),
        "GET /admin/v1/environments/{env}/imports": .may(.documentsRead),
        "POST /admin/v1/environments/{env}/imports": .may(.documentsWrite),
        "GET /admin/v1/environments/{env}/imports/{import}": .may(.documentsRead),
        "PATCH /admin/v1/environments/{env}/imports/{import}": .may(.documentsWrite),
        "DELETE /admin/v1/environments/{env}/imports/{import}": .may(.documentsWrite),
        "POST /admin/v1/environments/{env}/imports/{import}/resume": .may(.documentsWrite),

        // Files
        "GET /admin/v1/environments/{env}/files": .may(.filesRead),
        "DELETE /admin/v1/environments/{env}/files/**": .may(.filesWrite),
    ]
}
