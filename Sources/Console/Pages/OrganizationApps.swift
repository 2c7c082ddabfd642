internal import HTTPSupport
internal import Kernel
internal import Tenancy

/// The apps on an organization's page: mini programs with their ids on the platforms and the environments that they run in.
struct OrganizationApps: Sendable {
    let tenancy: Tenancy
    private var organizations: Organizations { tenancy.organizations }

    var pages: [ConsolePage] {
        [
            .act(":organization/apps", needs: .appsManage, back: OrganizationPage.path, create),
            .act(":organization/apps/:app", needs: .appsManage, back: OrganizationPage.path, change),
            .act(":organization/apps/:app/remove", needs: .appsManage, asks: "confirmRemoveApp", back: OrganizationPage.path, remove),
        ]
    }

    func model(_ organization: OrganizationID, _ visit: Visit) -> JSONObject {
        guard visit.may(.appsRead) else { return [:] }
        let environments = tenancy.environments().filter { $0.organization == organization }
        let apps = organizations.apps(of: organization)
        return [
            "mayReadApps": true, "mayManageApps": .bool(visit.may(.appsManage)), "hasApps": .bool(!apps.isEmpty),
            "apps": .array(apps.map { app in row(app, environments.filter { $0.app == app.id }, visit.language) }),
        ]
    }

    private func row(_ app: App, _ environments: [Environment], _ language: Language) -> JSON {
        var row: JSONObject = [
            "app": .string(app.id.text), "appName": .string(app.name), "appTag": .string(EntityTag(of: .object(app.json)).text),
            "hasEnvironments": .bool(!environments.isEmpty),
            "appEnvironments": .array(environments.map { .object($0.shown(language)) }),
        ]
        if !app.wechatAppID.isEmpty { row["wechatAppID"] = .string(app.wechatAppID) }
        if !app.alipayAppID.isEmpty { row["alipayAppID"] = .string(app.alipayAppID) }
        return .object(row)
    }

    private func create(_ visit: Visit, _ form: Form) async throws -> Outcome {
        let app = try await organizations.createApp(change(form), in: visit.organization())
        return .go("\(try OrganizationPage.path(visit))#apps", Flash(Phrases.appAdded(app.name)))
    }

    private func change(_ visit: Visit, _ form: Form) async throws -> Outcome {
        _ = try await organizations.changeApp(app(visit), change(form), if: form.precondition)
        return .go("\(try OrganizationPage.path(visit))#apps", Flash(Phrases.appChanged))
    }

    private func remove(_ visit: Visit, _ form: Form) async throws -> Outcome {
        try await tenancy.removeApp(app(visit))
        return .go("\(try OrganizationPage.path(visit))#apps", Flash(Phrases.appRemoved))
    }

    /// What the visitor may do was asked of the app in the path, which must be one of the organization that stands before it.
    private func app(_ visit: Visit) throws -> AppID {
        guard let id = AppID(try visit.name("app")), try organizations.app(id).organization.text == visit.name("organization") else {
            throw SampanError.nothingHere
        }
        return id
    }

    private func change(_ form: Form) throws -> Organizations.AppChange {
        try Organizations.AppChange(name: form["name"], alipayAppID: form["alipayAppId"], wechatAppID: form["wechatAppId"])
    }
}
