internal import Foundation
public import HTTPSupport
internal import HTTPTypes
public import Hummingbird
public import Kernel
internal import NIOCore

/// What of an Alipay app's key the gateway needs.
public struct AlipayAppKey: Sendable {
    let environment: EnvironmentID
    let requireActive: @Sendable () throws -> Void
    let signs: @Sendable (_ text: String) throws -> String
    let made: @Sendable (_ signature: String, _ text: String) -> Bool

    /// The key of an environment's app.
    /// - Parameters:
    ///   - requireActive: throws unless the environment and its organization serve.
    ///   - signs: makes a signature.
    ///   - made: whether a signature of a text is this key's own.
    public init(
        _ environment: EnvironmentID, requireActive: @escaping @Sendable () throws -> Void, signs: @escaping @Sendable (String) throws -> String,
        made: @escaping @Sendable (String, String) -> Bool
    ) {
        self.environment = environment
        self.requireActive = requireActive
        self.signs = signs
        self.made = made
    }
}

/// `POST /alipay/gateway.do`: Alipay's gateway for merchant coupons, as Alipay's own SDKs speak to it.
///
/// The app signs with its private key, which the environment's settings hold; what comes back is signed with the same key, so an SDK is
/// told the app's own public key as Alipay's.
public struct AlipayCouponGateway: Sendable {
    /// Finds the environments of an app that serve, with its key.
    public typealias FindApp = @Sendable (_ appID: String, _ environment: String?) throws -> AlipayAppKey
    /// Writes down what was changed.
    public typealias Audit = @Sendable (AuditNote, _ method: String, Principal, EnvironmentID, SampanRequestContext) async throws -> Void

    private static let skewMilliseconds: Int64 = 600_000
    private static let bodyBytesMax = 256 << 10

    private let facade: CouponFacade
    private let findApp: FindApp
    private let audit: Audit
    private let signatures: SignedOnce

    /// Makes the gateway.
    public init(_ facade: CouponFacade, findApp: @escaping FindApp, audit: @escaping Audit) {
        self.facade = facade
        self.findApp = findApp
        self.audit = audit
        // Alipay's timestamps have no parts of seconds and no nonce beside them: whoever asks twice in a second signs the same twice. Each change
        // has its out_biz_no, so that a repeat does nothing.
        let now = facade.coupons.clock.now()
        signatures = SignedOnce(skewMilliseconds: Self.skewMilliseconds, startedAt: now - now % 1000, graceMilliseconds: 2000)
    }

    /// Adds its route.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        router.post("/alipay/gateway.do", use: answer)
    }

    /// Always 200, as Alipay's own: SDKs look for refusals in the body.
    private func answer(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        // Who speaks to Alipay reads Chinese, unless they say otherwise.
        let language = request.headers[.acceptLanguage] == nil ? Language.zh : context.language
        var (method, key): (String, AlipayAppKey?) = ("", nil)
        let answer: JSONObject
        do {
            let form = try await AlipayForm(request, bodyBytesMax: Self.bodyBytesMax)
            method = form["method"] ?? ""
            key = try findApp(form.need("app_id"), form["sampan_env"] ?? request.headers[.sampanEnvironment])
            guard let key else { throw SampanError.internalError }
            answer = AlipayAnswer.success(try await perform(form, method, key, context))
        } catch {
            answer = AlipayAnswer.refusal(SampanError(reporting: error), language)
        }
        let name = AlipayAnswer.isMethod(method) ? method.replacing(".", with: "_") + "_response" : "error_response"
        let inner = JSON.object(answer).text
        let signature = try key.map { ",\"sign\":\"\(try $0.signs(inner))\"" } ?? ""
        return .json(ByteBuffer(string: "{\"\(name)\":\(inner)\(signature)}"))
    }

    private func perform(_ form: AlipayForm, _ method: String, _ key: AlipayAppKey, _ context: SampanRequestContext) async throws -> JSONObject {
        let appID = try form.need("app_id")
        try verify(form, key)
        try key.requireActive()
        guard let body = try JSON(ByteBuffer(string: form["biz_content"] ?? "{}")).objectValue else {
            throw SampanError.badMember("biz_content", Localized("a JSON object", zh: " JSON 对象"))
        }
        let principal = Principal(kind: .key("alipay-\(appID)"), name: "Alipay app \(appID)", grants: [])
        let call = CallContext(
            environment: key.environment, caller: .key, requestID: context.requestID, language: context.language, clientIP: context.clientIP)
        let note = AuditNote()
        let answer = try await AuditNote.$current.withValue(note) {
            try await facade.alipay(method, body, CouponFacade.Voice(context: call, principal: principal))
        }
        if !AlipayAnswer.onlyReads(method) { try await audit(note, method, principal, key.environment, context) }
        return answer
    }

    private func verify(_ form: AlipayForm, _ key: AlipayAppKey) throws {
        for (name, value) in [("sign_type", "RSA2"), ("version", "1.0")] where try form.need(name) != value {
            throw SampanError.badMember(name, Localized(value, zh: " \(value)"))
        }
        guard try form.need("charset").lowercased() == "utf-8" else { throw SampanError.badMember("charset", Localized("utf-8", zh: " utf-8")) }
        // TLS encrypts, an environment is one merchant, and nobody is notified.
        for name in ["encrypt_type", "app_auth_token", "notify_url", "return_url"] where form[name] != nil { throw SampanError.couponField(name) }
        guard let timestamp = try FacadeTime.moment(alipay: form.need("timestamp")) else {
            throw SampanError.badMember("timestamp", Localized("a time such as 2026-10-01 12:00:00 in Beijing", zh: "北京时间，例如 2026-10-01 12:00:00"))
        }
        let (sign, now) = (try form.need("sign"), facade.coupons.clock.now())
        try signatures.requireTimely(timestamp, now: now)
        guard form.signedTexts.contains(where: { key.made(sign, $0) }) else { throw SampanError.alipaySignatureInvalid }
        try signatures.requireFirst(sign, now: now)
    }
}

/// The parameters of a request: those of the address and those of the body.
private struct AlipayForm {
    private var fields: [String: String] = [:]

    init(_ request: Request, bodyBytesMax: Int) async throws {
        let body = try await request.bytes(upTo: bodyBytesMax)
        for text in [request.uri.query ?? "", String(buffer: body)] {
            for part in text.split(separator: "&") {
                let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard sides.count == 2, let name = Self.decoded(sides[0]), let value = Self.decoded(sides[1]) else {
                    throw SampanError.badMember(String(part.prefix(40)), Localized("a form in UTF-8", zh: " UTF-8 编码的表单"))
                }
                // Which of two would be the signed one?
                guard fields.updateValue(value, forKey: name) == nil else {
                    throw SampanError.badMember(String(name.prefix(40)), Localized("once", zh: "只出现一次"))
                }
            }
        }
    }

    private static func decoded(_ text: Substring) -> String? { text.replacing("+", with: " ").removingPercentEncoding }

    subscript(name: String) -> String? { fields[name].flatMap { $0.isEmpty ? nil : $0 } }

    func need(_ name: String) throws -> String {
        guard let value = self[name] else { throw SampanError.badMember(name, Localized("a text", zh: "文本")) }
        return value
    }

    /// What may have been signed: SDKs leave empty parameters out or not, and our own may have been put to the address afterwards.
    var signedTexts: [String] {
        let pairs = fields.filter { $0.key != "sign" }.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        func text(_ isSigned: ((key: String, value: String)) -> Bool) -> String {
            pairs.filter { isSigned(($0.key, $0.value)) }.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
        }
        return [
            text { !$0.value.isEmpty }, text { _ in true }, text { !$0.value.isEmpty && $0.key != "sampan_env" }, text { $0.key != "sampan_env" },
        ]
    }
}

/// Answers as Alipay's gateway gives them.
enum AlipayAnswer {
    static func success(_ fields: JSONObject) -> JSONObject {
        var answer: JSONObject = ["code": "10000", "msg": "Success"]
        for (name, value) in fields { answer[name] = value }
        return answer
    }

    /// `sub_code` is our own code, by which errors.md says what to do.
    static func refusal(_ error: SampanError, _ language: Language) -> JSONObject {
        let (code, message) =
            switch (error.status, error.code) {
            case (500..., _): ("20000", "Service Currently Unavailable")
            case (429, _): ("40005", "Call Limited")
            case (400, _), (_, "COUPON_FIELD_UNSUPPORTED"), (401, _), (_, "COUPON_METHOD_UNKNOWN"): ("40002", "Invalid Arguments")
            default: ("40004", "Business Failed")
            }
        var answer: JSONObject = [
            "code": .string(code), "msg": .string(message), "sub_code": .string(error.code),
            "sub_msg": .string(error.detail[language] + (language == .en ? " " : "") + error.remedy[language]),
        ]
        // What a program can read: which field, which coupon.
        for (name, value) in error.members where answer[name] == nil { answer[name] = value }
        return answer
    }

    /// Whether a text can be in the name of an answer.
    static func isMethod(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && text.utf8.allSatisfy { (97...122).contains($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") }
    }

    static func onlyReads(_ method: String) -> Bool { method.hasSuffix(".query") || method.hasSuffix(".codecount") }
}

extension SampanError {
    static let alipaySignatureInvalid = unauthenticated(
        "SIGNATURE_INVALID", Localized("The signature was not made with the app's private key that the environment has.", zh: "签名与环境中配置的应用私钥不符。"),
        remedy: Localized("Sign with the key of the setting alipay.privateKey (RSA2).", zh: "请使用设置 alipay.privateKey 中的密钥以 RSA2 签名。"))

    /// 401 for an Alipay app that no environment has, or without a key.
    public static func noAlipayApp(_ id: String) -> SampanError {
        unauthenticated(
            "ALIPAY_APP_UNKNOWN",
            Localized("No environment has the Alipay app \(id.prefix(40)) with its private key.", zh: "没有环境配置了支付宝应用 \(id.prefix(40)) 及其私钥。"),
            remedy: Localized("Set alipay.appId and alipay.privateKey of the environment.", zh: "请设置环境的 alipay.appId 与 alipay.privateKey。"))
    }

    /// 409 for an Alipay app that several environments have.
    public static func ambiguousAlipayApp(_ id: String) -> SampanError {
        SampanError(
            "ALIPAY_APP_AMBIGUOUS", status: 409,
            Localized("Several environments have the Alipay app \(id.prefix(40)).", zh: "多个环境配置了支付宝应用 \(id.prefix(40))。"),
            remedy: Localized("Name one with the header x-sampan-env or the parameter sampan_env.", zh: "请以请求头 x-sampan-env 或参数 sampan_env 指定环境。"))
    }
}
