internal import Documents
internal import Functions
internal import HTTPSupport
internal import Kernel
internal import Tenancy

/// `/console/env/{env}`: what lies in an environment, its keys and settings.
struct EnvironmentPage: Sendable {
    let tenancy: Tenancy
    let functions: Functions
    let documents: Documents
    let samples: (any SampleDeployer)?

    @Sendable func path(_ visit: Visit) throws -> String { "/console/env/\(try visit.environment())" }

    func show(_ visit: Visit) async throws -> Page {
        let environment = try tenancy.environment(visit.environment())
        let language = visit.language
        let deployed = functions.overview(of: environment.id)
        let collections = try documents.collections(environment.id)
        var model = environment.shown(language)
        model["functions"] = .array(deployed.map { Self.function($0, environment.id) })
        model["collections"] = .array(collections.map { Self.collection($0, environment.id, language) })
        model["hasFunctions"] = .bool(!deployed.isEmpty)
        model["hasCollections"] = .bool(!collections.isEmpty)
        model["functionTotal"] = .int(Int64(deployed.count))
        model["collectionTotal"] = .int(Int64(collections.count))
        let keys = try tenancy.keys(environment.id)
        model["keys"] = .array(keys.map { Self.key($0, language) })
        model["hasKeys"] = .bool(!keys.isEmpty)
        model["keyTotal"] = .int(Int64(keys.count))
        model["settings"] = .object(Self.settings(try tenancy.settings(environment.id)))
        model["origin"] = .string(visit.origin)
        if functions.hasShop(in: environment.id) {
            model["shop"] = .string(SampleShopAddress.path(environment.id))
        } else {
            model["canDeploySample"] = .bool(samples != nil && environment.status == .active)
        }
        return Page(
            template: "environment", title: environment.name, model: model,
            crumbs: [("/console", Catalogue.phrase("environments", language))])
    }

    // MARK: What can be done

    func deploySample(_ visit: Visit, _ form: Form) async throws -> (path: String, flash: Flash?) {
        let environment = try visit.environment()
        try tenancy.requireActive(environment)
        guard let samples else { throw SampanError.nothingHere }
        var flash = Flash(Phrases.sampleDeployed)
        flash.link = (try await samples.deployRetail(to: environment), Phrases.openShop)
        return (try path(visit), flash)
    }

    func createKey(_ visit: Visit, _ form: Form) async throws -> (path: String, flash: Flash?) {
        guard let kind = Key.Kind(rawValue: form["kind"]) else {
            throw SampanError.badMember("kind", Localized("management or access", zh: " management 或 access"))
        }
        let (key, secret) = try await tenancy.createKey(visit.environment(), name: form["name"], kind: kind)
        var flash = Flash(kind == .management ? Phrases.managementKeyCreated : Phrases.accessKeyCreated)
        flash.secret = secret
        flash.secretID = kind == .access ? key.id : nil
        return (try path(visit), flash)
    }

    func revokeKey(_ visit: Visit, _ form: Form) async throws -> (path: String, flash: Flash?) {
        let key = try visit.name("key")
        try await tenancy.removeKey(key, of: visit.environment())
        return (try path(visit), Flash(Phrases.keyRevoked(key)))
    }

    func setDevelopmentLogin(_ visit: Visit, _ form: Form) async throws -> (path: String, flash: Flash?) {
        let isOn = form["on"] == "true"
        try await tenancy.changeSettings(visit.environment(), ["developmentLogin": .bool(isOn)])
        return (try path(visit), Flash(isOn ? Phrases.developmentLoginOn : Phrases.developmentLoginOff))
    }

    // MARK: What is shown

    private static func function(_ function: JSON, _ environment: EnvironmentID) -> JSON {
        let name = function["name"]?.stringValue ?? ""
        let triggers = function["triggers"]?.arrayValue ?? []
        return [
            "functionName": .string(name), "path": .string("/console/env/\(environment)/functions/\(name)"),
            "version": function["version"] ?? .null,
            "updated": Showing.time(function["updatedAt"]?.intValue ?? 0), "triggers": .array(triggers),
            "hasTriggers": .bool(!triggers.isEmpty),
            "httpPath": function["httpPath"] ?? .null,
        ]
    }

    private static func collection(_ collection: JSON, _ environment: EnvironmentID, _ language: Language) -> JSON {
        let name = collection["name"]?.stringValue ?? ""
        let permission = collection["permission"]?.stringValue ?? ""
        return [
            "collectionName": .string(name), "path": .string("/console/env/\(environment)/collections/\(name)"),
            "permission": .string(permission),
            "permissionMeaning": .string(Catalogue.phrase("permission-\(permission)", language)), "documents": collection["documents"] ?? 0,
        ]
    }

    private static func key(_ key: Key, _ language: Language) -> JSON {
        [
            "keyID": .string(key.id), "keyName": .string(key.name.isEmpty ? key.id : key.name), "created": Showing.time(key.createdAt),
            "kind": .string(Catalogue.phrase("key-\(key.kind.rawValue)", language)),
        ]
    }

    private static func settings(_ settings: EnvironmentSettings) -> JSONObject {
        var shown: JSONObject = [
            "developmentLogin": .bool(settings.developmentLogin), "anonymousLogin": .bool(settings.anonymousLogin),
            "internet": .bool(settings.internet), "wechatSecretSet": .bool(settings.wechat.secret != nil),
            "alipaySecretSet": .bool(settings.alipay.secret != nil),
            "variables": .array(settings.variables.keys.sorted().map { .string($0) }), "hasVariables": .bool(!settings.variables.isEmpty),
        ]
        if !settings.wechat.appID.isEmpty { shown["wechatID"] = .string(settings.wechat.appID) }
        if !settings.alipay.appID.isEmpty { shown["alipayID"] = .string(settings.alipay.appID) }
        return shown
    }
}
