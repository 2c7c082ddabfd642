internal import Kernel

/// An import whose file lies on this server: what is kept of it, and how far it is.
struct ImportRecord: Sendable {
    enum State: String, Sendable {
        /// Its file has not come whole yet.
        case receiving
        case running
        case done
        /// It stopped at an error; as long as its file is there it can go on.
        case failed
        case cancelled
    }

    let id: String
    var plan: ImportPlan
    let fileName: String?
    let createdAt: Int64
    /// How large the file is; `nil` until somebody knows.
    var bytes: Int64?
    var state = State.receiving
    /// The part of the file that was taken.
    var bytesTaken: Int64 = 0
    var counts = ImportCounts()
    /// Why it stopped, as ``KeptError/told(_:)`` keeps it.
    var failure: JSON?
    var endedAt: Int64?

    init(id: String, plan: ImportPlan, fileName: String?, bytes: Int64?, createdAt: Int64) {
        self.id = id
        self.plan = plan
        self.fileName = fileName
        self.bytes = bytes
        self.createdAt = createdAt
    }

    /// - Parameters:
    ///   - received: how much of the file has come.
    ///   - isHere: whether the file is still there.
    func shown(_ language: Language, received: Int64?, isHere: Bool) -> JSON {
        var shown: JSONObject = ["id": .string(id), "state": .string(state.rawValue)]
        for (name, value) in plan.texts { shown[name] = value }
        shown["fileName"] = fileName.map { .string($0) }
        shown["bytes"] = bytes.map { .int($0) }
        shown["received"] = received.map { .int($0) }
        shown["bytesRead"] = .int(bytesTaken)
        shown["documents"] = .int(counts.read)
        shown["inserted"] = .int(counts.inserted)
        shown["updated"] = .int(counts.updated)
        shown["refused"] = .int(counts.refused)
        shown["refusals"] = .array(counts.refusals.map { KeptError.shown($0, language) })
        shown["error"] = failure.map { KeptError.shown($0, language) }
        shown["mayResume"] = .bool(state == .failed && isHere)
        shown["createdAt"] = .int(createdAt)
        shown["endedAt"] = endedAt.map { .int($0) }
        return .object(shown)
    }
}

/// How it is stored.
extension ImportRecord: StoredRecord {
    static let table = "imports"

    init(stored: JSON) throws {
        let number = { (name: String) in stored[name]?.intValue ?? 0 }
        let texts = stored["plan"]
        self.init(
            id: stored["id"]?.stringValue ?? "", plan: try ImportPlan { texts?[$0]?.stringValue }, fileName: stored["fileName"]?.stringValue,
            bytes: stored["bytes"]?.intValue, createdAt: number("createdAt"))
        state = stored["state"]?.stringValue.flatMap { State(rawValue: $0) } ?? .failed
        bytesTaken = number("bytesTaken")
        counts = ImportCounts(
            read: number("read"), inserted: number("inserted"), updated: number("updated"), refused: number("refused"),
            refusals: stored["refusals"]?.arrayValue ?? [])
        failure = stored["failure"]
        endedAt = stored["endedAt"]?.intValue
    }

    var stored: JSON {
        var stored: JSONObject = [
            "id": .string(id), "plan": .object(plan.texts), "createdAt": .int(createdAt), "state": .string(state.rawValue), "bytesTaken": .int(bytesTaken),
            "read": .int(counts.read), "inserted": .int(counts.inserted), "updated": .int(counts.updated), "refused": .int(counts.refused),
            "refusals": .array(counts.refusals),
        ]
        stored["fileName"] = fileName.map { .string($0) }
        stored["bytes"] = bytes.map { .int($0) }
        stored["failure"] = failure
        stored["endedAt"] = endedAt.map { .int($0) }
        return .object(stored)
    }
}

/// The imports of one environment.
typealias ImportTable = RecordTable<ImportRecord>
