internal import Kernel

extension Catalogue {
    /// An organization's own page: apps, keys, name, ownership.
    static let organization: [String: Localized] = [
        "organization": Localized("Organization", zh: "组织"),
        "organizations": Localized("Organizations", zh: "组织"),
        "organizationsLead": Localized("Who owns the apps and environments: a merchant, an agency, the platform.", zh: "应用与环境归属于组织：商家、服务商或平台。"),
        "noOrganizations": Localized("Nothing to see here yet", zh: "暂无可查看的组织"),
        "noOrganizationsText": Localized(
            "You have no role in a whole organization. Ask an owner or admin to invite you.", zh: "您在组织范围内还没有角色，请联系所有者或管理员邀请您。"),
        "organizationName": Localized("Name of the organization", zh: "组织名称"),
        "organizationSuspended": Localized("organization suspended", zh: "组织已停用"),
        "suspendedRemedy": Localized(
            "Its environments answer nobody, and nothing can be changed. Ask the platform's operator to resume it; nothing is lost.",
            zh: "其环境不响应任何请求，也不能更改内容。请联系平台管理员恢复，数据不会丢失。"),
        "apps": Localized("Apps", zh: "应用"),
        "app": Localized("App", zh: "所属应用"),
        "noApp": Localized("none", zh: "不属于任何应用"),
        "noApps": Localized("No apps yet", zh: "还没有应用"),
        "noAppsText": Localized(
            "An app is one mini program with its ids at WeChat and Alipay. Put its environments for trying out and for customers into it, and give people a role in it alone.",
            zh: "应用对应一个小程序及其在微信、支付宝的 AppID。可将它的测试与正式环境归入应用，并让成员仅参与该应用。"),
        "noAppIDs": Localized("Without ids of the platforms yet", zh: "尚未填写平台 AppID"),
        "noAppEnvironments": Localized("No environment yet: choose this app in an environment's settings.", zh: "暂无环境，可在环境的“设置”中选择该应用。"),
        "appName": Localized("Name of the new app", zh: "新应用名称"),
        "appNameExample": Localized("Corner shop", zh: "街角小店"),
        "addApp": Localized("Add the app", zh: "添加应用"),
        "changeApp": Localized("Change name and ids", zh: "修改名称与 AppID"),
        "confirmRemoveApp": Localized("Remove this app? Roles that hold in it alone are lost; environments stay.", zh: "确定移除该应用？仅限该应用的成员角色会失效，环境不受影响。"),
        "organizationKeys": Localized("Keys of the organization", zh: "组织密钥"),
        "organizationKeysText": Localized(
            "Each reaches all environments of the organization, within its role. For one environment only, make the key on that environment's page.",
            zh: "每个密钥可在其角色范围内访问组织的全部环境。若仅需访问一个环境，请在该环境的“密钥”页面创建。"),
        "noOrganizationKeysText": Localized("Good for a CI job or a partner who looks after several environments.", zh: "适用于维护多个环境的 CI 或合作方。"),
        "expires": Localized("Ends", zh: "有效期"),
        "expired": Localized("expired", zh: "已过期"),
        "expires-never": Localized("never", zh: "长期有效"),
        "expires-30": Localized("in 30 days", zh: "30 天"),
        "expires-90": Localized("in 90 days", zh: "90 天"),
        "expires-365": Localized("in a year", zh: "一年"),
        "lastUsed": Localized("Last used", zh: "最近使用"),
        "neverUsed": Localized("never used", zh: "从未使用"),
        "transfer": Localized("Hand the organization over", zh: "转让组织"),
        "transferText": Localized(
            "Another member becomes the owner and may do everything. If you own it, you become an admin, and cannot take it back by yourself.",
            zh: "该成员将成为所有者并拥有全部权限。若您是所有者，转让后将成为管理员，且无法自行收回。"),
        "newOwner": Localized("New owner", zh: "新的所有者"),
        "handOver": Localized("Hand over", zh: "转让"),
        "confirmTransfer": Localized("Hand the organization over to this member?", zh: "确定将组织转让给该成员？"),
        "noHeirs": Localized("Nobody to hand it to yet", zh: "暂无可转让的成员"),
        "noHeirsText": Localized("Invite the person first; once they are a member, they can be made the owner.", zh: "请先邀请对方，对方成为成员后即可转让。"),
        "invitationLink": Localized("Link", zh: "邀请链接"),
    ]
}
