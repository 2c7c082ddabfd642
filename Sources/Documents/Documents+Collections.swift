public import HTTPSupport
public import Kernel
internal import Storage

/// Managing collections: for keys and the console.
extension Documents {
    /// Every collection with its permission, indexes and number of documents.
    public func collections(_ environment: EnvironmentID) throws -> [JSON] {
        let store = try store(environment)
        return try store.read { connection in
            try store.catalog.all.map { try describe($0, connection, store) }
        }
    }

    /// The names of the collections, in order.
    public func collectionNames(_ environment: EnvironmentID) throws -> [String] { try store(environment).catalog.all.map(\.name).sorted() }

    /// One collection.
    public func collection(_ name: String, _ environment: EnvironmentID) throws -> JSON {
        let store = try store(environment)
        let collection = try store.collection(name)
        return try store.read { try describe(collection, $0, store) }
    }

    /// Whether a collection has no document.
    public func isEmpty(_ name: String, _ environment: EnvironmentID) throws -> Bool {
        let store = try store(environment)
        let collection = try store.collection(name)
        return try store.read { try store.count(collection, $0) == 0 }
    }

    /// Makes a collection; answers `false` when it was there.
    public func createCollection(_ name: String, permission: String?, _ environment: EnvironmentID) async throws -> Bool {
        guard DocumentOperation.isCollectionName(name) else {
            throw SampanError.badMember("name", Localized("1 to 64 letters, digits, _, - or .", zh: " 1 到 64 个字母、数字、_、- 或 ."))
        }
        return try await store(environment).createCollection(name, try parsed(permission) ?? .private, now: clock.now())
    }

    /// Changes what clients may do.
    public func setPermission(
        _ permission: String, of name: String, if precondition: Precondition = .none, _ environment: EnvironmentID
    ) async throws {
        guard let permission = try parsed(permission) else { return }
        try await store(environment).setPermission(name, permission, if: precondition)
        AuditNote.changed("collection \(name)", to: ["permission": .string(permission.rawValue)])
    }

    /// Removes a collection with its documents.
    public func dropCollection(_ name: String, if precondition: Precondition = .none, _ environment: EnvironmentID) async throws {
        try await store(environment).dropCollection(name, if: precondition)
        AuditNote.changed("collection \(name)")
    }

    /// The tag of a collection's definition; its documents come and go without changing it.
    public func collectionTag(_ name: String, _ environment: EnvironmentID) throws -> EntityTag { try store(environment).collection(name).tag }

    /// Makes an index: `{"name","keys":[["user","asc"]],"unique"}`.
    public func createIndex(_ request: JSONObject, of name: String, _ environment: EnvironmentID) async throws {
        guard let keys = request["keys"]?.arrayValue, (1...8).contains(keys.count) else {
            throw SampanError.badMember("keys", Localized("1 to 8 pairs such as [\"user\",\"asc\"]", zh: " 1 到 8 个形如 [\"user\",\"asc\"] 的组合"))
        }
        let fields = try keys.map { pair in
            guard let pair = pair.arrayValue, pair.count == 2, let path = pair[0].stringValue, isPath(path), let direction = pair[1].stringValue,
                direction == "asc" || direction == "desc"
            else { throw SampanError.badMember("keys", Localized("pairs such as [\"user\",\"asc\"]", zh: "形如 [\"user\",\"asc\"] 的组合")) }
            return IndexField(path: path, descending: direction == "desc")
        }
        let indexName = request["name"]?.stringValue ?? fields.map { $0.path + ($0.descending ? "_desc" : "") }.joined(separator: "_")
        guard (1...64).contains(indexName.utf8.count) else { throw SampanError.badMember("name", Localized("1 to 64 bytes", zh: " 1 到 64 字节")) }
        let definition = IndexDefinition(name: indexName, fields: fields, unique: request["unique"]?.boolValue ?? false, isMultikey: false)
        try definition.validate()
        try await store(environment).createIndex(definition, on: name)
    }

    /// Removes an index.
    public func dropIndex(_ index: String, of name: String, _ environment: EnvironmentID) async throws {
        try await store(environment).dropIndex(index, of: name)
        AuditNote.changed("index \(index) of \(name)")
    }

    private func parsed(_ text: String?) throws -> Permission? {
        guard let text else { return nil }
        guard let permission = Permission(rawValue: text) else {
            throw SampanError.badMember("permission", Localized("READONLY, PRIVATE, ADMINWRITE or ADMINONLY", zh: " READONLY、PRIVATE、ADMINWRITE 或 ADMINONLY"))
        }
        return permission
    }

    private func isPath(_ path: String) -> Bool {
        (1...200).contains(path.utf8.count) && path.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty && !$0.hasPrefix("$") }
    }

    private func describe(_ collection: Collection, _ connection: Connection, _ store: DocumentStore) throws -> JSON {
        [
            "name": .string(collection.name), "permission": .string(collection.permission.rawValue),
            "documents": .int(try store.count(collection, connection)),
            "indexes": collection.indexesJSON,
        ]
    }
}

extension Collection {
    /// Its indexes, as the management API shows them.
    var indexesJSON: JSON {
        .array(
            indexes.map { index in
                ["name": .string(index.definition.name), "keys": index.definition.fieldsJSON, "unique": .bool(index.definition.unique)]
            })
    }
}
