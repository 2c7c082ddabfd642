internal import Kernel
internal import Storage

/// An upload of codes that is under way: so much of the file has come.
struct CodeUploadState: Sendable, Hashable {
    /// The place of its first code in the batch.
    var first: Int64
    var lines: Int64 = 0
    /// Over all lines that have come, so that the rest of another file is not taken for the rest of this one.
    var hash: UInt64 = 0
    var codes: Int64 = 0
    var faults: Int64 = 0
    /// The first of them.
    var samples: [CodeFault] = []
}

/// A line of an uploaded file that is no good.
struct CodeFault: Sendable, Hashable {
    let line: Int64
    /// `duplicate`, `taken` (by another batch or an earlier upload) or `form`.
    let fault: String
}

extension CouponTables {
    /// Where codes are, of those that are known.
    func places(ofCodes codes: [String]) throws -> [String: GeneratedCodes.Place] {
        var places: [String: GeneratedCodes.Place] = [:]
        let dialect = connection.dialect
        let list = JSON.array(codes.map { [.string($0)] })
        try connection.rows(
            """
            SELECT code, batch, place FROM \(dialect.rows(ofJSON: "$1")) \(dialect.orderedJoin) codes \(dialect == .sqlite ? "WHERE" : "ON") code = value ->> 0
            """, [.text(String(decoding: list.serialized(), as: UTF8.self))]
        ) { row in
            places[row.text(0)] = GeneratedCodes.Place(batch: row.int(1), index: row.int(2))
            return true
        }
        return places
    }

    /// The codes at places.
    func codes(at places: Set<GeneratedCodes.Place>) throws -> [GeneratedCodes.Place: String] {
        var codes: [GeneratedCodes.Place: String] = [:]
        let dialect = connection.dialect
        let list = JSON.array(places.map { [.int($0.batch), .int($0.index)] })
        try connection.rows(
            """
            SELECT batch, place, code FROM \(dialect.rows(ofJSON: "$1")) \(dialect.orderedJoin) codes \(dialect == .sqlite ? "WHERE" : "ON")
            batch = CAST(value ->> 0 AS BIGINT) AND place = CAST(value ->> 1 AS BIGINT)
            """, [.text(String(decoding: list.serialized(), as: UTF8.self))]
        ) { row in
            codes[GeneratedCodes.Place(batch: row.int(0), index: row.int(1))] = row.text(2)
            return true
        }
        return codes
    }

    func add(_ codes: [String], batch: Int64, from first: Int64) throws {
        guard !codes.isEmpty else { return }
        let rows = JSON.array(codes.enumerated().map { [.int(first + Int64($0.offset)), .string($0.element)] })
        try connection.execute(
            "INSERT INTO codes (batch, place, code) SELECT \(batch), CAST(value ->> 0 AS BIGINT), value ->> 1 FROM \(connection.dialect.rows(ofJSON: "$1"))",
            .text(String(decoding: rows.serialized(), as: UTF8.self)))
    }

    /// Removes some of the codes from a place on.
    /// - Returns: how many that were.
    func removeCodes(batch: Int64, from first: Int64, atMost count: Int) throws -> Int {
        try connection.execute(
            "DELETE FROM codes WHERE batch = $1 AND place IN (SELECT place FROM codes WHERE batch = $1 AND place >= $2 ORDER BY place LIMIT $3)",
            .int(batch), .int(first), .int(Int64(count)))
    }

    func upload(_ batch: Int64) throws -> CodeUploadState? {
        try connection.first("SELECT first, lines, hash, codes, faults, samples FROM code_uploads WHERE batch = $1", .int(batch)) { row in
            var state = CodeUploadState(first: row.int(0))
            state.lines = row.int(1)
            state.hash = UInt64(bitPattern: row.int(2))
            state.codes = row.int(3)
            state.faults = row.int(4)
            state.samples =
                try JSON(parsing: row.text(5)).arrayValue?.compactMap { sample in
                    sample["line"]?.intValue.flatMap { line in sample["fault"]?.stringValue.map { CodeFault(line: line, fault: $0) } }
                } ?? []
            return state
        }
    }

    func put(_ upload: CodeUploadState, batch: Int64) throws {
        let samples = JSON.array(upload.samples.map { ["line": .int($0.line), "fault": .string($0.fault)] })
        try connection.execute(
            """
            INSERT INTO code_uploads (batch, first, lines, hash, codes, faults, samples) VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (batch) DO UPDATE SET first = excluded.first, lines = excluded.lines, hash = excluded.hash, codes = excluded.codes,
                faults = excluded.faults, samples = excluded.samples
            """, .int(batch), .int(upload.first), .int(upload.lines), .int(Int64(bitPattern: upload.hash)), .int(upload.codes), .int(upload.faults),
            .text(String(decoding: samples.serialized(), as: UTF8.self)))
    }

    func removeUpload(_ batch: Int64) throws { try connection.execute("DELETE FROM code_uploads WHERE batch = $1", .int(batch)) }
}
