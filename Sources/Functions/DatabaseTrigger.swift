internal import HTTPSupport
public import Kernel

/// Starts a function when documents of a collection change.
struct DatabaseTrigger: Sendable, Hashable {
    /// What can happen to a document.
    enum Event: String, Sendable, CaseIterable {
        case insert, update, delete
    }

    let collection: String
    let events: Set<Event>

    init(_ object: JSONObject) throws {
        collection = try object.text("collection")
        guard collection.utf8.count <= 64 else { throw SampanError.badMember("collection", Localized("at most 64 bytes", zh: "至多 64 字节")) }
        let names = object["events"]?.arrayValue ?? Event.allCases.map { .string($0.rawValue) }
        let events = names.compactMap { $0.stringValue.flatMap(Event.init(rawValue:)) }
        guard !events.isEmpty, events.count == names.count else {
            throw SampanError.badMember("events", Localized("a list of insert, update and delete", zh: "由 insert、update、delete 组成的数组"))
        }
        self.events = Set(events)
    }
}

/// One change of a document, as functions are told of it.
public struct TriggeringChange: Sendable {
    /// Its place in the environment's order of changes.
    public let sequence: Int64
    /// `insert`, `update`, `replace` or `delete`.
    public let operation: String
    /// What the document is found by.
    public let document: String
    /// The event, in the form of MongoDB's change streams.
    public let event: JSONObject

    /// A change.
    public init(sequence: Int64, operation: String, document: String, event: JSONObject) {
        self.sequence = sequence
        self.operation = operation
        self.document = document
        self.event = event
    }
}

/// Where changes of documents come from; the composition root supplies it.
public protocol ChangeFeed: Sendable {
    /// The changes of a collection behind a place, in order, and the place up to which was looked.
    func changes(of collection: String, after place: Int64, limit: Int, in environment: EnvironmentID) throws -> (changes: [TriggeringChange], upTo: Int64)
    /// The place of the last change.
    func lastPlace(in environment: EnvironmentID) throws -> Int64
    /// Has documents of these collections kept as they are after each change.
    func keepImages(of collections: Set<String>, in environment: EnvironmentID)
    /// Calls `body` after commits that changed documents, until what is returned is called.
    func listen(in environment: EnvironmentID, _ body: @escaping @Sendable () -> Void) throws -> @Sendable () -> Void
}
