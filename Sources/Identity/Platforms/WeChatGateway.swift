internal import Foundation
internal import Kernel
internal import Synchronization
internal import Tenancy

/// WeChat's server API: `jscode2session` for login, `access_token` for everything else.
struct WeChatGateway: Sendable {
    let settings: EnvironmentSettings.Platform
    let http: OutboundHTTP
    let clock: WallClock
    let tokens: AccessTokens

    /// Access tokens with their expiry in milliseconds, by everything that they were got with: whoever knows only another's app id gets none.
    final class AccessTokens: Sendable {
        private let held = Mutex<[String: (token: String, expiresAt: Int64)]>([:])

        func token(of holder: String, now: Int64) -> String? {
            held.withLock { $0[holder] }.flatMap { $0.expiresAt > now ? $0.token : nil }
        }

        func keep(_ token: String, of holder: String, until expiresAt: Int64) { held.withLock { $0[holder] = (token, expiresAt) } }

        /// Drops a token that WeChat no longer takes, unless another call has renewed it meanwhile.
        func drop(_ token: String, of holder: String) {
            held.withLock { if $0[holder]?.token == token { $0[holder] = nil } }
        }
    }

    /// Trades a login code for the user's ids.
    func session(code: String) async throws -> (openid: String, unionid: String) {
        let (id, secret) = try credentials()
        let answer = try await get(
            "/sns/jscode2session?appid=\(formEncoded(id))&secret=\(formEncoded(secret))&js_code=\(formEncoded(code))&grant_type=authorization_code")
        guard let openid = answer["openid"]?.stringValue, !openid.isEmpty else { throw SampanError.platformUnreachable("WeChat") }
        return (openid, answer["unionid"]?.stringValue ?? "")
    }

    /// Calls an open API by the name that `cloud.openapi` gives it.
    ///
    /// - Returns: the answer's bytes: JSON, or a picture where the API makes one.
    func call(_ api: String, parameters: JSON) async throws -> [UInt8] {
        let path = try Self.path(of: api)
        let media = UploadedMedia(parameters)
        let (type, body) = media.map { ($0.contentType, $0.form) } ?? ("application/json", Self.snakeCased(parameters).serialized())
        func post(_ token: String) async throws -> [UInt8] {
            let url = "\(settings.gateway)\(path)?access_token=\(formEncoded(token))"
            return try await send(.init(method: "POST", url: url, contentType: type, body: body))
        }
        let token = try await accessToken()
        do {
            return try await post(token)
        } catch let error as SampanError where Self.revokesToken(error) {
            // WeChat looks at the token first, so that nothing was done: asking again with a new one does it once.
            tokens.drop(token, of: try holder())
            return try await post(try await accessToken())
        }
    }

    /// Whether WeChat no longer takes the token: another program has fetched a new one, or the secret was changed.
    ///
    /// Source: WeChat's global return codes (invalid credential, invalid token, expired token).
    private static func revokesToken(_ error: SampanError) -> Bool {
        ["40001", "40014", "42001"].contains(error.members["platformCode"]?.stringValue)
    }

    private func credentials() throws -> (id: String, secret: String) {
        guard !settings.appID.isEmpty else { throw SampanError.platformNotConfigured("WeChat", "appId") }
        guard let secret = settings.secret else { throw SampanError.platformNotConfigured("WeChat", "appSecret") }
        return (settings.appID, secret)
    }

    /// By what its token is kept.
    private func holder() throws -> String {
        let (id, secret) = try credentials()
        return "\(settings.gateway)\n\(id)\n\(secret)".sha256Hex
    }

    private func accessToken() async throws -> String {
        let (id, secret) = try credentials()
        let now = clock.now()
        let holder = try holder()
        if let held = tokens.token(of: holder, now: now) { return held }
        let answer = try await get("/cgi-bin/token?grant_type=client_credential&appid=\(formEncoded(id))&secret=\(formEncoded(secret))")
        guard let token = answer["access_token"]?.stringValue else { throw SampanError.platformUnreachable("WeChat") }
        // Renewed five minutes early, so that no call goes out with a token that expires on its way.
        let lifetime = max(60, (answer["expires_in"]?.intValue ?? 7200) - 300)
        tokens.keep(token, of: holder, until: now + lifetime * 1000)
        return token
    }

    private func get(_ pathAndQuery: String) async throws -> JSONObject {
        let body = try await send(.init(method: "GET", url: settings.gateway + pathAndQuery, contentType: nil, body: []))
        guard let answer = (try? JSON(parsing: body))?.objectValue else { throw SampanError.platformUnreachable("WeChat") }
        return answer
    }

    private func send(_ request: OutboundHTTP.Request) async throws -> [UInt8] {
        let answer: (status: Int, body: [UInt8])
        do {
            answer = try await http.send(request)
        } catch {
            throw SampanError.platformUnreachable("WeChat")
        }
        guard (200..<300).contains(answer.status) else { throw SampanError.platformUnreachable("WeChat") }
        // WeChat says what went wrong in JSON, whatever the API answers when it goes well.
        if let problem = (try? JSON(parsing: answer.body))?.objectValue, let code = problem["errcode"]?.intValue, code != 0 {
            throw SampanError.platformRefused("WeChat", code: String(code), message: problem["errmsg"]?.stringValue ?? "")
        }
        return answer.body
    }

    /// Where the API is.
    ///
    /// Most names are the path's tail in lower case; the table holds those that are not.
    /// Source: developers.weixin.qq.com/miniprogram/dev/OpenApiDoc.
    static func path(of api: String) throws -> String {
        if let path = paths[api] { return path }
        let parts = api.split(separator: ".", omittingEmptySubsequences: false)
        let wellFormed =
            parts.count == 2
            && parts.allSatisfy { part in
                !part.isEmpty && part.utf8.allSatisfy { ($0 | 32) >= 97 && ($0 | 32) <= 122 || (48...57).contains($0) || $0 == 95 }
            }
        guard wellFormed else {
            throw SampanError.badMember("api", Localized("a name such as subscribeMessage.send", zh: "形如 subscribeMessage.send 的接口名"))
        }
        return "/wxa/\(parts[0].lowercased())/\(parts[1].lowercased())"
    }

    private static let paths: [String: String] = [
        "subscribeMessage.send": "/cgi-bin/message/subscribe/send",
        "uniformMessage.send": "/cgi-bin/message/wxopen/template/uniform_send",
        "templateMessage.send": "/cgi-bin/message/wxopen/template/send",
        "customerServiceMessage.send": "/cgi-bin/message/custom/send",
        "security.msgSecCheck": "/wxa/msg_sec_check",
        "security.imgSecCheck": "/wxa/img_sec_check",
        "security.mediaCheckAsync": "/wxa/media_check_async",
        "wxacode.get": "/wxa/getwxacode",
        "wxacode.getUnlimited": "/wxa/getwxacodeunlimit",
        "wxacode.createQRCode": "/cgi-bin/wxaapp/createwxaqrcode",
        "urlscheme.generate": "/wxa/generatescheme",
        "urllink.generate": "/wxa/generate_urllink",
        "phonenumber.getPhoneNumber": "/wxa/business/getuserphonenumber",
        "analysis.getDailyVisitTrend": "/datacube/getweanalysisappiddailyvisittrend",
        "analysis.getDailyRetain": "/datacube/getweanalysisappiddailyretaininfo",
    ]

    /// WeChat's cloud takes camelCase members; the HTTP API wants some in snake_case.
    private static func snakeCased(_ json: JSON) -> JSON {
        guard let object = json.objectValue else { return json }
        let names = ["templateId": "template_id", "miniprogramState": "miniprogram_state", "mediaUrl": "media_url", "mediaType": "media_type"]
        var renamed: JSONObject = [:]
        for (key, value) in object { renamed[names[key] ?? key] = value }
        return .object(renamed)
    }
}

/// A file in the parameters, which the HTTP API takes as a form: `{"media":{"contentType","value":{"$base64"}}}`.
///
/// The function SDK writes all of WeChat's names in snake_case, as most of that API wants them.
private struct UploadedMedia {
    let contentType: String
    let form: [UInt8]

    init?(_ parameters: JSON) {
        guard let media = parameters["media"], let text = media["value"]?["$base64"]?.stringValue, let bytes = Data(base64Encoded: text) else { return nil }
        let boundary = "sampan-\(RandomText.make(24))"
        // Only what a type may consist of: nothing that could end the header.
        let given = (media["contentType"] ?? media["content_type"])?.stringValue ?? ""
        let type = given.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "/.+-".contains($0)) }
        let head =
            "--\(boundary)\r\nContent-Disposition: form-data; name=\"media\"; filename=\"media\"\r\nContent-Type: \(type.isEmpty ? "image/png" : type)\r\n\r\n"
        form = Array(head.utf8) + bytes + Array("\r\n--\(boundary)--\r\n".utf8)
        contentType = "multipart/form-data; boundary=\(boundary)"
    }
}
