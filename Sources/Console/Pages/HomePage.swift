internal import Documents
internal import Functions
internal import HTTPSupport
internal import Kernel
internal import Tenancy

/// `/console/env/{env}`: what runs, what needs somebody, and what to do first.
struct HomePage: Sendable {
    let tenancy: Tenancy
    let functions: Functions
    let documents: Documents
    let samples: (any SampleDeployer)?

    var section: ConsoleSection {
        ConsoleSection(
            path: "", title: "home", icon: "home", permission: .environmentsRead,
            pages: [
                .show(needs: .environmentsRead, show),
                .act("samples/retail", needs: .functionsDeploy, back: { Address.environment(try $0.environment()) }, deploySample),
            ])
    }

    /// What is counted and checked, once a page.
    private struct Findings {
        let functions: Int64
        let collections: Int
        let keys: Int
        let settings: EnvironmentSettings
    }

    func show(_ visit: Visit) async throws -> Page {
        let environment = try tenancy.environment(visit.environment())
        let findings = Findings(
            functions: functions.count(in: environment.id), collections: try documents.collectionNames(environment.id).count,
            keys: try tenancy.keys(environment.id).count, settings: try tenancy.settings(environment.id))
        var model = environment.shown(visit.language)
        let hasShop = functions.hasShop(in: environment.id)
        if hasShop { model["shop"] = .string(SampleShopAddress.path(environment.id)) }
        let canDeploy = samples != nil && environment.status == .active && visit.may(.functionsDeploy)
        model["offersSample"] = .bool(canDeploy && findings.functions == 0)
        model["canDeploySample"] = .bool(canDeploy && findings.functions > 0 && !hasShop)
        model["functionTotal"] = .int(findings.functions)
        model["collectionTotal"] = .int(Int64(findings.collections))
        let warnings = visit.may(.settingsRead) ? warnings(environment, findings, visit.language) : []
        model["warnings"] = .array(warnings)
        let steps = steps(environment.id, findings, visit)
        model["steps"] = .array(steps)
        model["hasSteps"] = .bool(!steps.isEmpty)
        model["origin"] = .string(visit.origin)
        return Page(template: "home", title: environment.name, model: model, scripts: ["home.js"])
    }

    private func deploySample(_ visit: Visit, _ form: Form) async throws -> Outcome {
        let environment = try visit.environment()
        try tenancy.requireActive(environment)
        guard let samples else { throw SampanError.nothingHere }
        var flash = Flash(Phrases.sampleDeployed)
        flash.link = (try await samples.deployRetail(to: environment, withCustomers: true), Phrases.openShop)
        return .go(Address.environment(environment), flash)
    }

    /// What is known without looking at any run: an environment that does not serve, and settings that do not fit together.
    private func warnings(_ environment: Environment, _ findings: Findings, _ language: Language) -> [JSON] {
        let settings = findings.settings
        let hasPlatform = !settings.wechat.appID.isEmpty || !settings.alipay.appID.isEmpty
        let lacksSecret =
            (!settings.wechat.appID.isEmpty && settings.wechat.secret == nil) || (!settings.alipay.appID.isEmpty && settings.alipay.secret == nil)
        let found: [(Bool, String)] = [
            (environment.status == .suspended, "warnSuspended"), (lacksSecret, "warnNoSecret"),
            (settings.developmentLogin && hasPlatform, "warnDevelopmentLogin"),
        ]
        return found.filter { $0.0 }.map { _, phrase in
            ["text": .string(Catalogue.phrase(phrase, language)), "warningPath": .string(Address.environment(environment.id, "settings"))]
        }
    }

    /// Only what the visitor may do is theirs to be reminded of.
    private func steps(_ environment: EnvironmentID, _ findings: Findings, _ visit: Visit) -> [JSON] {
        let settings = findings.settings
        let language = visit.language
        let steps: [(phrase: String, isDone: Bool, section: String, permission: HTTPSupport.Permission)] = [
            ("stepFunctions", findings.functions > 0, "functions", .functionsDeploy),
            ("stepCollections", findings.collections > 0, "database", .documentsManage),
            ("stepPlatform", !settings.wechat.appID.isEmpty || !settings.alipay.appID.isEmpty, "settings", .settingsChange),
            ("stepKey", findings.keys > 0, "keys", .keysManage), ("stepDevelopmentLogin", !settings.developmentLogin, "settings", .settingsChange),
        ]
        return steps.filter { visit.may($0.permission) }.map { phrase, isDone, section, _ in
            [
                "stepTitle": .string(Catalogue.phrase(phrase, language)), "stepText": .string(Catalogue.phrase("\(phrase)Text", language)),
                "isDone": .bool(isDone), "stepPath": .string(Address.environment(environment, section)),
            ]
        }
    }
}
