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
        variables = try object["variables"]?.stringValue.map { try EnvironmentVariables.stored(sealer.open($0)) } ?? [:]
        backups = object["backups"]?.objectValue.flatMap { BackupPlan(hour: $0["hour"]?.intValue ?? 0, keep: $0["keep"]?.intValue ?? 14) }
        if let stored = object["rush"]?.objectValue { try rush.apply(stored) }
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

    /// Applies a merge patch (RFC 7396): members that it has are changed, and `null` takes one back to what it is when nobody sets it.
    mutating func apply(_ patch: JSONObject) throws {
        let unset = EnvironmentSettings()
        try Self.merge(patch, "wechat", into: &wechat, unset: unset.wechat, secret: "appSecret")
        try Self.merge(patch, "alipay", into: &alipay, unset: unset.alipay, secret: "privateKey")
        try patch.merge("developmentLogin", into: &developmentLogin, unset: unset.developmentLogin, read: patch.optionalBool)
        try patch.merge("anonymousLogin", into: &anonymousLogin, unset: unset.anonymousLogin, read: patch.optionalBool)
        try patch.merge("internet", into: &internet, unset: unset.internet, read: patch.optionalBool)
        if patch["backups"]?.isNull == true { backups = nil }
        if let plan = try patch.optionalObject("backups") { backups = try Self.plan(plan, before: backups) }
        if patch["rush"]?.isNull == true { rush = RushPlan() }
        if let plan = try patch.optionalObject("rush") { try rush.apply(plan) }
        if patch["variables"]?.isNull == true { variables = [:] }
        for (name, value) in try patch.optionalObject("variables") ?? [:] {
            variables[name] = value.isNull ? nil : try EnvironmentVariables.checked([name: value])[name]
        }
    }

    private static func plan(_ patch: JSONObject, before: BackupPlan?) throws -> BackupPlan {
        guard let hour = patch["hour"].map(\.intValue) ?? before.map({ Int64($0.hour) }), (0..<24).contains(hour) else {
            throw SampanError.badMember("backups.hour", Localized("an hour of the day in UTC, 0 to 23", zh: " 0 到 23 之间的小时（UTC）"))
        }
        let keep = patch["keep"].map(\.intValue) ?? before.map { Int64($0.keep) } ?? 14
        guard let keep, let plan = BackupPlan(hour: hour, keep: keep) else {
            throw SampanError.badMember(
                "backups.keep", Localized("a number from 1 to \(BackupPlan.keepMax)", zh: " 1 到 \(BackupPlan.keepMax) 之间的整数"))
        }
        return plan
    }

    private var flags: JSONObject {
        [
            "developmentLogin": .bool(developmentLogin), "anonymousLogin": .bool(anonymousLogin), "internet": .bool(internet),
            "backups": backups?.json ?? .null, "rush": rush.json,
        ]
    }

    private func variablesJSON(_ shown: (String) -> String) -> JSONObject {
        var object: JSONObject = [:]
        for (name, value) in variables.sorted(by: { $0.key < $1.key }) { object[name] = .string(shown(value)) }
        return object
    }

    private static func merge(_ patch: JSONObject, _ name: String, into platform: inout Platform, unset: Platform, secret: String) throws {
        if patch[name]?.isNull == true { platform = unset }
        guard let patch = try patch.optionalObject(name) else { return }
        try patch.merge("appId", into: &platform.appID, unset: unset.appID, read: patch.optionalText)
        try patch.merge("gateway", into: &platform.gateway, unset: unset.gateway, read: patch.optionalText)
        guard platform.gateway.hasPrefix("http://") || platform.gateway.hasPrefix("https://") else {
            throw SampanError.badMember("gateway", Localized("an http or https address", zh: " http 或 https 地址"))
        }
        try patch.merge(secret, into: &platform.secret, unset: nil, read: patch.optionalText)
        // Only Alipay has one.
        if secret == "privateKey" { try patch.merge("publicKey", into: &platform.publicKey, unset: nil, read: patch.optionalText) }
    }
}

extension JSONObject {
    /// Takes over the member `name`, where there is one; `null` stands for `unset`.
    fileprivate func merge<Value>(_ name: String, into value: inout Value, unset: Value, read: (String) throws -> Value?) throws {
        if self[name] != nil { value = try read(name) ?? unset }
    }
}
