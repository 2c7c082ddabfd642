internal import Kernel

/// What is said after something was done with people.
extension Phrases {
    static let invitationTakenBack = Localized("The invitation was taken back.", zh: "已撤回邀请。")
    static let roleChanged = Localized("The role was changed.", zh: "角色已更改。")
    static let memberRemoved = Localized("The member was removed.", zh: "已移除该成员。")

    static func members(_ count: Int) -> Localized { Localized(count == 1 ? "1 member" : "\(count) members", zh: "\(count) 位成员") }

    static func invitedByMail(_ email: String) -> Localized {
        Localized(
            "An invitation is on its way to \(email). The link can also be handed over; it is shown this once.",
            zh: "邀请邮件已发送至 \(email)。也可以直接转发以下链接（仅显示一次）。")
    }

    static func invited(_ email: String) -> Localized {
        Localized(
            "Hand this link to \(email); it is shown this once and works for 7 days.", zh: "请把以下链接转给 \(email)，链接仅显示一次，7 天内有效。")
    }
}
