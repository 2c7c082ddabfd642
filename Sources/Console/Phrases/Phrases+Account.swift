internal import Kernel

/// What is said after somebody has changed their own account.
extension Phrases {
    static let nameChanged = Localized("Your name is changed.", zh: "姓名已修改。")
    static let passwordChanged = Localized("The password is changed; all other sessions have ended.", zh: "密码已修改，其他设备已退出登录。")
    static let secondFactorRemoved = Localized("Two-step sign-in is off.", zh: "两步验证已关闭。")
    static let sessionEnded = Localized("The session has ended.", zh: "会话已结束。")
    static let otherSessionsEnded = Localized("All other sessions have ended.", zh: "其他会话已全部结束。")
}
