import Kernel

/// Runs stages on documents in memory.
struct PipelineRunner {
    let now: Int64
    private let budget = EvaluationBudget()

    init(now: Int64) { self.now = now }

    func run(_ stage: Stage, _ documents: [JSONObject]) throws(QueryError) -> [JSONObject] {
        switch stage {
        case .match(let filter): return documents.filter { filter.matches($0) }
        case .group(let grouping): return try group(documents, grouping)
        case .sort(let order): return order.sorted(documents)
        case .limit(let limit): return Array(documents.prefix(limit))
        case .skip(let count): return Array(documents.dropFirst(count))
        case .project(let projection): return try project(documents, projection)
        case .addFields(let assignments):
            return try mapping(documents) { (document) throws(QueryError) in try assign(assignments, from: document, to: document) }
        case .unset(let tree): return documents.map { tree.apply($0) }
        case .count(let name): return documents.isEmpty ? [] : [JSONObject([(name, .int(Int64(documents.count)))])]
        case .unwind(let unwinding): return try unwind(documents, unwinding)
        case .replaceRoot(let expression):
            return try mapping(documents) { (document) throws(QueryError) in try replaceRoot(document, expression) }
        // These need what only the pipeline has and are run there.
        case .lookup, .sample: return documents
        }
    }

    private func mapping(
        _ documents: [JSONObject], _ change: (JSONObject) throws(QueryError) -> JSONObject
    ) throws(QueryError) -> [JSONObject] {
        var results: [JSONObject] = []
        results.reserveCapacity(documents.count)
        for document in documents { results.append(try change(document)) }
        return results
    }

    private func evaluate(_ expression: Expression, _ document: JSONObject) throws(QueryError) -> JSON? {
        var scope = EvaluationScope(root: .object(document), now: now, budget: budget)
        return try expression.evaluate(&scope)
    }

    private func replaceRoot(_ document: JSONObject, _ expression: Expression) throws(QueryError) -> JSONObject {
        let value = try evaluate(expression, document)
        guard case .object(let members)? = value else {
            throw OperatorError.wrongType("$replaceRoot", "an object", "对象", value ?? .null)
        }
        return members
    }

    private func project(_ documents: [JSONObject], _ projection: StageProjection) throws(QueryError) -> [JSONObject] {
        try mapping(documents) { (document) throws(QueryError) in
            try assign(projection.computed, from: document, to: projection.tree.apply(document))
        }
    }

    /// Computes fields from one document and writes them into another.
    private func assign(
        _ assignments: [FieldAssignment], from source: JSONObject, to target: JSONObject
    ) throws(QueryError) -> JSONObject {
        var result = target
        for assignment in assignments {
            result.assign(try evaluate(assignment.value, source), at: assignment.path.parts[...])
        }
        try budget.charge(.object(result))
        return result
    }

    private static func tooMany() -> QueryError {
        QueryError(
            .limit, "A stage produces more than \(Pipeline.maximumDocuments) documents or groups; filter earlier.",
            zh: "某个阶段产生超过 \(Pipeline.maximumDocuments) 个文档或分组；请更早过滤。")
    }
}

extension PipelineRunner {
    private func group(_ documents: [JSONObject], _ grouping: Grouping) throws(QueryError) -> [JSONObject] {
        var places: [JSON: Int] = [:]
        var groups: [(key: JSON, fields: [Accumulation])] = []
        for document in documents {
            let key = try evaluate(grouping.key, document) ?? .null
            let place: Int
            if let known = places[key] {
                place = known
            } else {
                place = groups.count
                if place >= Pipeline.maximumDocuments { throw Self.tooMany() }
                places[key] = place
                groups.append((key, grouping.fields.map { Accumulation($0.kind) }))
            }
            for (field, definition) in grouping.fields.enumerated() {
                let value = try evaluate(definition.value, document)
                if definition.kind.keepsValues { try budget.charge(value) }
                groups[place].fields[field].add(value)
            }
        }
        return groups.map { group in
            var result = JSONObject([("_id", group.key)])
            for (definition, accumulation) in zip(grouping.fields, group.fields) { result[definition.name] = accumulation.result }
            return result
        }
    }

    private func unwind(_ documents: [JSONObject], _ unwinding: Unwinding) throws(QueryError) -> [JSONObject] {
        let names = unwinding.path.parts.map(\.name)
        var results: [JSONObject] = []
        for document in documents {
            switch Self.follow(names[...], in: .object(document)) {
            case .array(let elements)?:
                for (index, element) in elements.enumerated() {
                    results.append(unwound(document, unwinding, element, index))
                    if results.count > Pipeline.maximumDocuments { throw Self.tooMany() }
                }
                if elements.isEmpty, unwinding.keepsEmpty { results.append(unwound(document, unwinding, nil, nil)) }
            case nil, .null?: if unwinding.keepsEmpty { results.append(unwound(document, unwinding, nil, nil, keepsValue: true)) }
            case let value?: results.append(unwound(document, unwinding, value, nil))
            }
        }
        return results
    }

    private func unwound(
        _ document: JSONObject, _ unwinding: Unwinding, _ element: JSON?, _ index: Int?, keepsValue: Bool = false
    ) -> JSONObject {
        var result = document
        if !keepsValue { result.assign(element, at: unwinding.path.parts[...]) }
        if let field = unwinding.indexField { result.assign(index.map { .int(Int64($0)) } ?? .null, at: field.parts[...]) }
        return result
    }

    /// Follows names through objects only.
    private static func follow(_ path: ArraySlice<String>, in value: JSON) -> JSON? {
        guard let name = path.first else { return value }
        return value[name].flatMap { follow(path.dropFirst(), in: $0) }
    }
}

extension PipelineRunner {
    /// Adds to every document the foreign ones that have an equal value; found by hash.
    func join(_ documents: [JSONObject], with foreign: [JSONObject], _ lookup: Lookup) throws(QueryError) -> [JSONObject] {
        var byValue: [JSON: [Int]] = [:]
        for (place, document) in foreign.enumerated() {
            for value in Self.values(of: document, at: lookup.foreignField) { byValue[value, default: []].append(place) }
        }
        var joined = 0
        return try mapping(documents) { (document) throws(QueryError) in
            let places = Set(Self.values(of: document, at: lookup.localField, expandsOnly: true).flatMap { byValue[$0] ?? [] }).sorted()
            joined += places.count
            if joined > Pipeline.maximumDocuments { throw Self.tooMany() }
            var result = document
            result.assign(.array(places.map { .object(foreign[$0]) }), at: lookup.into.parts[...])
            return result
        }
    }

    /// The different values that a query for equality would find; a missing field is null.
    ///
    /// A local array stands for its elements only.
    private static func values(of document: JSONObject, at path: FieldPath, expandsOnly: Bool = false) -> Set<JSON> {
        var values: Set<JSON> = []
        _ = path.anyValue(in: document, expandsLastArray: true) { value in
            if expandsOnly, case .array? = value { return false }
            values.insert(value ?? .null)
            return false
        }
        return values
    }
}

extension JSONObject {
    /// Writes a field (nil removes it), making objects on the way; an array on the way gets it in every element.
    mutating func assign(_ value: JSON?, at path: ArraySlice<FieldPath.Part>) {
        guard let first = path.first else { return }
        guard path.count > 1 else {
            self[first.name] = value
            return
        }
        if let place = index(ofKey: first.name) {
            modifyValue(at: place) { $0.assign(value, at: path.dropFirst()) }
        } else if value != nil {
            var inner = JSON.object(JSONObject())
            inner.assign(value, at: path.dropFirst())
            append(first.name, inner)
        }
    }
}

extension JSON {
    fileprivate mutating func assign(_ value: JSON?, at path: ArraySlice<FieldPath.Part>) {
        switch self {
        case .array(let elements):
            self = .array(
                elements.map { element in
                    var changed = element
                    changed.assign(value, at: path)
                    return changed
                })
        case .object(var members):
            self = .null
            members.assign(value, at: path)
            self = .object(members)
        default:
            guard value != nil else { return }
            var members = JSONObject()
            members.assign(value, at: path)
            self = .object(members)
        }
    }
}
