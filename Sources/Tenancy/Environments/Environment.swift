internal import HTTPSupport
public import Kernel

/// The isolated unit that holds functions, database and files.
public struct Environment: Sendable, Hashable {
    /// Its life: `deleted` can be restored until `deleteAfter`, then nothing is left of it.
    public enum Status: String, Sendable, CaseIterable { case active, suspended, deleted }

    /// What it is for; shown, and asked about before something irreversible.
    public enum Stage: String, Sendable, CaseIterable { case development, production }

    /// Its id.
    public let id: EnvironmentID
    /// Whose it is.
    public var organization: OrganizationID
    /// The app that it runs, if it is of one.
    public var app: AppID?
    /// Its name, for people.
    public var name: String
    /// What it is for.
    public var stage: Stage
    /// Whether it serves.
    public var status: Status
    /// When it was made, in milliseconds.
    public let createdAt: Int64
    /// When it is destroyed, in milliseconds; only while deleted.
    public var deleteAfter: Int64?
    /// The environment that it is a rehearsal's copy of; such a one is nobody's, and goes when the rehearsal ends.
    public var rehearsalOf: EnvironmentID?

    /// As the management API shows it.
    public var json: JSON {
        var object: JSONObject = [
            "id": .string(id.text), "organization": .string(organization.text), "name": .string(name), "stage": .string(stage.rawValue),
            "status": .string(status.rawValue), "createdAt": .int(createdAt),
        ]
        if let app { object["app"] = .string(app.text) }
        if let deleteAfter { object["deleteAfter"] = .int(deleteAfter) }
        if let rehearsalOf { object["rehearsalOf"] = .string(rehearsalOf.text) }
        return .object(object)
    }
}

extension Environment.Stage {
    /// The member `stage` of a request; `nil` where it has none.
    public init?(in request: JSONObject) throws {
        guard let text = try request.optionalText("stage") else { return nil }
        guard let stage = Self(rawValue: text) else {
            throw SampanError.badMember("stage", Localized("development or production", zh: " development 或 production"))
        }
        self = stage
    }
}

/// What an environment's owner sets: platforms, logins, network.
public struct EnvironmentSettings: Sendable, Hashable {
    /// How a super-app's open API is reached for this environment.
    public struct Platform: Sendable, Hashable {
        /// The platform's id of the mini program.
        public var appID = ""
        /// The open API's address; the platform's own unless set.
        public var gateway: String
        /// WeChat's app secret, or Alipay's app private key (PEM or base64 PKCS#8/PKCS#1).
        public var secret: String?
        /// Alipay's public key, against which its answers are checked where it is set.
        public var publicKey: String?
    }

    /// WeChat.
    public var wechat = Platform(gateway: "https://api.weixin.qq.com")
    /// Alipay.
    public var alipay = Platform(gateway: "https://openapi.alipay.com/gateway.do")
    /// Whether anyone may log in under any name; for development only.
    public var developmentLogin = false
    /// Whether users may come without a name.
    public var anonymousLogin = true
    /// Whether functions reach the internet.
    public var internet = false
    /// Environment variables of every function.
    public var variables: [String: String] = [:]
    /// When the database is backed up by itself; `nil`: never.
    public var backups: BackupPlan?
    /// What matters most, and what can be done without, when there is not room for everything.
    public var rush = RushPlan()
}
