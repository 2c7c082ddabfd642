public import Coupons
public import Documents
public import Files
public import Foundation
public import Functions
public import HTTPSupport
internal import HTTPTypes
public import Hummingbird
public import Identity
public import Kernel
public import Logging
public import Tenancy

/// The web console: `/` and `/console/…`.
public struct ConsoleRoutes: Sendable {
    private let assets: ConsoleAssets
    private let frame: ConsoleFrame
    private let signIn: SignInPages
    private let invitations: InvitationPages
    private let passwords: PasswordPages
    private let sections: [ConsoleSection]

    /// Reads the templates and makes the routes.
    /// - Parameters:
    ///   - approval: who may approve whose batches of coupons.
    ///   - samples: deploys the sample shop; without it the console does not offer to.
    ///   - environments: measures and copies whole environments.
    ///   - parts: the folder with the scripts of others that set-up fetched; the console works without them.
    public init(
        tenancy: Tenancy, identity: Identity, functions: Functions, documents: Documents, files: Files, coupons: Coupons, approval: BatchApproval,
        samples: (any SampleDeployer)?, environments: any EnvironmentKeeper, parts: URL?, logger: Logger
    ) {
        // The order of the navigation.
        sections = [
            EnvironmentsPage(tenancy: tenancy, functions: functions, offersSamples: samples != nil).section,
            HomePage(tenancy: tenancy, functions: functions, documents: documents, samples: samples).section,
            FunctionPage(tenancy: tenancy, functions: functions).section,
            DatabasePage(tenancy: tenancy, documents: documents).section,
            FilesPage(tenancy: tenancy, files: files).section,
            CouponsPage(tenancy: tenancy, coupons: coupons, approval: approval).section,
            UsersPage(tenancy: tenancy, identity: identity).section,
            LogsPage(tenancy: tenancy, functions: functions).section,
            SettingsPage(tenancy: tenancy, environments: environments).section,
            UsagePage(tenancy: tenancy, environments: environments).section,
            KeysPage(tenancy: tenancy).section,
            OrganizationPage(tenancy: tenancy).section,
            PeoplePage(tenancy: tenancy).section,
            OperatorPage(tenancy: tenancy, functions: functions).section,
            AccountPage(tenancy: tenancy).section,
        ]
        assets = ConsoleAssets(parts: parts)
        frame = ConsoleFrame(
            templates: ConsoleTemplates(assets), navigation: ConsoleNavigation(sections: sections, tenancy: tenancy), logger: logger)
        signIn = SignInPages(frame: frame, tenancy: tenancy)
        invitations = InvitationPages(frame: frame, tenancy: tenancy)
        passwords = PasswordPages(frame: frame, tenancy: tenancy)
    }

    /// Adds them to `router`.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        router.get("/") { _, _ in ConsoleFrame.redirect("/console") }
        router.get("/console/assets/:version/:asset", use: asset)
        router.get("/console/sign-in", use: signIn.show)
        router.post("/console/sign-in", use: signIn.signIn)
        router.post("/console/sign-out", use: signIn.signOut)
        router.get("/console/password", use: passwords.show)
        router.post("/console/password", use: passwords.ask)
        router.post("/console/password/new", use: passwords.set)
        router.get("/console/invitation", use: invitations.show)
        router.post("/console/invitation", use: invitations.accept)
        router.post("/console/language", use: signIn.chooseLanguage)
        router.post("/console/theme", use: signIn.chooseTheme)
        for section in sections {
            for page in section.pages { router.on(Self.path(of: page, in: section), method: page.method, use: frame.handler(page, in: section)) }
        }
        router.get("/console/**", use: nothingHere)
    }

    /// The page about an error that arose before any of the console's own pages was reached; `nil` outside the console.
    public func errorPage(_ error: SampanError, _ request: Request, _ context: SampanRequestContext) -> Response? {
        let path = request.uri.path
        guard path == "/" || path == "/console" || path.hasPrefix("/console/") else { return nil }
        return frame.failure(error, Visit(request, context))
    }

    private static func path(of page: ConsolePage, in section: ConsoleSection) -> RouterPath {
        let base = section.place == .environment ? "/console/env/:env" : "/console"
        return RouterPath([base, section.path, page.path].filter { !$0.isEmpty }.joined(separator: "/"))
    }

    private func asset(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let version = try context.parameters.require("version")
        guard let asset = assets.response(try context.parameters.require("asset"), version: version, request) else { throw SampanError.nothingHere }
        return asset
    }

    private func nothingHere(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        frame.failure(SampanError.nothingHere, Visit(request, context))
    }
}
