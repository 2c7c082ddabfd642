/// The one error that leaves a capability: a stable code, an HTTP status, and what to do about it.
///
/// Platform-specific shapes (Alipay's `error`, WeChat's `errCode`) are made from it at the edge.
public struct SampanError: Error, Sendable {
    /// Stable, upper-case identifier such as `FUNCTION_NOT_FOUND`; documented in `docs/api/errors.md`.
    public let code: String
    /// The HTTP status that it is answered with.
    public let status: Int
    /// What happened, without internals and without other tenants' data.
    public let detail: Localized
    /// What the reader can do about it.
    public let remedy: Localized
    /// Seconds after which a retry makes sense, where it does.
    public let retryAfter: Int?
    /// Further members of the problem document (for example the error that a function threw).
    public let members: JSONObject

    /// Makes an error.
    public init(
        _ code: String, status: Int, _ detail: Localized, remedy: Localized, retryAfter: Int? = nil, members: JSONObject = [:]
    ) {
        self.code = code
        self.status = status
        self.detail = detail
        self.remedy = remedy
        self.retryAfter = retryAfter
        self.members = members
    }

    /// The RFC 9457 problem document of this error.
    public func problem(requestID: String, language: Language) -> JSONObject {
        var problem: JSONObject = [
            "type": "about:blank", "title": .string(Self.title(status)), "status": .int(Int64(status)), "code": .string(code),
            "detail": .string(detail[language]), "remedy": .string(remedy[language]), "requestId": .string(requestID),
        ]
        for (key, value) in members { problem[key] = value }
        return problem
    }

    private static func title(_ status: Int) -> String {
        switch status {
        case 400: "Bad request"
        case 401: "Not signed in"
        case 403: "Not allowed"
        case 404: "Not found"
        case 405: "Method not allowed"
        case 409: "Conflict"
        case 412: "Changed meanwhile"
        case 413: "Too large"
        case 415: "Unsupported media type"
        case 422: "Cannot be processed"
        case 429: "Too many requests"
        case 501: "Not configured"
        case 502: "Function failed"
        case 503: "Not available now"
        case 504: "Timed out"
        default: status >= 500 ? "Server error" : "Refused"
        }
    }
}

extension SampanError {
    /// 400: the request's form is wrong.
    public static func badRequest(_ code: String, _ detail: Localized, remedy: Localized, members: JSONObject = [:]) -> SampanError {
        SampanError(code, status: 400, detail, remedy: remedy, members: members)
    }

    /// 400 for a body that is not valid JSON.
    public static func malformedJSON(_ error: JSONError) -> SampanError {
        badRequest(
            "MALFORMED_JSON",
            Localized("The body is not valid JSON: \(error.message.en).", zh: "请求体不是合法的 JSON：\(error.message.zh)。"),
            remedy: Localized("Send one JSON value in UTF-8.", zh: "请发送一个 UTF-8 编码的 JSON 值。"))
    }

    /// 400 for a member of a JSON body that is absent or of the wrong type; `member` names it, so that a form can show the reason beside its field.
    public static func badMember(_ name: String, _ expected: Localized) -> SampanError {
        badRequest(
            "BAD_MEMBER",
            Localized("\"\(name)\" is missing or wrong: expected \(expected.en).", zh: "“\(name)” 缺失或有误:应为\(expected.zh)。"),
            remedy: Localized("Correct \"\(name)\" and send the request again.", zh: "请改正 “\(name)” 后重新发送。"), members: ["member": .string(name)])
    }

    /// 404 for anything named in a path or body.
    public static func notFound(_ code: String, _ detail: Localized, remedy: Localized) -> SampanError {
        SampanError(code, status: 404, detail, remedy: remedy)
    }

    /// 401: who is calling is not known.
    public static func unauthenticated(_ code: String, _ detail: Localized, remedy: Localized) -> SampanError {
        SampanError(code, status: 401, detail, remedy: remedy)
    }

    /// 403: who is calling is known and may not.
    public static func forbidden(_ code: String, _ detail: Localized, remedy: Localized) -> SampanError {
        SampanError(code, status: 403, detail, remedy: remedy)
    }

    /// 403 `PERMISSION_DENIED`.
    public static func forbidden(_ detail: Localized, remedy: Localized) -> SampanError {
        forbidden("PERMISSION_DENIED", detail, remedy: remedy)
    }

    /// The disk under the data is full.
    public static let storageFull = SampanError(
        "STORAGE_FULL", status: 507, Localized("The server's disk is full; nothing was written.", zh: "服务器磁盘已满，未写入任何内容。"),
        remedy: Localized(
            "Reading still works. Whoever runs the server frees space; then writes work again without a restart.", zh: "读取不受影响。请联系服务器管理者释放空间，之后无需重启即可继续写入。"))

    /// 500 without internals: the cause is in the server's log under the request id.
    public static let internalError = SampanError(
        "INTERNAL_ERROR", status: 500,
        Localized("Something went wrong in the server.", zh: "服务器内部出现错误。"),
        remedy: Localized("Try again; if it stays, look up the request id in the server's log.", zh: "请重试;若仍出现,请凭请求编号查看服务器日志。"))
}
