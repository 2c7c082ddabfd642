internal import Kernel
internal import LoadGenerator

/// How many users a plan has arrive.
enum PlannedLoad {
    static func arrivals(_ plan: JSONObject) throws -> Double { try LoadPlan(.object(plan)).arrivals.arrivals }
}

/// The users of a step: a token each, beside whatever values the plan gives them.
enum UserRows {
    /// - Parameter given: The plan's `users`, where it has a table; its own `token` column gives way.
    static func make(_ tokens: [(token: String, openid: String)], beside given: JSON?) -> JSON {
        let columns = given?["columns"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let rows = given?["rows"]?.arrayValue?.compactMap { $0.arrayValue } ?? []
        let kept = rows.isEmpty ? [] : columns.indices.filter { columns[$0] != "token" && columns[$0] != "openid" }
        let names = ["token", "openid"] + kept.map { columns[$0] }
        let made = tokens.enumerated().map { place, user -> JSON in
            let own = rows.isEmpty ? [] : rows[place % rows.count]
            return .array([.string(user.token), .string(user.openid)] + kept.map { own.indices.contains($0) ? own[$0] : "" })
        }
        return ["columns": .array(names.map { .string($0) }), "rows": .array(made)]
    }
}
