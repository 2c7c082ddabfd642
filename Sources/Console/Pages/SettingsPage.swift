internal import HTTPSupport
internal import Kernel
internal import Tenancy

/// `/console/env/{env}/settings`: the environment itself, the platforms' ids and secrets, logins, the internet, variables.
///
/// Secrets go in and never come out: an empty field keeps what is set.
struct SettingsPage: Sendable {
    /// What can be turned on and off: its member of the settings.
    private static let switches = ["developmentLogin", "anonymousLogin", "internet"]

    let tenancy: Tenancy
    let environments: any EnvironmentKeeper

    var section: ConsoleSection {
        ConsoleSection(
            path: "settings", title: "settings", icon: "gear", permission: .settingsRead,
            pages: [
                .show(needs: .settingsRead, show),
                .act("wechat", needs: .settingsChange, back: path) { try await change($0, $1, ["wechat": wechat($1)]) },
                .act("alipay", needs: .settingsChange, back: path) { try await change($0, $1, ["alipay": alipay($1)]) },
                .act("switches", needs: .settingsChange, back: path, turn),
                .act("variables", needs: .settingsChange, back: path) {
                    try await change($0, $1, ["variables": [$1["name"]: .string($1["value"])]])
                },
                .act("variables/remove", needs: .settingsChange, asks: "confirmRemoveVariable", back: path) {
                    try await change($0, $1, ["variables": [$1["name"]: .null]])
                },
            ] + EnvironmentControls(tenancy: tenancy).pages + EnvironmentCopies(tenancy: tenancy, environments: environments).pages)
    }

    @Sendable private func path(_ visit: Visit) throws -> String { Address.environment(try visit.environment(), "settings") }

    func show(_ visit: Visit) async throws -> Page {
        let environment = try tenancy.environment(visit.environment())
        // Read before what it stands for: a change between the two is then refused rather than overwritten.
        let settingsTag = try tenancy.settingsTag(environment.id).text
        let settings = try tenancy.settings(environment.id)
        let isOn = ["developmentLogin": settings.developmentLogin, "anonymousLogin": settings.anonymousLogin, "internet": settings.internet]
        var model = environment.shown(visit.language)
        for (name, value) in EnvironmentControls(tenancy: tenancy).model(environment, visit) { model[name] = value }
        for (name, value) in EnvironmentCopies(tenancy: tenancy, environments: environments).model(environment, visit) { model[name] = value }
        model["mayChange"] = .bool(visit.may(.settingsChange))
        model["settingsTag"] = .string(settingsTag)
        model["switches"] = .array(
            Self.switches.map { name in
                [
                    "switchName": .string(name), "label": .string(Catalogue.phrase(name, visit.language)),
                    "meaning": .string(Catalogue.phrase("\(name)Text", visit.language)), "isOn": .bool(isOn[name] ?? false),
                ]
            })
        model["wechatID"] = .string(settings.wechat.appID)
        model["alipayID"] = .string(settings.alipay.appID)
        model["wechatSecretSet"] = .bool(settings.wechat.secret != nil)
        model["alipaySecretSet"] = .bool(settings.alipay.secret != nil)
        model["alipayPublicKeySet"] = .bool(settings.alipay.publicKey != nil)
        model["variables"] = .array(settings.variables.keys.sorted().map { .string($0) })
        model["hasVariables"] = .bool(!settings.variables.isEmpty)
        return Page(template: "settings", title: Catalogue.phrase("settings", visit.language), model: model)
    }

    private func change(_ visit: Visit, _ form: Form, _ patch: JSONObject) async throws -> Outcome {
        try await tenancy.changeSettings(visit.environment(), patch, mayChangeGateways: visit.may(.platformManage), if: form.precondition)
        return .go(try path(visit), Flash(Phrases.settingsSaved))
    }

    private func turn(_ visit: Visit, _ form: Form) async throws -> Outcome {
        guard Self.switches.contains(form["name"]) else { throw SampanError.badMember("name", Localized("the name of a switch", zh: "开关名称")) }
        return try await change(visit, form, [form["name"]: .bool(form["on"] == "true")])
    }

    private func wechat(_ form: Form) -> JSON {
        var patch: JSONObject = ["appId": Self.text(form, "appId")]
        if let secret = form.text("secret") { patch["appSecret"] = .string(secret) }
        return .object(patch)
    }

    private func alipay(_ form: Form) -> JSON {
        var patch: JSONObject = ["appId": Self.text(form, "appId")]
        if let key = form.text("secret") { patch["privateKey"] = .string(key) }
        if let key = form.text("publicKey") { patch["publicKey"] = .string(key) }
        return .object(patch)
    }

    /// An emptied field takes the setting back.
    private static func text(_ form: Form, _ name: String) -> JSON { form.text(name).map { .string($0) } ?? .null }
}
