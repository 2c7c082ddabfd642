internal import CPostgres

/// A statement that a connection has prepared.
final class PostgresStatement {
    let name: String
    let sql: String
    /// The types of its parameters; unspecified where the first value was NULL.
    let types: [Oid]
    var lastUse: UInt64 = 0
    /// Whether the server never got to prepare it, or can no longer use it.
    var isGone = false

    init(name: String, sql: String, types: [Oid]) {
        self.name = name
        self.sql = sql
        self.types = types
    }

    func fits(_ values: [SQLValue]) -> Bool {
        guard !isGone, types.count == values.count else { return false }
        for (type, value) in zip(types, values) where !value.isNull && value.postgresType != type { return false }
        return true
    }
}

/// The prepared statements of one connection, by namespace and text.
///
/// The same text names another table in another namespace. PostgreSQL would see that and plan it anew each time; with a
/// statement for each namespace it never has to.
struct PostgresStatements {
    private let max: Int
    private var namespace = ""
    /// Those of the current namespace; different types of parameters make different statements of one text.
    private var current: [String: [PostgresStatement]] = [:]
    private var others: [String: [String: [PostgresStatement]]] = [:]
    private var count = 0
    private var clock: UInt64 = 0

    init(max: Int) { self.max = Swift.max(20, max) }

    mutating func enter(_ namespace: String) {
        guard namespace != self.namespace else { return }
        others[self.namespace] = current
        current = others.removeValue(forKey: namespace) ?? [:]
        self.namespace = namespace
    }

    /// The statement of this text for such values.
    mutating func find(_ sql: String, _ values: [SQLValue]) -> PostgresStatement? {
        guard let statement = current[sql]?.first(where: { $0.fits(values) }) else { return nil }
        clock += 1
        statement.lastUse = clock
        return statement
    }

    /// Notes a statement that is about to be prepared.
    mutating func add(_ sql: String, _ values: [SQLValue]) -> PostgresStatement {
        clock += 1
        let statement = PostgresStatement(name: "s\(clock)", sql: sql, types: values.map(\.postgresType))
        statement.lastUse = clock
        let known = current[sql] ?? []
        let kept = known.filter { !$0.isGone }
        current[sql] = kept + [statement]
        count += 1 + kept.count - known.count
        return statement
    }

    /// Forgets the fifth that was not used for the longest time, once there are too many.
    /// - Returns: what the server is to forget too.
    mutating func overflow() -> [PostgresStatement] {
        guard count > max else { return [] }
        enter("")
        let kept = others.values.flatMap { $0.values.flatMap { $0 } } + current.values.flatMap { $0 }
        let all = kept.filter { !$0.isGone }.sorted { $0.lastUse < $1.lastUse }
        let forgotten = all.prefix(Swift.max(0, all.count - max * 4 / 5))
        for statement in forgotten { statement.isGone = true }
        let live = { (statements: [String: [PostgresStatement]]) in
            statements.mapValues { $0.filter { !$0.isGone } }.filter { !$0.value.isEmpty }
        }
        current = live(current)
        others = others.mapValues(live).filter { !$0.value.isEmpty }
        count = all.count - forgotten.count
        return Array(forgotten)
    }
}

extension SQLValue {
    fileprivate var isNull: Bool { if case .null = self { true } else { false } }

    /// The type that PostgreSQL is told.
    fileprivate var postgresType: Oid {
        switch self {
        case .null: PostgresType.unspecified
        case .int: PostgresType.int8
        case .double: PostgresType.float8
        case .text: PostgresType.text
        case .blob, .verbatim: PostgresType.bytea
        }
    }
}
