internal import HTTPSupport
public import Kernel
internal import Storage

/// One management action that was carried out.
public struct AuditEntry: Sendable {
    var organization: OrganizationID?
    var environment: EnvironmentID?
    var at: Int64 = 0
    /// `account`, `key` or `operator`.
    var actorKind: String
    var actorID: String
    /// As people know them.
    var actorName: String
    /// Method and path of the endpoint, or a word such as `sign-in`.
    var action: String
    /// What was changed.
    var target: String
    var before = JSON.null
    var after = JSON.null
    var requestID: String
    var clientIP: String

    init(_ action: String, by principal: Principal, _ context: SampanRequestContext, target: String = "") {
        (actorKind, actorID) = (principal.kind.word, principal.kind.id)
        actorName = principal.name
        self.action = action
        self.target = target
        requestID = context.requestID
        clientIP = context.clientIP
        organization = context.authority?.organization
        environment = context.authority?.environment
    }
}

extension AuditNote {
    func finished(action: String, by principal: Principal, _ context: SampanRequestContext) -> AuditEntry {
        let noted = noted
        var entry = AuditEntry(action, by: principal, context, target: noted.target)
        (entry.before, entry.after) = (noted.before, noted.after)
        if let organization = noted.organization { entry.organization = organization }
        if let environment = noted.environment { entry.environment = environment }
        return entry
    }
}

/// What was done, by whom, when, from where: appended to, never changed.
public struct AuditLog: Sendable {
    private static let columns = "id, organization, environment, at, actor_kind, actor_id, actor_name, action, target, before, after, request_id, client_ip"
    private let control: Database
    private let clock: WallClock

    init(control: Database, clock: WallClock) {
        self.control = control
        self.clock = clock
    }

    /// Writes an entry down; when this returns it is on disk.
    func record(_ entry: AuditEntry) async throws {
        let now = clock.now()
        try await control.write { connection in
            try connection.execute(
                """
                INSERT INTO audit (organization, environment, at, actor_kind, actor_id, actor_name, action, target, before, after, request_id, client_ip)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
                """,
                .optional(entry.organization?.text), .optional(entry.environment?.text), .int(now), .text(entry.actorKind), .text(entry.actorID),
                .text(entry.actorName), .text(entry.action), .text(entry.target), .optional(entry.before.isNull ? nil : entry.before.text),
                .optional(entry.after.isNull ? nil : entry.after.text), .text(entry.requestID), .text(entry.clientIP))
        }
    }

    /// What may be asked for.
    public struct Query: Sendable {
        /// Only of this environment.
        public var environment: EnvironmentID?
        /// Only by this account, key or person (id or name).
        public var actor: String?
        /// Only actions that contain this.
        public var action: String?
        /// Only what was done to exactly this.
        public var target: String?
        /// Only before this entry.
        public var after: Int64?
        /// How many at most.
        public var limit: Int64 = 100

        /// Everything, the newest hundred.
        public init() {}
    }

    /// Entries of an organization, newest first, as the management API shows them.
    public func entries(of organization: OrganizationID, _ query: Query) throws -> [JSON] {
        try control.read { connection in
            var values: [SQLValue] = [.text(organization.text)]
            var conditions = "organization = $1"
            func add(_ condition: (String) -> String, _ value: SQLValue) {
                values.append(value)
                conditions += " AND " + condition("$\(values.count)")
            }
            if let environment = query.environment { add({ "environment = \($0)" }, .text(environment.text)) }
            if let actor = query.actor { add({ "(actor_id = \($0) OR actor_name = \($0))" }, .text(actor)) }
            if let action = query.action { add({ "instr(action, \($0)) > 0" }, .text(action)) }
            if let target = query.target { add({ "target = \($0)" }, .text(target)) }
            if let after = query.after { add({ "id < \($0)" }, .int(after)) }
            values.append(.int(query.limit))
            var entries: [JSON] = []
            try connection.rows("SELECT \(Self.columns) FROM audit WHERE \(conditions) ORDER BY id DESC LIMIT $\(values.count)", values) { row in
                entries.append(try Self.shown(row))
                return true
            }
            return entries
        }
    }

    private static func shown(_ row: Row) throws -> JSON {
        func stored(_ column: Int) throws -> JSON { try row.optionalText(column).map { try JSON(parsing: Array($0.utf8)) } ?? .null }
        var object: JSONObject = [
            "id": .int(row.int(0)), "at": .int(row.int(3)), "actor": ["kind": .string(row.text(4)), "id": .string(row.text(5)), "name": .string(row.text(6))],
            "action": .string(row.text(7)), "target": .string(row.text(8)), "before": try stored(9), "after": try stored(10),
            "requestId": .string(row.text(11)), "clientIp": .string(row.text(12)),
        ]
        if let environment = row.optionalText(2) { object["environment"] = .string(environment) }
        return .object(object)
    }
}
