internal import Kernel

extension Catalogue {
    /// The pages of who looks after the whole platform.
    static let `operator`: [String: Localized] = [
        "operator": Localized("Platform", zh: "平台管理"),
        "operatorLead": Localized("Every organization and environment on this server.", zh: "本服务器上的全部组织与环境。"),
        "allOrganizations": Localized("All organizations", zh: "全部组织"),
        "memberCount": Localized("People", zh: "成员数"),
        "suspendedTotal": Localized("Suspended", zh: "已停用"),
        "workers": Localized("Function workers", zh: "云函数运行器"),
        "workersReady": Localized("ready", zh: "就绪"),
        "workersNotReady": Localized("not ready", zh: "未就绪"),
        "newOrganization": Localized("New organization", zh: "新建组织"),
        "newOrganizationHint": Localized("A tenant of this platform: after it is made, invite its owner.", zh: "组织即平台的租户，创建后请邀请其所有者。"),
        "organizationExample": Localized("Tea house on the corner", zh: "例如：街角茶馆"),
        "suspend": Localized("Suspend", zh: "停用"),
        "resume": Localized("Resume", zh: "恢复"),
        "confirmSuspendOrganization": Localized(
            "Suspend this organization? All its environments stop answering at once; its people can look but change nothing.",
            zh: "确定停用该组织？其全部环境将立即停止响应，成员只能查看，不能更改。"),
        "confirmResumeOrganization": Localized("Resume this organization? Its environments answer again at once.", zh: "确定恢复该组织？其环境将立即恢复响应。"),
        "environment": Localized("Environment", zh: "环境名称与编号"),
        "runsOfHour": Localized("runs", zh: "次调用"),
        "failuresOfRuns": Localized("failed", zh: "次失败"),
        "noEnvironments": Localized("No environments yet", zh: "还没有环境"),
        "accounts": Localized("Accounts", zh: "账号"),
        "allAccounts": Localized("All accounts", zh: "全部账号"),
        "noAccounts": Localized("Nobody has an account yet", zh: "还没有账号"),
        "noAccountsText": Localized("Who accepts an invitation to an organization gets one.", zh: "接受组织邀请的人会在这里出现。"),
        "makeReset": Localized("Password link", zh: "重置链接"),
        "resetLink": Localized("Link for a new password", zh: "重置密码链接"),
        "confirmMakeReset": Localized(
            "Make a link with which this person sets a new password? Earlier links stop working; hand this one over yourself.",
            zh: "确定生成重置密码的链接？之前的链接将失效，请自行转交给对方。"),
        "clearSecondFactor": Localized("Turn two-step off", zh: "关闭两步验证"),
        "confirmClearSecondFactor": Localized(
            "Turn two-step sign-in off for this person? Be sure that it is they who ask for it.", zh: "确定关闭该账号的两步验证？请先核实对方身份。"),
        "confirmRemoveAccount": Localized(
            "Remove this account? It loses all its roles, and its sessions end at once.", zh: "确定移除该账号？其全部角色将被收回，会话立即结束。"),
        "noEnvironmentsText": Localized("Organizations make their own; they appear here.", zh: "组织创建的环境会显示在这里。"),
    ]
}
