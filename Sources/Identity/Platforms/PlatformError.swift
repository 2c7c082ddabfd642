internal import Kernel

extension SampanError {
    static func platformNotConfigured(_ platform: String, _ missing: String) -> SampanError {
        SampanError(
            "PLATFORM_NOT_CONFIGURED", status: 501,
            Localized("\(missing) of \(platform) is not set for this environment.", zh: "此环境尚未设置 \(platform) 的 \(missing)。"),
            remedy: Localized(
                "Set it with `sampan env set` or PATCH /admin/v1/environments/{env}/settings.",
                zh: "请用 `sampan env set` 或 PATCH /admin/v1/environments/{env}/settings 设置。"))
    }

    static func platformUnreachable(_ platform: String) -> SampanError {
        SampanError(
            "PLATFORM_UNREACHABLE", status: 502, Localized("\(platform)'s gateway did not answer.", zh: "\(platform) 网关没有响应。"),
            remedy: Localized("Try again; check the gateway's address in the environment's settings.", zh: "请重试;并检查环境设置中的网关地址。"), retryAfter: 1)
    }

    static func platformRefused(_ platform: String, code: String, message: String) -> SampanError {
        SampanError(
            "PLATFORM_REFUSED", status: 502, Localized("\(platform) refused: \(code) \(message)", zh: "\(platform) 拒绝了请求:\(code) \(message)"),
            remedy: Localized("Look the code up in the platform's documentation.", zh: "请在平台文档中查询该错误码。"),
            members: ["platformCode": .string(code), "platformMessage": .string(message)])
    }
}
