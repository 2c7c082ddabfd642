public import Documents
public import Functions
public import HTTPSupport
public import Hummingbird
public import Kernel
public import Logging
public import Tenancy

/// The web console: `/` and `/console/…`.
public struct ConsoleRoutes: Sendable {
    private let frame: ConsoleFrame
    private let signIn: SignInPages
    private let environments: EnvironmentsPage
    private let environment: EnvironmentPage
    private let function: FunctionPage
    private let collection: CollectionPage

    /// Reads the templates and makes the routes.
    /// - Parameter samples: deploys the sample shop; without it the console does not offer to.
    public init(tenancy: Tenancy, functions: Functions, documents: Documents, samples: (any SampleDeployer)?, logger: Logger) {
        let frame = ConsoleFrame(logger: logger)
        self.frame = frame
        signIn = SignInPages(frame: frame, tenancy: tenancy)
        environments = EnvironmentsPage(tenancy: tenancy, functions: functions, offersSamples: samples != nil)
        environment = EnvironmentPage(tenancy: tenancy, functions: functions, documents: documents, samples: samples)
        function = FunctionPage(tenancy: tenancy, functions: functions)
        collection = CollectionPage(tenancy: tenancy, documents: documents)
    }

    /// Adds them to `router`.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        router.get("/") { _, _ in ConsoleFrame.redirect("/console") }
        router.get("/console", use: frame.page(environments.show))
        router.get("/console/assets/:asset", use: asset)
        router.get("/console/sign-in", use: signIn.show)
        router.post("/console/sign-in", use: signIn.signIn)
        router.post("/console/sign-out", use: signIn.signOut)
        router.post("/console/language", use: signIn.chooseLanguage)
        router.post("/console/environments", use: frame.action(back: { _ in "/console" }, environments.create))
        addEnvironmentRoutes(to: router.group("/console/env/:env"))
        router.get("/console/**", use: frame.page { _ in throw SampanError.nothingHere })
    }

    /// The page about an error that arose before any of the console's own pages was reached; `nil` outside the console.
    public func errorPage(_ error: SampanError, _ request: Request, _ context: SampanRequestContext) -> Response? {
        let path = request.uri.path
        guard path == "/" || path == "/console" || path.hasPrefix("/console/") else { return nil }
        return frame.failure(error, Visit(request, context))
    }

    private func addEnvironmentRoutes(to group: some RouterMethods<SampanRequestContext>) {
        group.get(use: frame.page(environment.show))
        group.post("samples/retail", use: frame.action(back: environment.path, environment.deploySample))
        group.post("keys", use: frame.action(back: environment.path, environment.createKey))
        group.post("keys/:key/revoke", use: frame.action(back: environment.path, environment.revokeKey))
        group.post(
            "development-login", use: frame.action(back: environment.path, environment.setDevelopmentLogin))
        group.get("functions/:name", use: frame.page(function.show))
        group.post("functions/:name/current", use: frame.action(back: function.path, function.makeCurrent))
        group.get("collections/:name", use: frame.page(collection.show))
        group.post("collections/:name/permission", use: frame.action(back: collection.path, collection.setPermission))
    }

    private func asset(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        guard let asset = frame.templates.asset(try context.parameters.require("asset")) else { throw SampanError.nothingHere }
        return asset
    }
}
