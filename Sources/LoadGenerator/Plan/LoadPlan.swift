public import Kernel

/// A run as a file says it: journeys, arrivals, users and bounds in JSON; `docs/rehearsal.md` describes the form.
///
/// Who the users are may be left open (``Users/development(count:prefix:)``); whoever runs the plan signs them in and then asks for the ``scenario(_:_:)``.
public struct LoadPlan: Sendable {
    /// What tells users apart.
    public enum Users: Sendable, Hashable {
        /// Nothing but their number.
        case none
        /// A row of values each.
        case table(columns: [String], rows: [[String]])
        /// So many users of the development login, named `prefix` and their number, who are to have signed in beforehand.
        case development(count: Int, prefix: String)
    }

    /// The most users that a plan may have sign in.
    public static let usersMax = 100_000

    /// When users arrive.
    public let arrivals: ArrivalPlan
    /// Who they are.
    public let users: Users
    /// The bounds of the run.
    public let settings: LoadSettings
    private let journeys: [PlannedJourney]

    /// Reads a plan.
    ///
    /// - Parameters:
    ///   - seconds: How long the arrivals are to last, where not as long as the plan says.
    ///   - times: How many times the plan's rates are meant.
    /// - Throws: `BAD_LOAD_PLAN` that names the place; `BAD_ARRIVAL_PLAN`.
    public init(_ json: JSON, seconds: Double? = nil, times: Double = 1) throws(SampanError) {
        let plan = try PlanMembers(json, at: "", known: ["about", "journeys", "arrivals", "users", "headers", "settings"])
        arrivals = try ArrivalPlan(plan: plan["arrivals"], seconds: seconds, times: times)
        users = try Users(plan: plan["users"])
        settings = try LoadSettings(plan: plan["settings"])
        let headers = try plan.optionalObject("headers") ?? [:]
        var journeys: [PlannedJourney] = []
        for (place, journey) in try plan.list("journeys").enumerated() {
            journeys.append(try PlannedJourney(journey, at: "journeys[\(place)]", headers: headers))
        }
        self.journeys = journeys
        // What is wrong with the requests is told before anybody signs in.
        let names = users.columns
        _ = try scenario(names.isEmpty ? .none : UserTable(columns: names, rows: [names.map { _ in "" }]), Surroundings(environment: "", key: ""))
    }

    /// What is the same for all users of a run.
    public struct Surroundings: Sendable {
        let environment: String
        let key: String?

        /// The environment's id, which requests name, and a key that they may say as `{{key}}`.
        public init(environment: String, key: String?) { (self.environment, self.key) = (environment, key) }
    }

    /// The mix of journeys for `users`, whose values are `env`, `key` and their own.
    ///
    /// - Throws: `BAD_JOURNEY`.
    public func scenario(_ users: UserTable, _ surroundings: Surroundings) throws(SampanError) -> Scenario {
        let common = ["env": surroundings.environment, "key": surroundings.key].compactMapValues(\.self).sorted { $0.key < $1.key }
        let rows = users.rows.isEmpty ? [[]] : users.rows
        let table = try UserTable(columns: users.columns + common.map(\.key), rows: rows.map { $0 + common.map(\.value) })
        return try Scenario(journeys.map { $0.journey(hasToken: users.columns.contains("token")) }, users: table)
    }

    /// The most requests that one user makes when nothing is made again.
    public var stepsMost: Int { journeys.map(\.steps.count).max() ?? 0 }
}

extension LoadPlan.Users {
    /// What each user's values are called.
    public var columns: [String] {
        switch self {
        case .none: []
        case .table(let columns, _): columns
        case .development: ["token", "openid"]
        }
    }

    init(plan json: JSON?) throws(SampanError) {
        guard let json, !json.isNull else {
            self = .none
            return
        }
        let users = try PlanMembers(json, at: "users", known: ["columns", "rows", "development", "prefix"])
        if let count = try users.optionalInteger("development") {
            guard (1...LoadPlan.usersMax).contains(count) else {
                throw .badLoadPlan("users.development", Localized("1 to \(LoadPlan.usersMax)", zh: "1 至 \(LoadPlan.usersMax)"))
            }
            self = .development(count: count, prefix: try users.optionalText("prefix") ?? "rehearsal-")
            return
        }
        let columns = try users.optionalTexts("columns") ?? []
        let rows = try users.list("rows").map { row in row.arrayValue?.compactMap(\.stringValue) ?? [] }
        guard !columns.isEmpty, !rows.isEmpty, rows.allSatisfy({ $0.count == columns.count }) else {
            throw .badLoadPlan("users.rows", Localized("for each user one text for each column", zh: "每个用户的每一列各一个文本"))
        }
        self = .table(columns: columns, rows: rows)
    }
}

extension SampanError {
    static func badLoadPlan(_ path: String, _ expected: Localized) -> SampanError {
        badRequest(
            "BAD_LOAD_PLAN", Localized("In the plan, \"\(path)\" is missing or wrong: expected \(expected.en).", zh: "压测计划中 “\(path)” 缺失或有误:应为\(expected.zh)。"),
            remedy: Localized("Correct the plan; docs/rehearsal.md describes it.", zh: "请改正压测计划;格式见 docs/rehearsal.md。"))
    }
}
