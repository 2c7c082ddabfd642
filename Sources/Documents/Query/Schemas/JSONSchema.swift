public import Kernel

/// What documents must look like: MongoDB's subset of JSON Schema (draft 4) with `bsonType`.
public struct JSONSchema: Sendable {
    let rules: [SchemaRule]

    /// Parses a schema such as `{"required":["name"],"properties":{"name":{"bsonType":"string"}}}`.
    ///
    /// Unknown keywords are refused, because a misspelt one would check nothing.
    public init(_ json: JSON) throws(QueryError) {
        var parser = SchemaParser()
        self = try parser.parse(json)
    }

    init(rules: [SchemaRule]) { self.rules = rules }

    /// Whether a document is as it must be.
    public func accepts(_ document: JSONObject) -> Bool { failure(of: document) == nil }

    /// The first thing about a document that is not as it must be.
    public func failure(of document: JSONObject) -> SchemaFailure? { failure(ofValue: .object(document)) }
}

/// One keyword of a schema.
indirect enum SchemaRule: Sendable {
    case type([ValueType], names: [String])
    case oneOfValues(Set<JSON>)
    case maximum(JSON, isExclusive: Bool)
    case minimum(JSON, isExclusive: Bool)
    case multiple(of: Double)
    case length(ClosedRange<Int>)
    case pattern(TextPattern)
    case itemCount(ClosedRange<Int>)
    case uniqueItems
    /// Every item, or the items by their places and what follows them.
    case items(JSONSchema)
    case itemsInRow([JSONSchema], rest: Rest)
    case memberCount(ClosedRange<Int>)
    case required([String])
    case members([(name: String, schema: JSONSchema)], patterns: [(pattern: TextPattern, schema: JSONSchema)], rest: Rest)
    case dependencies([(name: String, needs: Dependency)])
    case all([JSONSchema])
    case any([JSONSchema])
    case one([JSONSchema])
    case not(JSONSchema)

    /// What holds for items or members that nothing else is said about.
    enum Rest: Sendable {
        case allowed
        case refused
        case schema(JSONSchema)
    }

    /// What must be there beside a member.
    enum Dependency: Sendable {
        case members([String])
        case schema(JSONSchema)
    }
}

/// Where a document is not as its schema says, and why.
public struct SchemaFailure: Sendable, Equatable {
    /// The names and places that lead to the value, joined by dots; empty for the document itself.
    public var path: String
    /// What is wrong there, to stand inside a sentence.
    public var reason: Localized
    /// The keyword of the schema that it breaks, where it is known.
    public var keyword: String?

    init(_ reason: Localized) {
        path = ""
        self.reason = reason
    }

    /// The same failure seen from a container.
    func inside(_ name: String) -> SchemaFailure {
        var outer = self
        outer.path = path.isEmpty ? name : name + "." + path
        return outer
    }

    /// The whole sentence.
    public var message: Localized {
        path.isEmpty
            ? Localized("The document \(reason.en).", zh: "文档\(reason.zh)。")
            : Localized("\"\(path)\" \(reason.en).", zh: "“\(path)”\(reason.zh)。")
    }
}
