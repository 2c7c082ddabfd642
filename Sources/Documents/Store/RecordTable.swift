internal import Kernel
internal import Storage

/// Something that goes on in the background, and what is kept of it.
protocol StoredRecord: Sendable {
    /// The table: `id`, `created_at`, `record`.
    static var table: String { get }

    var id: String { get }
    var createdAt: Int64 { get }
    var stored: JSON { get }

    init(stored: JSON) throws
}

/// The records of one kind in one environment.
struct RecordTable<Record: StoredRecord> {
    let connection: Connection

    func add(_ record: Record) throws {
        try connection.enqueue(
            "INSERT INTO \(Record.table) (id, created_at, record) VALUES ($1, $2, $3)", .text(record.id), .int(record.createdAt),
            .verbatim(record.stored.text))
    }

    func put(_ record: Record) throws {
        try connection.enqueue("UPDATE \(Record.table) SET record = $2 WHERE id = $1", .text(record.id), .verbatim(record.stored.text))
    }

    func find(_ id: String) throws -> Record? {
        try connection.first("SELECT record FROM \(Record.table) WHERE id = $1", .text(id), transform: Self.record)
    }

    /// All, the newest first.
    func all() throws -> [Record] {
        try connection.all("SELECT record FROM \(Record.table) ORDER BY created_at DESC, id", transform: Self.record)
    }

    func remove(_ id: String) throws { try connection.enqueue("DELETE FROM \(Record.table) WHERE id = $1", .text(id)) }

    private static func record(_ row: Row) throws -> Record { try Record(stored: JSON(parsing: Array(row.text(0).utf8))) }
}
