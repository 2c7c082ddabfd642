internal import Console
internal import Coupons
internal import Documents
internal import Files
internal import Foundation
internal import Functions
internal import HTTPSupport
internal import Hummingbird
internal import Identity
internal import Kernel
internal import Logging
internal import Mail
internal import Rehearsals
internal import Rush
internal import ServiceLifecycle
internal import Storage
internal import Synchronization
internal import Tenancy
internal import Workers

/// One node, put together: the only place that knows every room.
struct Sampan: Sendable {
    let tenancy: Tenancy
    let identity: Identity
    let documents: Documents
    let coupons: Coupons
    let files: Files
    let functions: Functions
    /// Who has workers ready before they are needed.
    let elastic: ElasticWorkers
    /// What goes through all of these rooms.
    let parts: EnvironmentParts
    let shop: SampleShop
    /// What functions run in; looked at before the server listens.
    let workers: WorkerConfiguration
    let operatorKey: String
    /// Where clients reach the server; known once it listens.
    let address: ServerAddress
    let responder: RouterResponder<SampanRequestContext>
    let webSockets: WebSocketRoute
    /// What is answered beside the router.
    let lanes: [any FastLane]
    /// Who decides about each request when there are more than can be served; `nil`: nobody.
    let admission: AdmissionControl
    let waitingRooms: WaitingRooms
    /// Everything long-lived, in the order in which it starts; shutdown goes the other way.
    let services: [any Service]

    /// Builds a node from its configuration.
    ///
    /// Nothing runs yet.
    static func build(_ configuration: ServerConfiguration, clock: WallClock = .system, outbound: OutboundHTTP = Outbound.live, logger: Logger) async throws
        -> Sampan
    {
        let folder = try DataFolder(configuration.data)
        let limits = configuration.limits
        let sealer = try Sealer(file: folder.file("keys/master.key"))
        let control = try Database(path: folder.file("control.sqlite").path)
        let operatorKey = try folder.operatorKey()
        let address = ServerAddress(configuration.publicURL)
        let workers = workers(configuration, folder)

        let mailer = try Mailer(settings: configuration.mail, clock: clock, logger: logger)
        let tenancy = try Tenancy(
            control: control, sealer: sealer, operatorKey: operatorKey,
            commonPasswords: configuration.home.appendingPathComponent("share/common-passwords.txt"),
            mail: AccountLetters(mailer: mailer, publicURL: { address.url }), clock: clock)
        if !tenancy.accounts.knowsCommonPasswords {
            logger.warning("share/common-passwords.txt is missing: passwords that many people use are not refused; scripts/setup.sh run fetches it")
        }
        let identity = try Identity(control: control, tenancy: tenancy, sealer: sealer, http: outbound, clock: clock)
        let documents = Documents(
            engine: configuration.documents.map(DocumentsEngine.postgres)
                ?? .files { try folder.environment($0).appendingPathComponent("documents.sqlite").path },
            limits: limits, quotas: tenancy, clock: clock, spool: ImportSpool(folder.file("imports")),
            backups: BackupFolder(
                configuration.backups ?? folder.file("backups"), server: "\(ProcessInfo.processInfo.hostName) \(folder.root.standardizedFileURL.path)"),
            logger: logger)
        let coupons = Coupons(
            engine: configuration.documents.map(CouponsEngine.postgres) ?? .files { try folder.environment($0).appendingPathComponent("coupons.sqlite").path },
            secret: { sealer.derive("coupons:\($0)") }, quotas: tenancy, limits: limits, clock: clock, logger: logger)
        let facade = CouponFacade(coupons, tenancy)
        let files = Files(
            sealer: sealer, limits: limits, quotas: tenancy, clock: clock, publicURL: { address.url }, folder: { try folder.environment($0) })
        let logBook = LogBook(limits: limits, clock: clock, logger: logger) { try folder.environment($0).appendingPathComponent("logs.sqlite").path }
        let recorder = LoadRecorder(ordinaryIdleSeconds: workers.idleSeconds)
        let rushes = try RushPlans(control: control, clock: clock)
        let functions = try Functions(
            control: control, folder: { folder.path($0) }, workers: workers,
            services: PlatformServices(
                tenancy: tenancy, identity: identity, documents: documents, files: files, facade: facade), logBook: logBook,
            secrets: (seal: sealer.seal, open: sealer.open), limits: limits, quotas: tenancy, observer: RecordedInvocations(recorder: recorder),
            refusal: rushes.refusal, clock: clock, logger: logger)
        let elastic = ElasticWorkers(
            recorder: recorder, rushes: rushes, fleet: FunctionFleet(functions: functions, tenancy: tenancy), launches: CouponLaunches(coupons: coupons),
            folder: { folder.path($0) }, node: folder.file("load"), limits: ElasticLimits(workers, memoryPercent: limits.elasticMemoryPercent),
            clock: clock, logger: logger)
        let scheduler = Scheduler(functions, clock: clock, logger: logger) { (try? tenancy.requireActive($0)) != nil }
        let triggers = ChangeTriggers(functions, feed: EnvironmentChangeFeed(documents: documents, coupons: coupons), clock: clock, logger: logger) {
            (try? tenancy.requireActive($0)) != nil
        }
        let accessLog = AccessLog(path: folder.file("logs/access.log").path, logger: logger)
        let waitingRooms = try WaitingRooms(control: control, key: sealer.derive("waiting-rooms"), clock: clock, logger: logger) { try? identity.verify($0) }
        let parts = EnvironmentParts(
            tenancy: tenancy, identity: identity, documents: documents, coupons: coupons, files: files, functions: functions,
            rehearsals: try RehearsalStore(control: control), waitingRooms: waitingRooms, folder: folder, logger: logger)
        let caretaker = Caretaker(parts: parts, logger: logger)
        let backups = BackupService(documents) { tenancy.backupPlans }

        let shop = SampleShop(
            home: configuration.home, tenancy: tenancy, functions: functions, documents: documents, files: files,
            coupons: SampleCoupons(coupons: coupons, clock: clock),
            customers: SampleCustomers(tenancy: tenancy, identity: identity, functions: functions, documents: documents, coupons: coupons), logger: logger)
        let router = Router(context: SampanRequestContext.self)
        let identification = CallerIdentification(tenancy: tenancy, identity: identity)
        let rooms = Rooms(
            tenancy: tenancy, identity: identity, documents: documents, coupons: coupons, facade: facade, files: files, functions: functions, elastic: elastic,
            shop: shop, waitingRooms: waitingRooms, publicURL: { address.url })
        let console = ConsoleRoutes(
            tenancy: tenancy, identity: identity, functions: functions, documents: documents, files: files, coupons: coupons, approval: rooms.approval,
            samples: shop, environments: parts, parts: configuration.home.appendingPathComponent("share/console"), logger: logger)
        router.add(
            middleware: EdgeMiddleware(accessLog: accessLog, logger: logger, errorPage: console.errorPage, identify: identification.identify))
        let rush = rush(limits, identification, tenancy, waitingRooms, clock)
        if limits.admissionMilliseconds > 0 { router.add(middleware: CostMiddleware(note: Self.costNote(rush.admission))) }
        router.add(middleware: WaitingRoomMiddleware(waitingRooms, classify: rush.admission.classify))
        router.add(middleware: AccessMiddleware(tenancy, logger: logger))
        router.add(middleware: RepeatMiddleware(tenancy))
        addRoutes(to: router, configuration, rooms)
        try WaitingPageRoutes(waitingRooms, folder: configuration.home.appendingPathComponent("sdk/waiting-room")).add(to: router)
        EnvironmentPartsRoutes(parts: parts, clock: clock).add(to: router)
        let rehearsals = Rehearsals(
            store: parts.rehearsals, ground: RehearsalSurroundings(parts: parts, address: address, admission: rush.admission),
            program: configuration.program, clock: clock, logger: logger)
        RehearsalsRoutes(rehearsals) { [tenancy] in try tenancy.requireActive($0) }.add(to: router)
        RushRoutes(rush).add(to: router)
        console.add(to: router)
        if tenancy.environments().isEmpty {
            let first = try await tenancy.create(name: "default")
            // A newcomer's first environment lets anyone in by name; it says so on the console.
            try await tenancy.changeSettings(first.id, ["developmentLogin": true])
        }
        let edge = FastEdge(accessLog: accessLog, logger: logger)
        return Sampan(
            tenancy: tenancy, identity: identity, documents: documents, coupons: coupons, files: files, functions: functions, elastic: elastic, parts: parts,
            shop: shop,
            workers: workers,
            operatorKey: operatorKey,
            address: address,
            responder: router.buildResponder(),
            webSockets: WatchRoutes(documents) { try identification.watcher($0, environment: $1, clientIP: $2) }.webSocket,
            lanes: [
                ClaimLane(coupons, edge: edge) { try identification.client($0, $1, requestID: $2, language: $3) },
                CouponStepLane(coupons, edge: edge) { try identification.authorise($0, "POST", $1, environment: $2) },
            ],
            admission: rush.admission, waitingRooms: waitingRooms,
            services: [
                accessLog, mailer, documents, coupons, logBook, functions, elastic, scheduler, triggers, caretaker, backups, rush, rehearsals,
                WaitingRoomService(waitingRooms, admission: rush.admission),
            ])
    }

    private static func rush(
        _ limits: Limits, _ identification: CallerIdentification, _ tenancy: Tenancy, _ waitingRooms: WaitingRooms, _ clock: WallClock
    ) -> Rush {
        let plans: Rush.Plans = { tenancy.rushPlan(of: $0) }
        let doorkeeper = Doorkeeper(
            verify: { try? identification.identity.verify($0) },
            mayUse: { key, environment in
                guard let principal = try? tenancy.principal(ofKey: key) else { return false }
                return !tenancy.permissions(of: principal, in: environment).isEmpty
            }, plans: plans, clock: clock)
        return Rush(targetMilliseconds: limits.admissionMilliseconds, doorkeeper: doorkeeper, plans: plans, door: waitingRooms, clock: clock)
    }

    private static func costNote(_ admission: AdmissionControl) -> CostMiddleware.Note {
        { request, context, microseconds in
            let reading = ClassRules.read(request.method.rawValue, request.uri.path)
            let environment = context.call?.environment ?? reading.environment.flatMap { EnvironmentID(String($0)) }
            admission.costs.note(environment, reading.kind, microseconds: microseconds)
        }
    }

    /// The rooms that answer requests.
    struct Rooms {
        let tenancy: Tenancy
        let identity: Identity
        let documents: Documents
        let coupons: Coupons
        let facade: CouponFacade
        let files: Files
        let functions: Functions
        let elastic: ElasticWorkers
        let shop: SampleShop
        let waitingRooms: WaitingRooms
        let publicURL: @Sendable () -> String

        var approval: BatchApproval { BatchApproval(coupons, tenancy) }
    }

    static func addRoutes(to router: Router<SampanRequestContext>, _ configuration: ServerConfiguration, _ rooms: Rooms) {
        let requireActive: @Sendable (EnvironmentID) throws -> Void = { [tenancy = rooms.tenancy] in try tenancy.requireActive($0) }
        IdentityRoutes(rooms.identity).add(to: router)
        IdentityManagementRoutes(rooms.identity).add(to: router)
        FunctionsRoutes(rooms.functions, requireActive: requireActive).add(to: router)
        AlipayFunctionGateway(rooms.functions, findKey: { [tenancy = rooms.tenancy] in try tenancy.accessKey($0) }, requireActive: requireActive).add(
            to: router)
        DocumentsRoutes(rooms.documents).add(to: router)
        CouponsRoutes(rooms.coupons).add(to: router)
        CouponsLedgerRoutes(rooms.coupons).add(to: router)
        CouponsManagementRoutes(rooms.coupons, approval: rooms.approval).add(to: router)
        AlipayCouponGateway(rooms.facade, rooms.tenancy).add(to: router)
        WeChatCouponRoutes(rooms.facade).add(to: router)
        FilesRoutes(rooms.files, requireActive: requireActive).add(to: router)
        EnvironmentRoutes(rooms.tenancy).add(to: router)
        AccountsRoutes(rooms.tenancy).add(to: router)
        AccountCareRoutes(rooms.tenancy, publicURL: rooms.publicURL).add(to: router)
        OrganizationRoutes(rooms.tenancy, publicURL: rooms.publicURL).add(to: router)
        FunctionsManagementRoutes(rooms.functions).add(to: router)
        ElasticRoutes(rooms.elastic).add(to: router)
        DocumentsManagementRoutes(rooms.documents).add(to: router)
        TransferRoutes(rooms.documents).add(to: router)
        BackupRoutes(rooms.documents).add(to: router)
        SampleShopRoutes(shop: rooms.shop).add(to: router)
        WaitingRoomRoutes(rooms.waitingRooms).add(to: router)
        WaitingRoomManagementRoutes(rooms.waitingRooms).add(to: router)
        OperationsRoutes(home: configuration.home, isReady: { [functions = rooms.functions] in functions.isReady }).add(to: router)
    }

    private static func workers(_ configuration: ServerConfiguration, _ folder: DataFolder) -> WorkerConfiguration {
        var workers = WorkerConfiguration(
            runtimeDirectory: configuration.home.appendingPathComponent("sdk").path, stateDirectory: folder.file("workers").path,
            layers: configuration.layers, sandbox: configuration.isSandboxed ? .bubblewrap : .none, nodePath: configuration.nodePath)
        workers.workerScript = "functions/worker.js"
        workers.warmWorkers = configuration.warmWorkers
        return workers
    }
}

/// Where clients reach this server: told by the configuration, or learnt when it listens.
final class ServerAddress: Sendable {
    private let value: Mutex<String>
    private let listening = Mutex<String?>(nil)
    private let isTold: Bool

    init(_ told: String?) {
        value = Mutex(told.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 } ?? "http://127.0.0.1:9800")
        isTold = told != nil
    }

    var url: String { value.withLock { $0 } }

    /// The address and port on which this server listens; `nil` before it does.
    var listener: String? { listening.withLock { $0 } }

    func listens(host: String, port: Int, address: String? = nil) {
        // Who listens on all addresses listens on loopback, too.
        let own = ["0.0.0.0": "127.0.0.1", "::": "::1"][address ?? host] ?? address ?? host
        listening.withLock { $0 = own.contains(":") ? "[\(own)]:\(port)" : "\(own):\(port)" }
        guard !isTold else { return }
        let shown = host == "0.0.0.0" || host == "::" ? "127.0.0.1" : host
        value.withLock { $0 = "http://\(shown.contains(":") ? "[\(shown)]" : shown):\(port)" }
    }
}
