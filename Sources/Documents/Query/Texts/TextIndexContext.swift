import Kernel

/// The fields of a collection's text index, each with how much a find in it counts.
public struct TextIndexContext: Sendable, Hashable {
    /// A field and its weight.
    public struct Field: Sendable, Hashable {
        /// The dotted path.
        public var path: String
        /// How much a term in the field counts, 1 by default.
        public var weight: Int

        /// A field with its weight.
        public init(path: String, weight: Int = 1) {
            self.path = path
            self.weight = weight
        }
    }

    /// The fields.
    public let fields: [Field]
    private let paths: [FieldPath]

    /// The fields of a text index; a path that cannot be one is refused.
    public init(_ fields: [Field]) throws(QueryError) {
        self.fields = fields
        var paths: [FieldPath] = []
        for field in fields { paths.append(try FieldPath(field.path)) }
        self.paths = paths
    }

    /// The texts of a document in the indexed fields, elements of arrays one by one.
    func texts(of document: JSONObject) -> [(text: String, weight: Double)] {
        var texts: [(text: String, weight: Double)] = []
        for (path, field) in zip(paths, fields) {
            _ = path.anyValue(in: document, expandsLastArray: true) { value in
                if case .string(let text)? = value { texts.append((text, Double(field.weight))) }
                return false
            }
        }
        return texts
    }

    /// The different terms of a document.
    func terms(of document: JSONObject) -> Set<String> {
        var terms: Set<String> = []
        for (text, _) in texts(of: document) { terms.formUnion(TextTokens.tokens(of: text).map(\.term)) }
        return terms
    }
}
