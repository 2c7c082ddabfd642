internal import Kernel

extension Phrases {
    static func sessionsEnded(_ count: Int, of openid: String) -> Localized {
        Localized(count == 1 ? "1 session of \(openid) is ended." : "\(count) sessions of \(openid) are ended.", zh: "已结束 \(openid) 的 \(count) 个会话。")
    }
}
