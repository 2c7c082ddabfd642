internal import HTTPSupport
internal import Kernel
internal import Storage

/// All SQL of waiting rooms.
struct WaitingRoomStore: Sendable {
    private static let migrations = [
        Migration(
            "waiting-rooms-1", "CREATE TABLE waiting_rooms (environment TEXT PRIMARY KEY, settings TEXT NOT NULL, state TEXT NOT NULL DEFAULT '{}');")
    ]

    private let control: Database

    init(_ control: Database) throws {
        self.control = control
        try control.migrate(Self.migrations)
    }

    func rooms() throws -> [(EnvironmentID, WaitingRoomSettings, WaitingRoom.Saved)] {
        try control.read { connection in
            try connection.all("SELECT environment, settings, state FROM waiting_rooms") { row in
                guard let environment = EnvironmentID(row.text(0)) else { throw StorageError.damaged("waiting room \(row.text(0))") }
                return (environment, try WaitingRoomSettings(stored: row.text(1)), try WaitingRoom.Saved(stored: row.text(2)))
            }
        }
    }

    func save(_ settings: WaitingRoomSettings, of environment: EnvironmentID) async throws {
        try await control.write {
            _ = try $0.execute(
                "INSERT INTO waiting_rooms (environment, settings) VALUES ($1, $2) ON CONFLICT (environment) DO UPDATE SET settings = excluded.settings",
                .text(environment.text), .text(settings.json.text))
        }
    }

    /// When this returns it is on the disk.
    func save(_ states: [(EnvironmentID, WaitingRoom.Saved)]) async throws {
        try await control.write { connection in
            for (environment, state) in states {
                try connection.execute("UPDATE waiting_rooms SET state = $2 WHERE environment = $1", .text(environment.text), .text(state.json.text))
            }
        }
    }

    func remove(_ environment: EnvironmentID) async throws {
        try await control.write { _ = try $0.execute("DELETE FROM waiting_rooms WHERE environment = $1", .text(environment.text)) }
    }
}

extension WaitingRoom.Saved {
    var json: JSON {
        [
            "phase": .string(phase.rawValue), "cause": .string(cause.rawValue), "epoch": .int(epoch), "openedAt": .int(openedAt),
            "isHeldClosed": .bool(isHeldClosed), "scheduleDone": .int(scheduleDone),
            "lines": .array(
                lines.map { ["drawn": .int(Int64($0.drawn)), "reserved": .int(Int64($0.reserved)), "called": .int(Int64($0.called))] }),
        ]
    }

    init(stored text: String) throws {
        let object = try JSON(parsing: Array(text.utf8)).objectValue ?? [:]
        phase = (object["phase"]?.stringValue).flatMap(WaitingRoom.Phase.init) ?? .closed
        cause = (object["cause"]?.stringValue).flatMap(WaitingRoom.Cause.init) ?? .settings
        epoch = object["epoch"]?.intValue ?? 0
        openedAt = object["openedAt"]?.intValue ?? 0
        isHeldClosed = object["isHeldClosed"]?.boolValue ?? false
        scheduleDone = object["scheduleDone"]?.intValue ?? 0
        lines = (object["lines"]?.arrayValue ?? []).map { line in
            func number(_ name: String) -> Int { Int(line[name]?.intValue ?? 0) }
            return Line(drawn: number("drawn"), reserved: number("reserved"), called: number("called"))
        }
    }
}
