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
    /// - Parameters:
    ///   - permission: one of ``Permission``; `PRIVATE` where it is missing.
    ///   - rules: its own security rules, instead of a permission.
    ///   - validation: `{"validator","validationLevel"?,"validationAction"?}`: what its documents must look like.
    public func createCollection(
        _ name: String, permission: String?, rules: JSON? = nil, validation: JSONObject = [:], _ environment: EnvironmentID
    ) async throws -> Bool {
        guard DocumentOperation.isCollectionName(name) else {
            throw SampanError.badMember("name", Localized("1 to 64 letters, digits, _, - or .", zh: " 1 到 64 个字母、数字、_、- 或 ."))
        }
        let validator = validation.asksForValidator ? try CollectionValidator(in: validation, changing: nil) : nil
        return try await store(environment).createCollection(
            name, try access(permission, rules) ?? CollectionAccess(.private), validator, now: clock.now())
    }

    /// Changes what clients may do, a permission or security rules, or what documents must look like.
    /// - Parameter validation: `{"validator","validationLevel","validationAction"}`, as far as it is to change; `null` as validator removes it.
    ///   Documents that are there already are not looked at.
    public func setAccess(
        permission: String? = nil, rules: JSON? = nil, validation: JSONObject = [:], of name: String, if precondition: Precondition = .none,
        _ environment: EnvironmentID
    ) async throws {
        let access = try access(permission, rules)
        guard access != nil || validation.asksForValidator else {
            throw SampanError.badMember("permission, rules, validator", Localized("one of them", zh: "其中之一"))
        }
        let store = try store(environment)
        let (before, after) = try await store.change(name, if: precondition) { collection in
            if let access { collection.access = access }
            if validation.asksForValidator { collection.validator = try CollectionValidator(in: validation, changing: collection.validator) }
        }
        if access != nil { store.watches.end(collection: name, because: .accessChanged) }
        if validation.asksForValidator { store.warnings.forget(after) }
        AuditNote.changed("collection \(name)", from: .object(before.settings), to: .object(after.settings))
    }

    /// Removes a collection with its documents.
    public func dropCollection(_ name: String, if precondition: Precondition = .none, _ environment: EnvironmentID) async throws {
        try await store(environment).dropCollection(name, if: precondition)
        try store(environment).watches.end(collection: name, because: .noCollection(name))
        AuditNote.changed("collection \(name)")
    }

    /// The tag of a collection's definition; its documents come and go without changing it.
    public func collectionTag(_ name: String, _ environment: EnvironmentID) throws -> EntityTag { try store(environment).collection(name).tag }

    /// Makes an index: `{"name","keys":[["user","asc"]],"unique","sparse","partial":{…},"expireAfterSeconds"}`.
    ///
    /// Keys with `"text"` or `"2dsphere"` in place of a direction make a text or geo index; `weights` are a text index's.
    public func createIndex(_ request: JSONObject, of name: String, _ environment: EnvironmentID) async throws {
        guard let keys = request["keys"]?.arrayValue, (1...8).contains(keys.count) else {
            throw SampanError.badMember("keys", Localized("1 to 8 pairs such as [\"user\",\"asc\"]", zh: " 1 到 8 个形如 [\"user\",\"asc\"] 的组合"))
        }
        var words: Set<String> = []
        let fields = try keys.map { pair in
            guard let pair = pair.arrayValue, pair.count == 2, let path = pair[0].stringValue, isPath(path), let word = pair[1].stringValue,
                ["asc", "desc", "text", "2dsphere"].contains(word)
            else {
                throw SampanError.badMember(
                    "keys",
                    Localized(
                        "pairs such as [\"user\",\"asc\"], with asc, desc, text or 2dsphere", zh: "形如 [\"user\",\"asc\"] 的组合，第二项为 asc、desc、text 或 2dsphere"))
            }
            words.insert(word == "desc" ? "asc" : word)
            return IndexField(path: path, descending: word == "desc")
        }
        guard words.count == 1, let word = words.first else {
            throw SampanError.badMember("keys", Localized("all of one kind", zh: "全部为同一类型"))
        }
        let indexName = request["name"]?.stringValue ?? fields.map { $0.path + ($0.descending ? "_desc" : "") }.joined(separator: "_")
        guard (1...64).contains(indexName.utf8.count) else { throw SampanError.badMember("name", Localized("1 to 64 bytes", zh: " 1 到 64 字节")) }
        var definition = IndexDefinition(name: indexName, fields: fields, unique: request["unique"]?.boolValue ?? false, isMultikey: word != "asc")
        var options = JSONObject(request.filter { ["sparse", "partial", "expireAfterSeconds", "weights"].contains($0.key) && !$0.value.isNull })
        options["kind"] = word == "asc" ? nil : .string(word == "text" ? "text" : "geo")
        try definition.apply(options: options)
        try definition.validate()
        try await store(environment).createIndex(definition, on: name)
    }

    /// The last queries that took long or looked at far more documents than they found, with the index that would have helped.
    public func slowQueries(_ environment: EnvironmentID) throws -> JSON { try store(environment).slow.json }

    /// What each kind of slow query has cost.
    public func costlyQueries(_ environment: EnvironmentID) throws -> [CostlyQuery] { try store(environment).slow.costs }

    /// Removes an index.
    public func dropIndex(_ index: String, of name: String, _ environment: EnvironmentID) async throws {
        try await store(environment).dropIndex(index, of: name)
        AuditNote.changed("index \(index) of \(name)")
    }

    private func access(_ permission: String?, _ rules: JSON?) throws -> CollectionAccess? {
        if let rules, !rules.isNull {
            guard permission == nil || permission == Permission.custom.rawValue else {
                throw SampanError.badMember("permission", Localized("CUSTOM, or none, beside rules", zh: " CUSTOM，或与 rules 同时使用时省略"))
            }
            return try CollectionAccess(rules: rules)
        }
        guard let permission else { return nil }
        guard let preset = Permission(rawValue: permission), preset != .custom else {
            throw SampanError.badMember(
                "permission",
                Localized(
                    "READONLY, PRIVATE, ADMINWRITE or ADMINONLY; CUSTOM goes with rules", zh: " READONLY、PRIVATE、ADMINWRITE 或 ADMINONLY；CUSTOM 须同时提供 rules"))
        }
        return CollectionAccess(preset)
    }

    private func isPath(_ path: String) -> Bool {
        (1...200).contains(path.utf8.count) && path.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty && !$0.hasPrefix("$") }
    }

    func describe(_ collection: Collection, _ connection: Connection, _ store: DocumentStore) throws -> JSON {
        var json = collection.definition
        json["documents"] = .int(try store.count(collection, connection))
        json["validationWarnings"] = store.warnings.json(of: collection)
        return .object(json)
    }
}

extension Collection {
    /// All but its documents, as the management API shows it and archives keep it.
    var definition: JSONObject {
        var json: JSONObject = ["name": .string(name)]
        for (key, value) in settings { json[key] = value }
        json["indexes"] = indexesJSON
        return json
    }

    /// Who may reach its documents and what these must look like.
    fileprivate var settings: JSONObject {
        var json = access.json
        for (key, value) in validator?.json ?? [:] { json[key] = value }
        return json
    }

    /// Its indexes, as the management API shows them.
    var indexesJSON: JSON {
        .array(
            indexes.map { index in
                var json: JSONObject = [
                    "name": .string(index.definition.name), "keys": index.definition.shownKeys, "unique": .bool(index.definition.unique),
                ]
                for (key, value) in index.definition.options where key != "kind" { json[key] = value }
                if !index.isReady { json["building"] = true }
                return .object(json)
            })
    }
}

extension JSONObject {
    /// Whether a request says something of a validator.
    fileprivate var asksForValidator: Bool { CollectionValidator.memberNames.contains { self[$0] != nil } }
}
