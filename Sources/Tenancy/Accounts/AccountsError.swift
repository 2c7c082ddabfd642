public import Kernel

/// What can be wrong with accounts and signing in.
extension SampanError {
    static let signInFailed = unauthenticated(
        "SIGN_IN_FAILED", Localized("Email, password or code is wrong.", zh: "邮箱、密码或验证码不正确。"),
        remedy: Localized("Try again, or reset the password.", zh: "请重试，或重置密码。"))
    static let secondFactorNeeded = unauthenticated(
        "SECOND_FACTOR_NEEDED", Localized("This account needs a code as well.", zh: "该账号还需要验证码。"),
        remedy: Localized("Send \"code\" from the authenticator app, or a recovery code.", zh: "请携带验证器应用中的 “code”，或一个恢复码。"))
    static let secondFactorIsOn = SampanError(
        "SECOND_FACTOR_ON", status: 409, Localized("The second factor is on already.", zh: "两步验证已开启。"),
        remedy: Localized("Turn it off first to use another device.", zh: "更换设备请先关闭。"))
    static let secondFactorNotBegun = SampanError(
        "SECOND_FACTOR_NOT_BEGUN", status: 409, Localized("There is no second factor to confirm.", zh: "没有待确认的两步验证。"),
        remedy: Localized("Begin with POST /admin/v1/account/second-factor.", zh: "请先调用 POST /admin/v1/account/second-factor。"))
    static let codeWrong = badRequest(
        "CODE_WRONG", Localized("The code is wrong or was used.", zh: "验证码不正确或已使用。"),
        remedy: Localized("Type the code that the app shows now; check the device's clock.", zh: "请输入应用当前显示的验证码，并检查设备时间。"))
    static let linkUsed = badRequest(
        "LINK_INVALID", Localized("The link was used, is too old, or is wrong.", zh: "链接已使用、已过期或有误。"),
        remedy: Localized("Ask for a new one.", zh: "请重新获取链接。"))

    static func tooManyTries(seconds: Int) -> SampanError {
        SampanError(
            "TOO_MANY_TRIES", status: 429, Localized("Too many failed tries.", zh: "失败次数过多。"),
            remedy: Localized("Wait and try again.", zh: "请稍后重试。"), retryAfter: seconds)
    }

    /// 404 for an account that does not exist.
    public static func noAccount(_ id: String) -> SampanError {
        notFound(
            "ACCOUNT_NOT_FOUND", Localized("There is no account \(id.prefix(60)).", zh: "不存在账号 \(id.prefix(60))。"),
            remedy: Localized("The organization's page lists its members.", zh: "可在组织页面查看成员。"))
    }
}
