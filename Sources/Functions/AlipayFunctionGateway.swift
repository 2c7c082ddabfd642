internal import Crypto
internal import Foundation
public import HTTPSupport
internal import HTTPTypes
public import Hummingbird
public import Kernel
internal import NIOCore

/// Alipay's function gateway: `POST /functions/invokeFunction`, signed with HMAC-SHA256.
///
/// The canonical request lists the signed headers in the order of `SignedHeaders`, which clients choose differently.
public struct AlipayFunctionGateway: Sendable {
    /// Finds the environment and secret of an access key.
    public typealias FindKey = @Sendable (_ id: String) throws -> (EnvironmentID, secret: String)?

    private static let clockSkewMilliseconds: Int64 = 300_000

    private let functions: Functions
    private let findKey: FindKey
    private let requireActive: @Sendable (EnvironmentID) throws -> Void
    private let signatures: SignedOnce

    /// Makes the gateway.
    public init(_ functions: Functions, findKey: @escaping FindKey, requireActive: @escaping @Sendable (EnvironmentID) throws -> Void) {
        self.functions = functions
        self.findKey = findKey
        self.requireActive = requireActive
        signatures = SignedOnce(skewMilliseconds: Self.clockSkewMilliseconds, startedAt: functions.clock.now())
    }

    /// Adds its route.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        router.post("/functions/invokeFunction", use: invoke)
    }

    private func invoke(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        do {
            let body = try await request.bytes(upTo: functions.limits.functionBytesMax)
            let environment = try verify(request, body)
            let name = request.headers[Self.header("x-to-function-name")] ?? ""
            let user = User(
                openid: request.headers[Self.header("x-alipay-openid")] ?? "", appID: request.headers[Self.header("x-from-app-id")] ?? "",
                platform: "alipay")
            let call = CallContext(
                environment: environment, caller: .function(name: "", user: user), requestID: context.requestID, language: context.language,
                clientIP: context.clientIP)
            let event = try body.asEvent()
            return .json(try await functions.call(name, event, source: "client", call))
        } catch {
            return refusal(SampanError(reporting: error), context)
        }
    }

    /// In the shape that Alipay's SDKs read.
    private func refusal(_ error: SampanError, _ context: SampanRequestContext) -> Response {
        .json(
            [
                "errCode": .string(error.code), "errMsg": .string(error.detail[context.language]), "remedy": .string(error.remedy[context.language]),
                "requestId": .string(context.requestID),
            ], status: .init(code: error.status))
    }

    private func verify(_ request: Request, _ body: ByteBuffer) throws -> EnvironmentID {
        guard let header = request.headers[.authorization], let authorization = Authorization(header),
            let (environment, secret) = try findKey(authorization.credential)
        else { throw Self.signatureInvalid }
        guard let sent = request.headers[Self.header("x-client-timestamp")], let timestamp = Int64(sent),
            authorization.signedHeaders.contains("x-client-timestamp"), authorization.signedHeaders.contains("x-to-function-name")
        else { throw Self.signatureInvalid }
        let now = functions.clock.now()
        try signatures.requireTimely(timestamp, now: now)
        guard let signature = Data(hex: authorization.signature),
            HMAC<SHA256>.isValidAuthenticationCode(
                signature, authenticating: Data(stringToSign(request, body, authorization, timestamp: sent).utf8), using: SymmetricKey(data: Data(secret.utf8)))
        else { throw Self.signatureInvalid }
        try signatures.requireFirst(authorization.signature, now: now)
        let target = request.headers[Self.header("x-to-env-id")] ?? environment.text
        guard target == environment.text else { throw SampanError.noEnvironmentForKey }
        try requireActive(environment)
        return environment
    }

    private func stringToSign(_ request: Request, _ body: ByteBuffer, _ authorization: Authorization, timestamp: String) -> String {
        var headers = ""
        for name in authorization.signedHeaders {
            let value = name == "host" ? request.head.authority : HTTPField.Name(name).flatMap { request.headers[$0] }
            headers += "\(name):\(value ?? "")\n"
        }
        let canonical = """
            \(request.method.rawValue)
            \(request.uri.path)
            \(request.uri.query ?? "")
            \(headers)
            \(authorization.signedHeaders.joined(separator: ";"))
            \(BlobStore.hash(body))

            """
        return "HMAC-SHA256\n\(timestamp)\n\(SHA256.hash(data: Data(canonical.utf8)).hex)\n"
    }

    private static func header(_ name: String) -> HTTPField.Name { HTTPField.Name(name).unsafelyUnwrapped }

    private static let signatureInvalid = SampanError.unauthenticated(
        "SIGNATURE_INVALID", Localized("The signature does not fit the request, or its key is unknown.", zh: "签名与请求不符,或密钥不存在。"),
        remedy: Localized("Check the access key's id and secret (`sampan env keys`).", zh: "请检查访问密钥的 id 与 secret(`sampan env keys`)。"))
}

extension SampanError {
    fileprivate static let noEnvironmentForKey = forbidden(
        Localized("The access key belongs to another environment.", zh: "该访问密钥属于其他环境。"),
        remedy: Localized("Use a key of the environment that you call.", zh: "请使用目标环境的访问密钥。"))
}

/// The header `HMAC-SHA256 Credential=…, SignedHeaders=a;b, Signature=…`, taken apart.
private struct Authorization {
    let credential: String
    let signedHeaders: [String]
    let signature: String

    init?(_ header: String) {
        guard header.hasPrefix("HMAC-SHA256 "), header.utf8.count < 4096 else { return nil }
        var fields: [Substring: Substring] = [:]
        for part in header.dropFirst(12).split(separator: ",") {
            let pair = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else { return nil }
            fields[pair[0]] = pair[1]
        }
        guard let credential = fields["Credential"], let headers = fields["SignedHeaders"], let signature = fields["Signature"] else { return nil }
        self.credential = String(credential)
        signedHeaders = headers.split(separator: ";").map { $0.lowercased() }
        self.signature = signature.lowercased()
    }
}

extension Data {
    fileprivate init?(hex: String) {
        let digits = Array(hex.utf8)
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) else { return nil }
            bytes.append(byte)
        }
        self.init(bytes)
    }
}
