internal import Foundation
internal import HTTPSupport
public import Kernel
public import Storage
internal import Synchronization

/// The rushes that were announced: in the control database, and in memory for whoever asks at each deployment and each round.
public final class RushPlans: Sendable {
    private static let rushesMax = 100
    /// So long after its end one is known, so that it is not taken for a habit.
    private static let keptFor: Int64 = 36 * 86_400_000

    private let control: Database
    private let clock: WallClock
    private let plans: Mutex<[EnvironmentID: [PlannedRush]]>
    private let turns = Turns<EnvironmentID>()

    /// Opens what was announced.
    public init(control: Database, clock: WallClock) throws {
        try control.migrate(rushPlansMigrations)
        self.control = control
        self.clock = clock
        plans = Mutex(try Self.load(control))
    }

    private static func load(_ control: Database) throws -> [EnvironmentID: [PlannedRush]] {
        let rows = try control.read { connection in
            try connection.all("SELECT environment, id, name, starts_at, ends_at, arrivals, per_second, freezes FROM rushes ORDER BY starts_at, id") { row in
                guard let environment = EnvironmentID(row.text(0)) else { throw StorageError.damaged("rush \(row.text(1))") }
                let size: PlannedRush.Size = row.isNull(5) ? .perSecond(row.double(6)) : .arrivals(row.int(5))
                return (
                    environment,
                    PlannedRush(
                        id: row.text(1), name: row.text(2), startsAt: row.int(3), endsAt: row.int(4), size: size, freezesDeployments: row.int(7) == 1)
                )
            }
        }
        return Dictionary(grouping: rows, by: \.0).mapValues { $0.map(\.1) }
    }

    /// The rushes of an environment, past ones of the last weeks too, in the order of their starts.
    public func rushes(of environment: EnvironmentID) -> [PlannedRush] { plans.withLock { $0[environment] ?? [] } }

    /// The environments that have any.
    func environments() -> Set<EnvironmentID> { plans.withLock { Set($0.keys) } }

    /// The rush because of which deployments of an environment rest now.
    public func freeze(of environment: EnvironmentID) -> PlannedRush? {
        let now = clock.now()
        return rushes(of: environment).first { $0.freezes(at: now) }
    }

    /// What a deployment is refused with now; `nil` where nothing freezes it.
    public func refusal(in environment: EnvironmentID) -> SampanError? {
        freeze(of: environment).map { rush in
            let until = DateText.iso8601(fromMilliseconds: rush.endsAt)
            return SampanError(
                "DEPLOYMENTS_FROZEN", status: 409,
                Localized("Deployments rest until \(until): \"\(rush.name)\" is under way.", zh: "“\(rush.name)” 进行期间暂停部署，直至 \(until)。"),
                remedy: Localized(
                    "Wait, remove the rush, or say despiteFreeze=1 (`--despite-freeze`) if it cannot wait.",
                    zh: "请等待结束或移除该大促；确需立即部署可加 despiteFreeze=1（`--despite-freeze`）。"), members: ["rush": .string(rush.id)])
        }
    }

    /// Announces a rush.
    public func add(_ request: JSONObject, to environment: EnvironmentID) async throws -> PlannedRush {
        let rush = try PlannedRush(request, now: clock.now())
        try await turns.inTurn(environment) { [self] in
            let now = clock.now()
            guard rushes(of: environment).count(where: { $0.endsAt > now }) < Self.rushesMax else {
                throw SampanError(
                    "LIMIT_EXCEEDED", status: 422,
                    Localized("An environment has at most \(Self.rushesMax) rushes ahead.", zh: "每个环境至多预告 \(Self.rushesMax) 个大促。"),
                    remedy: Localized("Remove one first.", zh: "请先移除不再需要的大促。"))
            }
            try await insert(rush, environment, forgetting: now - Self.keptFor)
            plans.withLock { plans in
                var own = plans[environment] ?? []
                own.removeAll { $0.endsAt < now - Self.keptFor }
                own.append(rush)
                plans[environment] = own.sorted { ($0.startsAt, $0.id) < ($1.startsAt, $1.id) }
            }
        }
        AuditNote.changed("rush \(rush.id)", to: rush.json(now: clock.now()))
        return rush
    }

    private func insert(_ rush: PlannedRush, _ environment: EnvironmentID, forgetting before: Int64) async throws {
        let now = clock.now()
        let (arrivals, rate): (SQLValue, SQLValue) =
            switch rush.size {
            case .arrivals(let count): (.int(count), .null)
            case .perSecond(let rate): (.null, .double(rate))
            }
        try await control.write { connection in
            try connection.execute("DELETE FROM rushes WHERE environment = $1 AND ends_at < $2", .text(environment.text), .int(before))
            try connection.execute(
                """
                INSERT INTO rushes (environment, id, name, starts_at, ends_at, arrivals, per_second, freezes, created_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                """,
                .text(environment.text), .text(rush.id), .text(rush.name), .int(rush.startsAt), .int(rush.endsAt), arrivals, rate,
                .int(rush.freezesDeployments ? 1 : 0), .int(now))
        }
    }

    /// Takes an announcement back.
    public func remove(_ id: String, from environment: EnvironmentID) async throws {
        try await turns.inTurn(environment) { [self] in
            guard let rush = rushes(of: environment).first(where: { $0.id == id }) else {
                throw SampanError.notFound(
                    "RUSH_NOT_FOUND", Localized("The environment has no rush \(id.prefix(60)).", zh: "该环境没有大促 \(id.prefix(60))。"),
                    remedy: Localized("`sampan rush list` lists them.", zh: "可用 `sampan rush list` 查看。"))
            }
            try await control.write {
                _ = try $0.execute("DELETE FROM rushes WHERE environment = $1 AND id = $2", .text(environment.text), .text(id))
            }
            plans.withLock { $0[environment]?.removeAll { $0.id == id } }
            AuditNote.changed("rush \(id)", from: rush.json(now: clock.now()))
        }
    }

    /// Forgets the rushes of environments that are gone.
    func forget(_ environment: EnvironmentID) async throws {
        try await control.write { _ = try $0.execute("DELETE FROM rushes WHERE environment = $1", .text(environment.text)) }
        plans.withLock { $0[environment] = nil }
    }
}

/// The table of announced rushes in `control.sqlite`; append only.
let rushPlansMigrations: [Migration] = [
    Migration(
        "rush-plans-1",
        """
        CREATE TABLE rushes (
            environment TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL,
            arrivals INTEGER, per_second REAL, freezes INTEGER NOT NULL, created_at INTEGER NOT NULL,
            PRIMARY KEY (environment, id)) WITHOUT ROWID;
        """)
]
