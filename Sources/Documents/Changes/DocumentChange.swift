public import Kernel
internal import Synchronization

/// Something that happened to one document, in the order of commits.
public struct DocumentChange: Sendable {
    /// What happened.
    public enum Kind: Int64, Sendable {
        case insert = 1
        case update = 2
        case replace = 3
        case remove = 4
    }

    /// The place in the environment's order of changes; grows, with gaps where a write was undone.
    public let sequence: Int64
    /// When, in milliseconds since 1970.
    public let at: Int64
    /// The collection's name.
    public let collection: String
    /// What the document is found by.
    public let id: String
    /// What happened.
    public let kind: Kind
    /// The document before; `nil` for an insertion.
    public let before: JSONObject?
    /// The document after; `nil` for a removal.
    public let after: JSONObject?
}

/// What the writer's turn has changed so far, told to whoever watches once it is on disk.
///
/// Sendable by discipline: touched in the writer's turn only.
final class PendingChanges: @unchecked Sendable {
    private(set) var changes: [DocumentChange] = []

    func append(_ change: DocumentChange) { changes.append(change) }

    /// Does `body`; when it throws, what it noted is forgotten with what it wrote.
    func undoing<T>(_ body: () throws -> T) throws -> T {
        let mark = changes.count
        do {
            return try body()
        } catch {
            changes.removeSubrange(mark...)
            throw error
        }
    }

    /// Forgets what was noted from a place on.
    func forget(from mark: Int) { changes.removeSubrange(mark...) }

    /// Hands over what was committed.
    func take() -> [DocumentChange] {
        defer { changes = [] }
        return changes
    }
}

/// Notes the changes of one job: in the log, and for whoever watches.
struct ChangeRecorder {
    /// `nil` where no history is kept.
    let log: ChangeLog?
    /// `nil` where nobody watches.
    let pending: PendingChanges?
    let now: Int64
    /// Whether the log keeps documents as they are after a change, too.
    let keepsImages: Bool
    /// Grows with the log.
    let size: HistorySize

    func note(_ kind: DocumentChange.Kind, _ collection: Collection, id: String, before: JSONObject?, after: JSONObject?) throws {
        guard log != nil || pending != nil else { return }
        let stored = before.map { JSON.object($0).serialized() }
        let image = keepsImages ? after.map { JSON.object($0).serialized() } : nil
        let sequence =
            try log?.append(kind, at: now, collection: collection.number, id: id, before: stored, after: image, isAsked: pending != nil) ?? 0
        if log != nil { size.grow(by: ChangeLog.bytes(id: id, before: stored, after: image)) }
        pending?.append(
            DocumentChange(sequence: sequence, at: now, collection: collection.name, id: id, kind: kind, before: before, after: after))
    }
}

/// About how many bytes the log of changes takes: known once somebody has asked, and kept from then on.
final class HistorySize: Sendable {
    private let known = Mutex<Int64?>(nil)

    var bytes: Int64? {
        get { known.withLock { $0 } }
        set { known.withLock { $0 = newValue } }
    }

    func grow(by bytes: Int64) { known.withLock { $0 = $0.map { $0 + bytes } } }
}
