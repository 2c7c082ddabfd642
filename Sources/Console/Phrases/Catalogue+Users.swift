internal import Kernel

extension Catalogue {
    /// The users of the app.
    static let users: [String: Localized] = [
        "users": Localized("Users", zh: "用户"),
        "user": Localized("User", zh: "用户标识"),
        "unionid": Localized("unionid", zh: "unionid"),
        "searchUsers": Localized("Part of an openid or unionid", zh: "openid 或 unionid 的一部分"),
        "lastLogin": Localized("Last login", zh: "最近登录"),
        "firstLogin": Localized("First login", zh: "首次登录"),
        "copyOpenid": Localized("Copy openid", zh: "复制 openid"),
        "endSessions": Localized("End sessions", zh: "结束会话"),
        "confirmEndSessions": Localized(
            "End this user's sessions? They log in again; what is already open ends within two hours.",
            zh: "确定结束该用户的会话？用户需要重新登录，已打开的页面最迟两小时后失效。"),
        "noUsers": Localized("No users yet", zh: "还没有用户"),
        "noUsersText": Localized(
            "Whoever opens the app and logs in appears here: with WeChat or Alipay, without a name, or under a name for trying things out. Pages log in with one call:",
            zh: "用户打开小程序并登录后会出现在这里，支持微信、支付宝、匿名以及用于试用的开发登录。页面只需一次调用即可登录："),
        "platform-wechat": Localized("WeChat", zh: "微信"),
        "platform-alipay": Localized("Alipay", zh: "支付宝"),
        "platform-anonymous": Localized("Anonymous", zh: "匿名"),
        "platform-development": Localized("Development", zh: "开发"),
    ]
}
