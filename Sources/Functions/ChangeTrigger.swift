internal import HTTPSupport
public import Kernel

/// What a trigger follows.
public enum ChangeSource: Sendable, Hashable {
    /// The documents of a collection.
    case documents(String)
    /// The steps of coupons: of one batch, or of all where the id is empty.
    case coupons(batch: String)

    /// The type of triggers that follow it, and the source of the calls that they make.
    public var word: String {
        switch self {
        case .documents: "database"
        case .coupons: "coupon"
        }
    }

    /// What can happen there, as triggers name it.
    public var operations: [String] {
        switch self {
        case .documents: ["insert", "update", "delete"]
        case .coupons: ["claim", "lock", "release", "redeem", "refund", "expire", "void", "freeze", "unfreeze"]
        }
    }
}

/// Starts a function when something happens to what it follows.
struct ChangeTrigger: Sendable, Hashable {
    let source: ChangeSource
    let events: Set<String>

    /// `{"type":"database","collection":"orders","events":["insert"]}` or `{"type":"coupon","batch":"cpb-…","events":["redeem"]}`.
    init(_ object: JSONObject) throws {
        if try object.text("type") == "coupon" {
            let batch = try object.optionalText("batch") ?? ""
            guard batch.utf8.count <= 64 else { throw SampanError.badMember("batch", Localized("a batch's id", zh: "券批次编号")) }
            source = .coupons(batch: batch)
        } else {
            let collection = try object.text("collection")
            guard collection.utf8.count <= 64 else { throw SampanError.badMember("collection", Localized("at most 64 bytes", zh: "至多 64 字节")) }
            source = .documents(collection)
        }
        let all = source.operations
        let names = try object.optionalList("events")?.map { $0.stringValue ?? "" } ?? all
        guard !names.isEmpty, names.allSatisfy(all.contains) else {
            let list = all.joined(separator: ", ")
            throw SampanError.badMember("events", Localized("a list of \(list)", zh: "由 \(list) 组成的数组"))
        }
        events = Set(names)
    }

    var json: JSONObject {
        var object: JSONObject = ["type": .string(source.word)]
        switch source {
        case .documents(let collection): object["collection"] = .string(collection)
        case .coupons(let batch): if !batch.isEmpty { object["batch"] = .string(batch) }
        }
        object["events"] = .array(source.operations.filter(events.contains).map { .string($0) })
        return object
    }
}

/// One change of a document or step of a coupon, as functions are told of it.
public struct TriggeringChange: Sendable {
    /// Its place in the environment's order of changes.
    public let sequence: Int64
    /// One of the source's `operations`.
    public let operation: String
    /// The document or coupon: what happens to one is told in order.
    public let subject: String
    /// What the function gets.
    public let event: JSONObject

    /// A change.
    public init(sequence: Int64, operation: String, subject: String, event: JSONObject) {
        self.sequence = sequence
        self.operation = operation
        self.subject = subject
        self.event = event
    }
}

/// Where changes come from; the composition root supplies it.
public protocol ChangeFeed: Sendable {
    /// What happened behind a place, in order, and the place up to which was looked.
    func changes(of source: ChangeSource, after place: Int64, limit: Int, in environment: EnvironmentID) throws -> (changes: [TriggeringChange], upTo: Int64)
    /// The place of the last change.
    func lastPlace(of source: ChangeSource, in environment: EnvironmentID) throws -> Int64
    /// Has documents of these collections kept as they are after each change.
    func keepImages(of collections: Set<String>, in environment: EnvironmentID)
    /// Calls `body` after commits that changed documents, until what is returned is called.
    func listen(in environment: EnvironmentID, _ body: @escaping @Sendable () -> Void) throws -> @Sendable () -> Void
}
