internal import HTTPSupport
internal import Kernel

/// How settings are stored (secrets sealed), shown (secrets left out) and changed.
extension EnvironmentSettings {
    init(stored text: String, _ sealer: Sealer) throws {
        let object = try JSON(parsing: Array(text.utf8)).objectValue ?? [:]
        func platform(_ name: String, _ defaults: Platform) throws -> Platform {
            guard let stored = object[name]?.objectValue else { return defaults }
            var platform = defaults
            platform.appID = stored["appId"]?.stringValue ?? ""
            platform.gateway = stored["gateway"]?.stringValue ?? defaults.gateway
            platform.secret = try stored["secret"]?.stringValue.map(sealer.open)
            platform.publicKey = stored["publicKey"]?.stringValue
            return platform
        }
        wechat = try platform("wechat", wechat)
        alipay = try platform("alipay", alipay)
        developmentLogin = object["developmentLogin"]?.boolValue ?? developmentLogin
        anonymousLogin = object["anonymousLogin"]?.boolValue ?? anonymousLogin
        internet = object["internet"]?.boolValue ?? internet
        variables = try object["variables"]?.stringValue.map { try Self.variables(try JSON(parsing: Array(sealer.open($0).utf8))) } ?? [:]
    }

    func stored(_ sealer: Sealer) throws -> String {
        func platform(_ platform: Platform) throws -> JSON {
            var object: JSONObject = ["appId": .string(platform.appID), "gateway": .string(platform.gateway)]
            if let secret = platform.secret { object["secret"] = .string(try sealer.seal(secret)) }
            if let publicKey = platform.publicKey { object["publicKey"] = .string(publicKey) }
            return .object(object)
        }
        var object = flags
        object["wechat"] = try platform(wechat)
        object["alipay"] = try platform(alipay)
        object["variables"] = .string(try sealer.seal(JSON.object(variablesJSON { $0 }).text))
        return JSON.object(object).text
    }

    /// As the management API shows them: which secrets are set, never what they are.
    var shown: JSON {
        var object = flags
        object["wechat"] = [
            "appId": .string(wechat.appID), "gateway": .string(wechat.gateway), "appSecretSet": .bool(wechat.secret != nil),
        ]
        object["alipay"] = [
            "appId": .string(alipay.appID), "gateway": .string(alipay.gateway), "privateKeySet": .bool(alipay.secret != nil),
            "publicKeySet": .bool(alipay.publicKey != nil),
        ]
        object["variables"] = .object(variablesJSON { _ in "••••" })
        return .object(object)
    }

    /// Applies the members that `patch` has.
    mutating func apply(_ patch: JSONObject) throws {
        if let patch = try patch.optionalObject("wechat") { try Self.apply(patch, to: &wechat, secret: "appSecret") }
        if let patch = try patch.optionalObject("alipay") {
            try Self.apply(patch, to: &alipay, secret: "privateKey")
            alipay.publicKey = try patch.optionalText("publicKey") ?? alipay.publicKey
        }
        developmentLogin = try patch.optionalBool("developmentLogin") ?? developmentLogin
        anonymousLogin = try patch.optionalBool("anonymousLogin") ?? anonymousLogin
        internet = try patch.optionalBool("internet") ?? internet
        for (name, value) in try patch.optionalObject("variables") ?? [:] {
            // Merged name by name, since nobody can read the values back; null removes one.
            let set = value.isNull ? [:] : try Self.variables([name: value])
            variables[name] = set[name]
        }
    }

    private var flags: JSONObject {
        ["developmentLogin": .bool(developmentLogin), "anonymousLogin": .bool(anonymousLogin), "internet": .bool(internet)]
    }

    private func variablesJSON(_ shown: (String) -> String) -> JSONObject {
        var object: JSONObject = [:]
        for (name, value) in variables.sorted(by: { $0.key < $1.key }) { object[name] = .string(shown(value)) }
        return object
    }

    private static func apply(_ patch: JSONObject, to platform: inout Platform, secret: String) throws {
        platform.appID = try patch.optionalText("appId") ?? platform.appID
        if let gateway = try patch.optionalText("gateway") {
            guard gateway.hasPrefix("http://") || gateway.hasPrefix("https://") else {
                throw SampanError.badMember("gateway", Localized("an http or https address", zh: " http 或 https 地址"))
            }
            platform.gateway = gateway
        }
        platform.secret = try patch.optionalText(secret) ?? platform.secret
    }

    /// Names and values of environment variables, checked.
    private static func variables(_ json: JSON) throws -> [String: String] {
        var variables: [String: String] = [:]
        for (name, value) in json.objectValue ?? [:] {
            let wellFormed = name.utf8.allSatisfy { ($0 | 32) >= 97 && ($0 | 32) <= 122 || (48...57).contains($0) || $0 == 95 }
            guard wellFormed, !name.isEmpty, name.utf8.count <= 128, let text = value.stringValue, !text.utf8.contains(0) else {
                throw SampanError.badMember(
                    "variables", Localized("names of letters, digits and _ with text values", zh: "由字母、数字、下划线组成的名称及文本值"))
            }
            variables[name] = text
        }
        return variables
    }
}
