internal import Kernel

/// Who may do what in a collection: a preset, or the collection's own rules.
///
/// Functions and keys always may.
struct CollectionAccess: Sendable {
    let permission: Permission
    /// Where the permission is ``Permission/custom``.
    let rules: RuleSet?

    init(_ permission: Permission) {
        self.permission = permission
        rules = nil
    }

    /// The rules of `source`.
    init(rules source: JSON) throws {
        permission = .custom
        rules = try RuleSet(source)
    }

    /// As it is stored; what cannot be read lets nobody in.
    init(permission: String, rules: String?) {
        guard permission == Permission.custom.rawValue else {
            self.init(Permission(rawValue: permission) ?? .adminOnly)
            return
        }
        self = rules.flatMap { try? CollectionAccess(rules: JSON(parsing: $0)) } ?? CollectionAccess(.adminOnly)
    }

    /// What is stored beside the permission.
    var storedRules: String? { rules.map { String(decoding: JSON.object($0.source).serialized(), as: UTF8.self) } }

    /// As the management API shows it.
    var json: JSONObject {
        var json: JSONObject = ["permission": .string(permission.rawValue)]
        if let rules { json["rules"] = .object(rules.source) }
        return json
    }
}

extension CollectionAccess {
    /// The documents that a caller may touch.
    enum Reach: Sendable {
        case all
        /// Those that this user created.
        case own(String)
        case none
        /// Those that the rule admits.
        case ruled(RuleSet, RuleSet.Action)

        var isNone: Bool { if case .none = self { true } else { false } }
    }

    /// What a caller may touch when doing this.
    func reach(_ action: RuleSet.Action, _ caller: Caller) -> Reach {
        guard case .user(let user) = caller else { return .all }
        if let rules { return .ruled(rules, action) }
        return switch (permission, action) {
        case (.readOnly, .read), (.adminWrite, .read): .all
        case (.private, .read), (.readOnly, _), (.private, _): .own(user.openid)
        case (.adminWrite, _), (.adminOnly, _), (.custom, _): .none
        }
    }
}

extension User {
    /// What rules call `auth`: null for nobody.
    var ruleAuth: JSON {
        if openid.isEmpty { return .null }
        return ["openid": .string(openid), "uid": .string(openid), "unionid": unionid.isEmpty ? .null : .string(unionid), "loginType": .string(loginType)]
    }

    /// CloudBase's names of logins, and Alipay's own.
    private var loginType: String {
        switch platform {
        case "wechat": "WECHAT_PUBLIC"
        case "alipay": "ALIPAY"
        case "anonymous": "ANONYMOUS"
        default: "CUSTOM"
        }
    }
}
