internal import HTTPSupport
internal import Kernel

/// One operation of the database protocol (`docs/api/wire.md`), parsed and checked, not yet authorised.
struct DocumentOperation: Sendable {
    /// Which documents of a collection, in which order, how many.
    struct Selection: Sendable {
        var filter = Filter.all
        var sort: SortOrder?
        var skip = 0
        var limit: Int
        var projection: Projection?
    }

    enum Kind: Sendable {
        case get(Selection)
        case getOne(id: String, Projection?)
        case count(Filter)
        case add([JSONObject], single: Bool)
        case set(id: String, JSONObject)
        case update(Target, Update, multi: Bool)
        case remove(Target)
        case aggregate(Pipeline)
        case modify(DocumentModification)
        case bulk([BulkItem], ordered: Bool)
        case distinct(FieldPath, Filter)
        case createCollection
        case begin
        case commit
        case rollback
    }

    enum Target: Sendable {
        case id(String)
        case matching(Filter)
    }

    /// The deepest nesting of an operation: what goes into the deepest document lies up to three levels deeper in an update
    /// (`{"update":{"$push":{"list":{"$each":[…]}}}}`); with one more, a document that is too deep is told so.
    private static let depthMax = maximumDocumentDepth + 4

    /// Reads the text of an operation.
    static func parse(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> JSON { try JSON(parsing: bytes, maxDepth: depthMax) }

    let kind: Kind
    let collection: String
    let transaction: String?
    /// The operation's word.
    let name: String
    /// Whether is asked how instead of what.
    let explains: Bool
    /// The request's condition, for whoever wants to see what it was about.
    private let asked: JSON

    /// The condition without its values.
    var shape: JSON { asked.shape }
}

extension DocumentOperation {
    /// Reads an operation.
    /// - Parameters:
    ///   - caller: replaces `"{openid}"` in conditions.
    ///   - now: the server's time for `$serverDate`.
    init(_ request: JSONObject, caller: Caller, limits: Limits, now: Int64) throws {
        let op = try request.text("op")
        transaction = try request.optionalText("transaction")
        name = op
        explains = try request.optionalBool("explain") ?? false
        asked = request["where"] ?? request["pipeline"] ?? .null
        let isTransactionEnd = op == "begin" || op == "commit" || op == "rollback"
        collection = isTransactionEnd ? "" : try Self.collectionName(request)
        let reader = Reader(request: request, caller: caller, limits: limits, now: now)
        kind = try reader.kind(op)
        if isTransactionEnd, op != "begin", transaction == nil { throw SampanError.badMember("transaction", Localized("a text", zh: "文本")) }
    }

    private static func collectionName(_ request: JSONObject) throws -> String {
        let name = try request.text("collection")
        guard isCollectionName(name) else {
            throw SampanError.badMember(
                "collection", Localized("1 to 64 letters, digits, _, - or ., not beginning with system.", zh: " 1 到 64 个字母、数字、_、- 或 .,且不以 system. 开头"))
        }
        return name
    }

    static func isCollectionName(_ name: String) -> Bool {
        let bytes = name.utf8
        return (1...64).contains(bytes.count) && !name.hasPrefix("system.")
            && bytes.allSatisfy { (97...122).contains($0) || (65...90).contains($0) || (48...57).contains($0) || $0 == 95 || $0 == 45 || $0 == 46 }
    }

    struct Reader {
        let request: JSONObject
        let caller: Caller
        let limits: Limits
        let now: Int64

        func kind(_ op: String) throws -> Kind {
            if let modification = try modification(op) { return .modify(modification) }
            switch op {
            case "get":
                if let id = try id() { return .getOne(id: id, try projection()) }
                return .get(try selection())
            case "count": return .count(try filter())
            case "add": return try add()
            case "set":
                var replacement = try document(request["data"])
                replacement["_id"] = request["id"]
                return .set(id: try requiredID(), replacement)
            case "update":
                return .update(try target(), try update(), multi: try request.optionalBool("multi") ?? true)
            case "remove":
                let target = try target()
                // An id names one document anyway.
                guard case .matching(let filter) = target, try request.optionalBool("multi") == false else { return .remove(target) }
                return .modify(
                    DocumentModification(filter: filter, sort: try order(), multi: false, change: .remove, upsert: false, answer: .removed, id: nil))
            case "bulkWrite": return try bulk()
            case "distinct": return .distinct(try FieldPath(request.text("field")), try filter())
            case "aggregate": return .aggregate(try Pipeline(substituted(request["pipeline"] ?? .null)))
            case "createCollection": return .createCollection
            case "begin": return .begin
            case "commit": return .commit
            case "rollback": return .rollback
            default:
                throw SampanError.badMember(
                    "op",
                    Localized(
                        """
                        one of get, count, distinct, aggregate, add, set, update, replace, remove, findOneAndUpdate, findOneAndReplace, \
                        findOneAndDelete, bulkWrite, createCollection, begin, commit, rollback
                        """, zh: "受支持的操作名"))
            }
        }

        private func selection() throws -> Selection {
            let selection = Selection(
                filter: try filter(), sort: try order(allowsScore: true),
                skip: try request.optionalInt("skip", in: 0...10_000_000) ?? 0,
                limit: try request.optionalInt("limit", in: 0...limits.queryRowsMax) ?? limits.queryRowsDefault, projection: try projection(ofQuery: true))
            let asksForScore = selection.sort?.scorePlace != nil || selection.projection?.asksForScore == true
            if asksForScore, !selection.filter.asksForText { throw Pipeline.scoreWithoutText }
            return selection
        }

        func order(allowsScore: Bool = false) throws -> SortOrder? {
            try request["orderBy"].flatMap { $0.isNull ? nil : try SortOrder($0, allowsScore: allowsScore) }
        }

        /// Many operations: `{"operations":[{"add":{…}},{"update":{…}}],"ordered":true}`.
        private func bulk() throws -> Kind {
            guard let list = request["operations"]?.arrayValue, (1...limits.addDocumentsMax).contains(list.count) else {
                throw SampanError.badMember("operations", Localized("1 to \(limits.addDocumentsMax) operations", zh: " 1 到 \(limits.addDocumentsMax) 个操作"))
            }
            let items = list.map { item in BulkItem(operation: Result { try bulkItem(item) }) }
            return .bulk(items, ordered: try request.optionalBool("ordered") ?? true)
        }

        private func bulkItem(_ json: JSON) throws -> DocumentOperation {
            guard let object = json.objectValue, object.count == 1, let only = object.first, case .object(var members) = only.value,
                ["add", "set", "update", "replace", "remove"].contains(only.key)
            else {
                throw SampanError.badMember(
                    "operations",
                    Localized("objects such as {\"add\":{\"data\":{…}}}, with add, set, update, replace or remove", zh: "形如 {\"add\":{\"data\":{…}}} 的对象"))
            }
            members["op"] = .string(only.key)
            members["collection"] = request["collection"]
            return try DocumentOperation(members, caller: caller, limits: limits, now: now)
        }

        private func target() throws -> Target {
            if let id = try id() { return .id(id) }
            guard request["where"] != nil else {
                throw SampanError.badMember("where", Localized("an id or a condition", zh: " id 或查询条件"))
            }
            return .matching(try filter())
        }

        func filter() throws -> Filter {
            guard let condition = request["where"], !condition.isNull else { return .all }
            return try Filter(resolvingServerDates(substituted(condition), now: now))
        }

        func projection(ofQuery: Bool = false) throws -> Projection? {
            guard let json = request["projection"], !json.isNull, json.objectValue?.isEmpty != true else { return nil }
            return try Projection(json, ofQuery: ofQuery, now: now)
        }

        private func add() throws -> Kind {
            guard let list = request["data"]?.arrayValue else { return .add([try document(request["data"])], single: true) }
            guard (1...limits.addDocumentsMax).contains(list.count) else {
                throw SampanError.badMember("data", Localized("1 to \(limits.addDocumentsMax) documents", zh: " 1 到 \(limits.addDocumentsMax) 个文档"))
            }
            return .add(try list.map { try document($0) }, single: false)
        }

        func document(_ json: JSON?) throws -> JSONObject {
            guard let json, case .object(let object) = resolvingServerDates(json, now: now) else {
                throw SampanError.badMember("data", Localized("an object", zh: "对象"))
            }
            try validateDocument(object)
            return object
        }

        private func requiredID() throws -> String {
            guard let id = try id() else { throw SampanError.badMember("id", Localized("a text", zh: "文本")) }
            return id
        }

        private func id() throws -> String? {
            guard let value = request["id"], !value.isNull else { return nil }
            return try Self.checkedID(value)
        }

        /// What a document is found by.
        ///
        /// Ids are texts or, as some programs have it, whole numbers: a number and its decimal text name the same document.
        static func checkedID(_ value: JSON) throws -> String {
            if let int = value.intValue { return String(int) }
            guard let text = value.stringValue, (1...256).contains(text.utf8.count), !text.utf8.contains(0) else {
                throw SampanError.badMember("_id", Localized("a text of 1 to 256 bytes or a whole number", zh: " 1 到 256 字节的文本或整数"))
            }
            return text
        }

        /// `"{openid}"` stands for the caller.
        private func substituted(_ json: JSON) -> JSON {
            guard let openid = caller.user?.openid else { return json }
            return json.mappingStrings { $0 == "{openid}" || $0 == "{{openid}}" ? openid : $0 }
        }
    }

    /// The `_id` of a document that is to be stored, made when it has none.
    static func id(of document: JSONObject, now: Int64) throws -> String {
        guard let value = document["_id"], !value.isNull else { return DocumentID.make(now: now) }
        return try Reader.checkedID(value)
    }
}

extension JSONObject {
    /// The document as it is stored: `_id` first, a number where the writer gave one.
    func stored(under id: String) -> JSONObject {
        var stored: JSONObject = ["_id": self["_id"]?.intValue.map { .int($0) } ?? .string(id)]
        for (key, value) in self where key != "_id" { stored[key] = value }
        return stored
    }

    /// What this stored document is found by.
    var storedID: String { self["_id"]?.intValue.map { String($0) } ?? self["_id"]?.stringValue ?? "" }
}

extension JSON {
    fileprivate func mappingStrings(_ transform: (String) -> String) -> JSON {
        switch self {
        case .string(let text): return .string(transform(text))
        case .array(let elements): return .array(elements.map { $0.mappingStrings(transform) })
        case .object(let object):
            var mapped: JSONObject = [:]
            for (key, value) in object { mapped[key] = value.mappingStrings(transform) }
            return .object(mapped)
        default: return self
        }
    }
}
