public import Kernel

/// A field of an index and its direction.
public struct IndexField: Sendable, Hashable {
    /// The dotted path.
    public var path: String
    /// Whether greater values come first.
    public var descending: Bool

    /// A field of an index.
    public init(path: String, descending: Bool = false) {
        self.path = path
        self.descending = descending
    }
}

/// What an index is for.
public enum IndexKind: Sendable, Hashable {
    /// Values in their order.
    case ordered
    /// The terms of texts, for `$text`; the weights of fields that do not count as 1.
    case text(weights: [String: Int])
    /// Places on the sphere, for `$near`, `$geoWithin` and `$geoIntersects`: MongoDB's `2dsphere`.
    case geo
}

/// The condition that a document must meet to be in an index, and the JSON that it came from.
public struct PartialFilter: Sendable, Hashable {
    /// As it was given, for storage.
    public let json: JSON
    /// The condition.
    public let filter: Filter

    /// Parses the condition; it may ask neither for nearness nor for texts.
    public init(_ json: JSON) throws(QueryError) {
        self.json = json
        filter = try Filter(json)
        guard filter.nearness == nil, !filter.asksForText else {
            throw QueryError(
                .invalidQuery, "The filter of a partial index can have neither $near nor $text.", zh: "部分索引的条件不能使用 $near 或 $text。")
        }
        // What is taken out again must be what was put in.
        guard !filter.isRandom else {
            throw QueryError(
                .invalidQuery, "The filter of a partial index cannot use $sampleRate or $rand.", zh: "部分索引的条件不能使用 $sampleRate 或 $rand。")
        }
    }

    /// Filters are equal when they are written alike.
    public static func == (left: PartialFilter, right: PartialFilter) -> Bool { left.json == right.json }

    /// Feeds the JSON.
    public func hash(into hasher: inout Hasher) { hasher.combine(json) }
}

/// An index of a collection.
public struct IndexDefinition: Sendable, Hashable {
    /// Its name, unique in the collection.
    public var name: String
    /// Its fields, most significant first.
    public var fields: [IndexField]
    /// Whether two documents may not share a key.
    public var unique: Bool
    /// Whether some document has (or once had) several keys: an array on the way to a field, several terms or cells.
    ///
    /// The store sets it when ``entries(for:)`` says so and never clears it; the planner is more careful then.
    public var isMultikey: Bool
    /// What it is for.
    public var kind: IndexKind
    /// Whether documents with none of the fields are left out.
    public var sparse: Bool
    /// Which documents are in the index; nil for all.
    public var partial: PartialFilter?
    /// How long after the date in its only field a document lives; nil for ever.
    public var expireAfterSeconds: Int64?

    /// Describes an index.
    public init(
        name: String, fields: [IndexField], unique: Bool = false, isMultikey: Bool = false, kind: IndexKind = .ordered, sparse: Bool = false,
        partial: PartialFilter? = nil, expireAfterSeconds: Int64? = nil
    ) {
        self.name = name
        self.fields = fields
        self.unique = unique
        self.isMultikey = isMultikey
        self.kind = kind
        self.sparse = sparse
        self.partial = partial
        self.expireAfterSeconds = expireAfterSeconds
    }

    /// The most fields of an index.
    public static let maximumFields = 8
    /// The longest key in bytes; what every database underneath can index.
    public static let maximumKeyLength = 2000
    /// The most keys of one document.
    public static let maximumKeys = 10_000
    /// The most different terms of one document in a text index.
    public static let maximumTerms = 20_000

    /// Refuses an index that cannot be kept: no fields or too many, a field twice, a path with numbers (which could be names or places),
    /// options that do not go together.
    public func validate() throws(QueryError) {
        guard (1...Self.maximumFields).contains(fields.count), Set(fields.map(\.path)).count == fields.count else {
            throw QueryError(
                .invalidQuery, "An index has 1 to \(Self.maximumFields) different fields.", zh: "索引需要 1 到 \(Self.maximumFields) 个不同的字段。")
        }
        for field in fields where try FieldPath(field.path).hasIndex {
            throw QueryError(
                .invalidQuery, "The index field \"\(field.path)\" contains a number; index the array itself.",
                zh: "索引字段“\(field.path)”含有数字；请直接索引该数组。")
        }
        try validateKind()
        try validateExpiry()
    }

    /// Whether the index holds a document.
    func covers(_ document: JSONObject) -> Bool {
        if let partial, !partial.filter.matches(document) { return false }
        guard sparse, kind == .ordered else { return true }
        return fields.contains { field in
            (try? FieldPath(field.path))?.anyValue(in: document, expandsLastArray: false) { $0 != nil } ?? false
        }
    }
}
