internal import Kernel

/// A backup that is being put back, or was: what is kept of it.
struct RestoreRecord: StoredRecord {
    static let table = "restores"

    enum State: String, Sendable {
        case running
        case done
        /// It stopped at an error or with the server, and has changed nothing.
        case failed
    }

    let id: String
    /// The backup.
    let backup: String
    /// The collections that are to be restored; `nil`: all, and those that came later are dropped.
    let collections: [String]?
    let createdAt: Int64
    var state = State.running
    /// When something was last done for it.
    var touchedAt: Int64
    /// How many documents it will put back, and has.
    var total: Int64 = 0
    var documents: Int64 = 0
    /// The collections that were dropped because the backup has none of their names.
    var dropped: [String] = []
    /// Why it failed, as ``KeptError/told(_:)`` keeps it.
    var failure: JSON?
    var endedAt: Int64?

    func shown(_ language: Language) -> JSON {
        var shown = common
        shown["error"] = failure.map { KeptError.shown($0, language) }
        return .object(shown)
    }

    private var common: JSONObject {
        var object: JSONObject = [
            "id": .string(id), "backup": .string(backup), "state": .string(state.rawValue), "total": .int(total), "documents": .int(documents),
            "dropped": .array(dropped.map { .string($0) }), "createdAt": .int(createdAt),
        ]
        object["collections"] = collections.map { .array($0.map { .string($0) }) }
        object["endedAt"] = endedAt.map { .int($0) }
        return object
    }

    // MARK: How it is stored

    var stored: JSON {
        var stored = common
        stored["touchedAt"] = .int(touchedAt)
        stored["failure"] = failure
        return .object(stored)
    }

    init(id: String, backup: String, collections: [String]?, createdAt: Int64) {
        self.id = id
        self.backup = backup
        self.collections = collections
        self.createdAt = createdAt
        touchedAt = createdAt
    }

    init(stored: JSON) {
        let number = { (name: String) in stored[name]?.intValue ?? 0 }
        self.init(
            id: stored["id"]?.stringValue ?? "", backup: stored["backup"]?.stringValue ?? "",
            collections: stored["collections"]?.arrayValue?.compactMap(\.stringValue), createdAt: number("createdAt"))
        state = stored["state"]?.stringValue.flatMap { State(rawValue: $0) } ?? .failed
        touchedAt = number("touchedAt")
        total = number("total")
        documents = number("documents")
        dropped = stored["dropped"]?.arrayValue?.compactMap(\.stringValue) ?? []
        failure = stored["failure"]
        endedAt = stored["endedAt"]?.intValue
    }
}

/// The restores of one environment.
typealias RestoreTable = RecordTable<RestoreRecord>
