internal import Kernel
internal import Storage

/// How far triggers have come in the log of changes.
extension FunctionStore {
    /// `nil` for a trigger that has not begun.
    func cursor(of trigger: Timer) throws -> Int64? {
        try control.read { connection in
            try connection.first(
                "SELECT place FROM cursors WHERE environment = $1 AND function = $2 AND name = $3", .text(trigger.environment.text), .text(trigger.function),
                .text(trigger.name)
            ) { $0.int(0) }
        }
    }

    func setCursor(of trigger: Timer, to place: Int64) async throws {
        try await control.write { connection in
            _ = try connection.execute(
                """
                INSERT INTO cursors (environment, function, name, place) VALUES ($1, $2, $3, $4)
                ON CONFLICT (environment, function, name) DO UPDATE SET place = excluded.place
                """, .text(trigger.environment.text), .text(trigger.function), .text(trigger.name), .int(place))
        }
    }

    func forgetCursor(of trigger: Timer) async throws {
        try await control.write { connection in
            _ = try connection.execute(
                "DELETE FROM cursors WHERE environment = $1 AND function = $2 AND name = $3", .text(trigger.environment.text), .text(trigger.function),
                .text(trigger.name))
        }
    }
}
