internal import Crypto
internal import Kernel
internal import Synchronization
internal import Tenancy

/// Access tokens: `v1.<payload>.<signature>`, HMAC-SHA256, checked without a look at any database.
///
/// The payload is base64url of `environment|openid|unionid|app id|platform|expiry in seconds`.
final class Tokens: Sendable {
    static let lifetimeSeconds: Int64 = 7200

    /// How many verified tokens are remembered: checking one costs as much as reading a document.
    private static let rememberedMax = 20_000

    private let key: SymmetricKey
    private let clock: WallClock
    private let remembered = Mutex<[String: Claims]>([:])

    private struct Claims {
        let environment: EnvironmentID
        let user: User
        let expiry: Int64
    }

    init(sealer: Sealer, clock: WallClock) {
        key = sealer.derive("access-tokens")
        self.clock = clock
    }

    func issue(_ user: User, for environment: EnvironmentID) -> String {
        let expiry = clock.now() / 1000 + Self.lifetimeSeconds
        let fields = [environment.text, user.openid, user.unionid, user.appID, user.platform, String(expiry)]
        let payload = "v1." + Base64URL.text(fields.joined(separator: "|").utf8)
        return payload + "." + Base64URL.text(HMAC<SHA256>.authenticationCode(for: Array(payload.utf8), using: key))
    }

    /// Who a token names.
    /// - Throws: 401 `TOKEN_INVALID` or `TOKEN_EXPIRED`.
    func verify(_ token: String) throws -> (EnvironmentID, User) {
        let claims = try remembered.withLock { $0[token] } ?? checked(token)
        guard claims.expiry > clock.now() / 1000 else { throw SampanError.tokenExpired }
        return (claims.environment, claims.user)
    }

    private func checked(_ token: String) throws -> Claims {
        let utf8 = Array(token.utf8.prefix(4096))
        guard utf8.count == token.utf8.count, let dot = utf8.lastIndex(of: 46), utf8.starts(with: [118, 49, 46]), dot > 3,
            let signature = Base64URL.bytes(utf8[(dot + 1)...]), let payload = Base64URL.bytes(utf8[3..<dot]),
            HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: utf8[..<dot], using: key)
        else { throw SampanError.tokenInvalid }
        let fields = payload.split(separator: 124, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
        guard fields.count == 6, let environment = EnvironmentID(fields[0]), let expiry = Int64(fields[5]) else { throw SampanError.tokenInvalid }
        let claims = Claims(
            environment: environment, user: User(openid: fields[1], unionid: fields[2], appID: fields[3], platform: fields[4]), expiry: expiry)
        remembered.withLock { remembered in
            if remembered.count >= Self.rememberedMax { remembered.removeAll(keepingCapacity: true) }
            remembered[token] = claims
        }
        return claims
    }
}

extension SampanError {
    static let tokenInvalid = unauthenticated(
        "TOKEN_INVALID", Localized("The access token is not one of ours.", zh: "访问令牌无效。"),
        remedy: Localized("Log in again with POST /v1/login.", zh: "请通过 POST /v1/login 重新登录。"))
    static let tokenExpired = unauthenticated(
        "TOKEN_EXPIRED", Localized("The access token has expired.", zh: "访问令牌已过期。"),
        remedy: Localized("Refresh it with POST /v1/login/refresh.", zh: "请通过 POST /v1/login/refresh 刷新。"))
}
