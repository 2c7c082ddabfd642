internal import HTTPSupport
public import Kernel
public import Storage
public import Tenancy

/// Users of mini programs: login without a password, sessions, and calls to the platforms' open APIs.
public struct Identity: Sendable {
    /// What a login answers.
    public struct Session: Sendable {
        /// Sent with every call; lives two hours.
        public let accessToken: String
        /// Seconds until it expires.
        public let expiresIn: Int64
        /// Trades once for a new session; lives 30 days.
        public let refreshToken: String
        /// Who it is.
        public let user: User
    }

    private static let refreshMilliseconds: Int64 = 30 * 86_400_000

    let store: IdentityStore
    private let tenancy: Tenancy
    let tokens: Tokens
    private let http: OutboundHTTP
    private let clock: WallClock
    private let weChatTokens = WeChatGateway.AccessTokens()

    /// Opens identity in the control database.
    public init(control: Database, tenancy: Tenancy, sealer: Sealer, http: OutboundHTTP, clock: WallClock) throws {
        try control.migrate(identityMigrations)
        store = IdentityStore(control: control)
        self.tenancy = tenancy
        tokens = Tokens(sealer: sealer, clock: clock)
        self.http = http
        self.clock = clock
    }

    /// Who an access token names.
    /// - Throws: 401 `TOKEN_INVALID` or `TOKEN_EXPIRED`.
    public func verify(_ token: String) throws -> (EnvironmentID, User) { try tokens.verify(token) }

    /// Logs a user in to `environment` with what the platform gave the client.
    public func login(_ request: JSONObject, to environment: EnvironmentID) async throws -> Session {
        try tenancy.requireActive(environment)
        let settings = try tenancy.settings(environment)
        let user: User
        switch try request.text("platform") {
        case "wechat": user = try await weChatUser(code: request.text("code"), settings)
        case "alipay": user = try await alipayUser(code: request.text("code"), settings)
        case "anonymous": user = try anonymousUser(settings)
        case "development": user = try developmentUser(request.text("user"), settings)
        default: throw SampanError.badMember("platform", Localized("wechat, alipay, anonymous or development", zh: " wechat、alipay、anonymous 或 development"))
        }
        return try await session(for: user, of: environment)
    }

    /// Trades a refresh token for a new session.
    ///
    /// The old one stops working, unless it is refused because its environment is suspended or not the one that is named.
    /// - Parameter named: the environment that the request names.
    public func refresh(_ token: String, named: String?) async throws -> (EnvironmentID, Session) {
        let taken = try await store.takeRefreshToken(token.sha256Hex, named: named, now: clock.now()) { [tenancy] in try tenancy.requireActive($0) }
        guard let (environment, user) = taken else {
            throw SampanError.unauthenticated(
                "REFRESH_TOKEN_INVALID", Localized("The refresh token was used, has expired or is not one of ours.", zh: "刷新令牌无效、已使用或已过期。"),
                remedy: Localized("Log in again with POST /v1/login.", zh: "请通过 POST /v1/login 重新登录。"))
        }
        return (environment, try await session(for: user, of: environment))
    }

    /// Calls a platform's open API for an environment.
    public func openAPI(
        _ environment: EnvironmentID, platform: String, api: String, parameters: JSON, appAuthToken: String?
    ) async throws -> [UInt8] {
        let settings = try tenancy.settings(environment)
        switch platform {
        case "alipay":
            let (content, topLevel) = AlipayGateway.split(parameters, of: api)
            return JSON.object(try await alipay(settings).call(api, parameters: content, topLevel: topLevel, appAuthToken: appAuthToken)).serialized()
        case "wechat": return try await weChat(settings).call(api, parameters: parameters)
        default: throw SampanError.badMember("platform", Localized("wechat or alipay", zh: " wechat 或 alipay"))
        }
    }

    /// Forgets refresh tokens that have expired.
    public func purge() async throws { try await store.purge(now: clock.now()) }

    /// Forgets an environment's users.
    public func remove(_ environment: EnvironmentID) async throws { try await store.remove(environment) }

    private func session(for user: User, of environment: EnvironmentID) async throws -> Session {
        let refreshToken = "rt-" + RandomText.make(40)
        let now = clock.now()
        try await store.recordLogin(
            user, of: environment, tokenHash: refreshToken.sha256Hex, expiresAt: now + Self.refreshMilliseconds, now: now)
        return Session(
            accessToken: tokens.issue(user, for: environment), expiresIn: Tokens.lifetimeSeconds, refreshToken: refreshToken, user: user)
    }

    private func weChatUser(code: String, _ settings: EnvironmentSettings) async throws -> User {
        let (openid, unionid) = try await Self.refusingCodes { try await weChat(settings).session(code: code) }
        return try checked(User(openid: openid, unionid: unionid, appID: settings.wechat.appID, platform: "wechat"))
    }

    private func alipayUser(code: String, _ settings: EnvironmentSettings) async throws -> User {
        let answer = try await Self.refusingCodes {
            try await alipay(settings).call(
                "alipay.system.oauth.token", parameters: nil, topLevel: ["grant_type": "authorization_code", "code": code])
        }
        guard let openid = answer["open_id"]?.stringValue ?? answer["user_id"]?.stringValue, !openid.isEmpty else {
            throw SampanError.platformUnreachable("Alipay")
        }
        return try checked(
            User(openid: openid, unionid: answer["union_id"]?.stringValue ?? "", appID: settings.alipay.appID, platform: "alipay"))
    }

    /// What the platforms answer to a login code that is wrong, used or too old, or whose user they block.
    ///
    /// Sources: WeChat's code2Session, Alipay's alipay.system.oauth.token. Everything else they refuse is the environment's
    /// settings' fault and stays what it is.
    private static let codeRefusals: Set<String> = ["40029", "40163", "40226", "41008", "isv.code-invalid"]

    private static func refusingCodes<Answer>(_ call: () async throws -> Answer) async throws -> Answer {
        do {
            return try await call()
        } catch let error as SampanError {
            guard let code = error.members["platformCode"]?.stringValue, codeRefusals.contains(code) else { throw error }
            throw SampanError(
                "LOGIN_REFUSED", status: 401, error.detail,
                remedy: Localized("Ask the platform for a new login code and log in again.", zh: "请重新获取登录凭证 code 后再次登录。"), members: error.members)
        }
    }

    private func anonymousUser(_ settings: EnvironmentSettings) throws -> User {
        guard settings.anonymousLogin else { throw loginOff("Anonymous", zh: "匿名") }
        return User(openid: "anon-" + RandomText.make(20, alphabet: RandomText.readable), platform: "anonymous")
    }

    private func developmentUser(_ name: String, _ settings: EnvironmentSettings) throws -> User {
        guard settings.developmentLogin else { throw loginOff("Development", zh: "开发") }
        return try checked(User(openid: "dev-" + name, platform: "development"))
    }

    /// Ids travel in tokens and documents; the field separator and control characters are refused.
    private func checked(_ user: User) throws -> User {
        for id in [user.openid, user.unionid, user.appID] {
            guard id.utf8.count <= 128, id.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != 124 }) else {
                throw SampanError.badMember("user", Localized("at most 128 letters, digits and signs", zh: "至多 128 个字母、数字或符号"))
            }
        }
        return user
    }

    private func loginOff(_ name: String, zh: String) -> SampanError {
        SampanError.forbidden(
            "LOGIN_NOT_ALLOWED", Localized("\(name) login is off for this environment.", zh: "此环境未开启\(zh)登录。"),
            remedy: Localized("Turn it on in the environment's settings, or log in through the platform.", zh: "请在环境设置中开启,或使用平台登录。"))
    }

    private func weChat(_ settings: EnvironmentSettings) -> WeChatGateway {
        WeChatGateway(settings: settings.wechat, http: http, clock: clock, tokens: weChatTokens)
    }

    private func alipay(_ settings: EnvironmentSettings) -> AlipayGateway {
        AlipayGateway(settings: settings.alipay, http: http, clock: clock)
    }
}
