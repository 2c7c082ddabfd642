internal import Kernel

/// What is said of organizations and after something was done with them.
extension Phrases {
    static let organizationRenamed = Localized("The organization is renamed.", zh: "组织名称已修改。")
    static let appChanged = Localized("The app is saved.", zh: "应用已保存。")
    static let appRemoved = Localized("The app is removed.", zh: "应用已移除。")

    static func appAdded(_ name: String) -> Localized { Localized("“\(name)” is added.", zh: "应用“\(name)”已添加。") }

    static func resetMade(for email: String) -> Localized {
        Localized("Hand this link to \(email). It works once, for 24 hours, and is not shown again.", zh: "请将链接转交给 \(email)：24 小时内有效，仅可使用一次，之后不再显示。")
    }

    static func secondFactorCleared(_ email: String) -> Localized { Localized("Two-step sign-in of \(email) is off.", zh: "已关闭 \(email) 的两步验证。") }

    static func accountRemoved(_ email: String) -> Localized { Localized("The account \(email) is removed.", zh: "账号 \(email) 已移除。") }

    static func transferred(to name: String) -> Localized { Localized("\(name) owns the organization now.", zh: "组织已转让给 \(name)。") }

    static func organizationCreated(_ name: String) -> Localized {
        Localized("“\(name)” is there. Invite its owner now.", zh: "组织“\(name)”已创建，请邀请其所有者。")
    }

    static func organizationSuspended(_ name: String) -> Localized { Localized("“\(name)” is suspended.", zh: "组织“\(name)”已停用。") }

    static func organizationResumed(_ name: String) -> Localized { Localized("“\(name)” is resumed.", zh: "组织“\(name)”已恢复。") }

    static func organizationIsSuspended(_ names: [String]) -> Localized {
        Localized(
            "The platform's operator has suspended \(names.map { "“\($0)”" }.joined(separator: ", ")).",
            zh: "平台管理员已停用组织\(names.map { "“\($0)”" }.joined(separator: "、"))。")
    }
}
