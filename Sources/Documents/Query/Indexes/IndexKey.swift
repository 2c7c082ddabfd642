public import Kernel

/// A document's place in an index.
public struct IndexEntries: Sendable, Equatable {
    /// The different keys, sorted.
    ///
    /// Their byte order is the index's order of documents.
    public var keys: [[UInt8]]
    /// Whether an array was found on the way to a field.
    public var isMultikey: Bool
}

extension IndexDefinition {
    /// The keys of a document, and whether it makes the index a multikey index.
    ///
    /// A missing field is null. An array gives a key for each element, an empty one a key of its own that comes before null. Fields inside
    /// the same array are taken element by element; two different arrays in one index are refused.
    ///
    /// A text index has a key for each term and a geo index one for each cell of the sphere that covers a place. Documents that a sparse or
    /// partial index leaves out have no keys.
    public func entries(for document: JSONObject) throws(QueryError) -> IndexEntries {
        guard covers(document) else { return IndexEntries(keys: [], isMultikey: false) }
        switch kind {
        case .ordered: break
        case .text: return try specialEntries(textKeys(of: document), most: Self.maximumTerms)
        case .geo: return try specialEntries(geoKeys(of: document), most: Self.maximumKeys)
        }
        var pending: [KeyBuilder.Field] = []
        for field in fields { pending.append(.remaining(try FieldPath(field.path).parts[...])) }
        var builder = KeyBuilder(definition: self)
        try builder.build(pending, from: document, location: [])
        return IndexEntries(keys: builder.keys.sorted { $0.lexicographicallyPrecedes($1) }, isMultikey: builder.isMultikey)
    }
}

extension IndexDefinition {
    /// The keys of a document in this index; see ``entries(for:)``.
    public func keys(for document: JSONObject) throws(QueryError) -> [[UInt8]] { try entries(for: document).keys }
}

/// Finds the values of all fields together, because fields inside one array belong together element by element.
private struct KeyBuilder {
    /// A field's value, or the way that is left to it.
    enum Field {
        case found(SortValue)
        case remaining(ArraySlice<FieldPath.Part>)
    }

    let definition: IndexDefinition
    var keys: Set<[UInt8]> = []
    var isMultikey = false

    init(definition: IndexDefinition) { self.definition = definition }

    /// `location` is the way from the document to `object`, which tells arrays apart.
    mutating func build(_ fields: [Field], from object: JSONObject, location: [String]) throws(QueryError) {
        var settled = fields
        var arrayLocation: [String]?
        var elements: [JSON] = []
        var insideArray: [(field: Int, rest: ArraySlice<FieldPath.Part>)] = []
        for (place, field) in fields.enumerated() {
            guard case .remaining(let parts) = field else { continue }
            let reached = Self.walk(parts, from: object)
            guard case .array(let found)? = reached.value else {
                settled[place] = .found(.value(reached.rest.isEmpty ? reached.value ?? .null : .null))
                continue
            }
            let here = location + parts[..<reached.rest.startIndex].map(\.name)
            if let arrayLocation, arrayLocation != here { throw parallelArrays() }
            arrayLocation = here
            elements = found
            insideArray.append((place, reached.rest))
        }
        guard let arrayLocation else { return try emit(settled) }
        isMultikey = true
        try expand(elements, insideArray, settled, arrayLocation)
    }

    private mutating func expand(
        _ elements: [JSON], _ insideArray: [(field: Int, rest: ArraySlice<FieldPath.Part>)], _ settled: [Field], _ location: [String]
    ) throws(QueryError) {
        for element in elements.isEmpty ? [nil] : elements.map(Optional.some) {
            var fields = settled
            for (place, rest) in insideArray {
                fields[place] = rest.isEmpty ? .found(element.map { .value($0) } ?? .emptyArray) : .remaining(rest)
            }
            try build(fields, from: element?.objectValue ?? JSONObject(), location: location)
        }
    }

    /// Follows names through objects until the end, an array or a value that has no fields.
    private static func walk(
        _ parts: ArraySlice<FieldPath.Part>, from object: JSONObject
    ) -> (value: JSON?, rest: ArraySlice<FieldPath.Part>) {
        var rest = parts
        var value = JSON.object(object)
        while let part = rest.first, case .object(let members) = value {
            guard let next = members[part.name] else { return (nil, rest) }
            value = next
            rest = rest.dropFirst()
        }
        return (value, rest)
    }

    private mutating func emit(_ fields: [Field]) throws(QueryError) {
        var encoder = KeyEncoder()
        for (place, field) in fields.enumerated() {
            guard case .found(let value) = field else { continue }
            encoder.append(value, descending: definition.fields[place].descending)
        }
        if encoder.bytes.count > IndexDefinition.maximumKeyLength {
            throw QueryError(
                .limit,
                "A value of the index \"\(definition.name)\" is longer than \(IndexDefinition.maximumKeyLength) bytes; index a shorter field.",
                zh: "索引“\(definition.name)”的值超过 \(IndexDefinition.maximumKeyLength) 字节；请索引较短的字段。")
        }
        keys.insert(encoder.bytes)
        if keys.count > IndexDefinition.maximumKeys {
            throw QueryError(
                .limit, "An array under the index \"\(definition.name)\" has more than \(IndexDefinition.maximumKeys) different elements.",
                zh: "索引“\(definition.name)”下的数组有超过 \(IndexDefinition.maximumKeys) 个不同元素。")
        }
    }

    private func parallelArrays() -> QueryError {
        QueryError(
            .invalidDocument,
            "The index \"\(definition.name)\" would cover two arrays of this document; only one of its fields may be an array.",
            zh: "索引“\(definition.name)”会同时涉及该文档的两个数组；其字段中只能有一个是数组。")
    }
}
