internal import Kernel
internal import Storage

/// All SQL of the answers that are kept for repeated requests.
struct AnswerStore: Sendable {
    /// A request that was made under a key.
    struct Kept: Sendable {
        /// Of method, path, query and body.
        let fingerprint: String
        /// `nil` while the request runs, and when the server stopped while it ran.
        let status: Int?
        let contentType: String?
        let tag: String?
        let sealedBody: String?
    }

    let control: Database

    func find(_ key: String, of caller: String, since: Int64) throws -> Kept? {
        try control.read { connection in
            try connection.first(
                "SELECT fingerprint, status, content_type, tag, body FROM repeatable_answers WHERE caller = $1 AND key = $2 AND at > $3",
                .text(caller), .text(key), .int(since)
            ) { row in
                Kept(
                    fingerprint: row.text(0), status: row.isNull(1) ? nil : Int(row.int(1)), contentType: row.optionalText(2), tag: row.optionalText(3),
                    sealedBody: row.optionalText(4))
            }
        }
    }

    /// Notes that a request begins, in place of one that is too old.
    func begin(_ key: String, of caller: String, fingerprint: String, now: Int64) async throws {
        try await control.write { connection in
            try connection.execute(
                "INSERT OR REPLACE INTO repeatable_answers (caller, key, fingerprint, at) VALUES ($1, $2, $3, $4)", .text(caller), .text(key),
                .text(fingerprint), .int(now))
        }
    }

    func finish(_ key: String, of caller: String, status: Int, contentType: String?, tag: String?, sealedBody: String?) async throws {
        try await control.write { connection in
            try connection.execute(
                "UPDATE repeatable_answers SET status = $3, content_type = $4, tag = $5, body = $6 WHERE caller = $1 AND key = $2",
                .text(caller), .text(key), .int(Int64(status)), .optional(contentType), .optional(tag), .optional(sealedBody))
        }
    }

    /// Forgets a request that changed nothing.
    func forget(_ key: String, of caller: String) async throws {
        try await control.write { connection in
            try connection.execute("DELETE FROM repeatable_answers WHERE caller = $1 AND key = $2", .text(caller), .text(key))
        }
    }

    /// Removes what is too old, and the oldest beyond `rowsMax`.
    func sweep(before: Int64, rowsMax: Int) async throws {
        try await control.write { connection in
            try connection.execute("DELETE FROM repeatable_answers WHERE at <= $1", .int(before))
            try connection.execute(
                "DELETE FROM repeatable_answers WHERE rowid IN (SELECT rowid FROM repeatable_answers ORDER BY at DESC LIMIT -1 OFFSET $1)",
                .int(Int64(rowsMax)))
        }
    }
}
