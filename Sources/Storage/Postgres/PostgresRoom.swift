internal import CPostgres
internal import Dispatch

/// What is known about the size of a namespace's tables.
///
/// To measure it asks the file system about every table, so it is done again only when what was sent since could matter, and
/// now and then because other nodes write too.
struct PostgresRoom {
    /// PostgreSQL grows by pages of this size.
    static let pageBytes: Int64 = 8192
    /// A measurement is good for so long.
    private static let secondsMax: Int64 = 10
    /// One that refuses is made again sooner: somebody may have made room.
    private static let secondsMaxWhenFull: Int64 = 1

    private var measured: Int64?
    private var at: Int64 = 0
    private var sent: Int64 = 0

    /// With what rows and indexes need around the bytes that were sent.
    private var estimate: Int64? { measured.map { $0 + sent * 2 } }

    mutating func note(sent bytes: Int64) { sent += bytes }

    mutating func note(measured bytes: Int64, at seconds: Int64) {
        measured = bytes
        at = seconds
        sent = 0
    }

    /// Whether there is room; `nil` where that has to be measured first.
    func has(upTo limit: Int64, at seconds: Int64) -> Bool? {
        guard let measured, let estimate else { return nil }
        if measured > limit { return seconds - at < Self.secondsMaxWhenFull ? false : nil }
        return estimate <= limit && seconds - at < Self.secondsMax ? true : nil
    }
}

extension PostgresSession {
    /// The bytes that the tables of the current namespace take, with their indexes, and with what was freed and not yet given back.
    func measure() throws -> Int64 {
        let result = try run(
            """
            SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c
            WHERE c.relkind = 'r' AND c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = current_schema())
            """, [])
        defer { PQclear(result) }
        guard let result, PQntuples(result) == 1 else { return 0 }
        return Row(result: result, position: 0).int(0)
    }

    /// See `Connection.growing`.
    func growing<T>(upTo limit: Int64, _ space: PostgresSpace, _ body: () throws -> T) throws -> T? {
        guard try hasRoom(upTo: limit, space) else { return nil }
        let before = bytesSent
        try send("SAVEPOINT room", [])
        do {
            let value = try body()
            space.withRoom { $0.note(sent: bytesSent - before) }
            let fits = try hasRoom(upTo: limit, space)
            if !fits { try rollBack(to: "room") }
            try send("RELEASE room", [])
            return fits ? value : nil
        } catch {
            if fault.map({ $0.job == job }) ?? !isBroken {
                try rollBack(to: "room")
                try send("RELEASE room", [])
            }
            throw error
        }
    }

    private func hasRoom(upTo limit: Int64, _ space: PostgresSpace) throws -> Bool {
        if let known = space.withRoom({ $0.has(upTo: limit, at: Self.seconds) }) { return known }
        let measured = try measure()
        space.withRoom { $0.note(measured: measured, at: Self.seconds) }
        return measured <= limit
    }

    private static var seconds: Int64 { Int64(DispatchTime.now().uptimeNanoseconds / 1_000_000_000) }
}
