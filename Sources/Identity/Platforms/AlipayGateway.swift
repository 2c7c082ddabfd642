internal import Foundation
internal import Kernel
internal import Tenancy

/// Alipay's open API: parameters signed with RSA2 (SHA256 with RSA, PKCS#1 v1.5) over the sorted `name=value` list,
/// answers `{"<method>_response": {…}, "sign": "…"}`.
///
/// Source: opendocs.alipay.com/common/02khjm.
struct AlipayGateway: Sendable {
    let settings: EnvironmentSettings.Platform
    let http: OutboundHTTP
    let clock: WallClock

    /// Calls `method` and answers the inner response object.
    /// - Parameters:
    ///   - parameters: what goes in as `biz_content`.
    ///   - topLevel: parameters beside it, for the few methods that want them there.
    func call(_ method: String, parameters: JSON?, topLevel: [String: String] = [:], appAuthToken: String? = nil) async throws -> JSONObject {
        guard method.utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == 46 || $0 == 95 }), !method.isEmpty else {
            throw SampanError.badMember("api", Localized("the name of an Alipay method such as alipay.trade.create", zh: "支付宝接口名,如 alipay.trade.create"))
        }
        let form = try signedForm(method, parameters: parameters, topLevel: topLevel, appAuthToken: appAuthToken)
        let answer: (status: Int, body: [UInt8])
        do {
            answer = try await http.send(
                .init(method: "POST", url: settings.gateway, contentType: "application/x-www-form-urlencoded;charset=utf-8", body: Array(form.utf8)))
        } catch {
            throw SampanError.platformUnreachable("Alipay")
        }
        return try opened(answer.body, method)
    }

    /// The few methods that take parameters beside `biz_content`, from before there was one.
    private static let topLevelNames: [String: [String]] = [
        "alipay.system.oauth.token": ["grant_type", "code", "refresh_token"], "alipay.user.info.share": ["auth_token"],
    ]

    /// Parts a function's parameters into `biz_content` and what goes beside it.
    static func split(_ parameters: JSON, of method: String) -> (content: JSON?, topLevel: [String: String]) {
        guard let names = topLevelNames[method], var content = parameters.objectValue else { return (parameters, [:]) }
        var topLevel: [String: String] = [:]
        for name in names {
            topLevel[name] = content[name]?.stringValue
            content[name] = nil
        }
        return (content.isEmpty ? nil : .object(content), topLevel)
    }

    private func signedForm(_ method: String, parameters: JSON?, topLevel: [String: String], appAuthToken: String?) throws -> String {
        guard !settings.appID.isEmpty else { throw SampanError.platformNotConfigured("Alipay", "appId") }
        guard let secret = settings.secret else { throw SampanError.platformNotConfigured("Alipay", "privateKey") }
        var fields = topLevel
        fields["app_id"] = settings.appID
        fields["method"] = method
        fields["format"] = "JSON"
        fields["charset"] = "utf-8"
        fields["sign_type"] = "RSA2"
        fields["timestamp"] = beijingTime()
        fields["version"] = "1.0"
        if let appAuthToken { fields["app_auth_token"] = appAuthToken }
        if let parameters { fields["biz_content"] = parameters.text }
        let names = fields.keys.sorted().filter { fields[$0]?.isEmpty == false }
        let content = names.map { "\($0)=\(fields[$0] ?? "")" }.joined(separator: "&")
        let signature = try RSA2(privateKey: secret).signature(of: content)
        let pairs = names.map { "\($0)=\(formEncoded(fields[$0] ?? ""))" }
        return (pairs + ["sign=\(formEncoded(signature))"]).joined(separator: "&")
    }

    private func opened(_ body: [UInt8], _ method: String) throws -> JSONObject {
        guard let answer = (try? JSON(parsing: body))?.objectValue else { throw SampanError.platformUnreachable("Alipay") }
        let member = method.replacingOccurrences(of: ".", with: "_") + "_response"
        if let error = answer["error_response"]?.objectValue { throw refusal(error) }
        guard let inner = answer[member]?.objectValue else { throw SampanError.platformUnreachable("Alipay") }
        try verify(answer["sign"]?.stringValue, body, member)
        if let code = inner["code"]?.stringValue, code != "10000" { throw refusal(inner) }
        return inner
    }

    private func refusal(_ error: JSONObject) -> SampanError {
        .platformRefused(
            "Alipay", code: error["sub_code"]?.stringValue ?? error["code"]?.stringValue ?? "",
            message: error["sub_msg"]?.stringValue ?? error["msg"]?.stringValue ?? "")
    }

    /// The signature covers the inner object's bytes exactly as they were sent.
    private func verify(_ signature: String?, _ body: [UInt8], _ member: String) throws {
        guard let publicKey = settings.publicKey, !publicKey.isEmpty else { return }
        let text = String(decoding: body, as: UTF8.self)
        guard let signature, let start = text.range(of: "\"\(member)\":")?.upperBound,
            let end = text.range(of: ",\"sign\"", options: .backwards)?.lowerBound ?? text.lastIndex(of: "}"), start < end,
            RSA2.isValid(signature, of: String(text[start..<end]), publicKey: publicKey)
        else {
            throw SampanError.platformRefused("Alipay", code: "BAD_SIGNATURE", message: "the answer's signature does not fit the configured public key")
        }
    }

    private func beijingTime() -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 8 * 3600)
        formatter.dateFormat = "yyyy-MM-dd HH:mm:ss"
        return formatter.string(from: Date(timeIntervalSince1970: Double(clock.now()) / 1000))
    }
}
