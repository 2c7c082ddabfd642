import Kernel

/// The stages that turn one document into another or drop it.
final class ChangeSink: StageSink {
    enum Change {
        case project(StageProjection)
        case addFields([FieldAssignment])
        case unset(ProjectionTree)
        case replaceRoot(Expression)
        case redact(Expression)
    }

    private let change: Change

    init(_ change: Change, _ surroundings: Surroundings) {
        self.change = change
        super.init(surroundings)
    }

    override func take(_ document: consuming PipelineDocument) throws -> Bool {
        var scope = scope(for: document)
        let score = document.score
        guard let changed = try changed(document.fields, &scope) else { return isOpen }
        return try pass(PipelineDocument(fields: changed, score: score))
    }

    private func changed(_ document: consuming JSONObject, _ scope: inout EvaluationScope) throws(QueryError) -> JSONObject? {
        switch change {
        case .project(let projection): return try assign(projection.computed, to: projection.tree.apply(document), &scope)
        case .addFields(let assignments): return try assign(assignments, to: document, &scope)
        case .unset(let tree): return tree.apply(document)
        case .replaceRoot(let expression):
            let value = try expression.evaluate(&scope)
            guard case .object(let members)? = value else { throw OperatorError.wrongType("$replaceRoot", "an object", "对象", value) }
            return members
        case .redact(let expression):
            scope.root = document
            return try redact(document, expression, &scope)
        }
    }

    /// Computes fields from the current document and writes them into another.
    private func assign(
        _ assignments: [FieldAssignment], to target: consuming JSONObject, _ scope: inout EvaluationScope
    ) throws(QueryError) -> JSONObject {
        var values: [JSON?] = []
        values.reserveCapacity(assignments.count)
        var size = 0
        for assignment in assignments {
            let value = try assignment.value.evaluate(&scope)
            // Values that share their parts look small and are not: what a stage puts together is measured.
            switch value {
            case .array?, .object?: size += try context.evaluation.chargeContainer(value ?? .null)
            default: break
            }
            if size > EvaluationContext.maximumValueSize { throw EvaluationContext.tooMuch }
            values.append(value)
        }
        // Now nobody else looks at the document, and it can be changed where it is.
        scope.document = JSONObject()
        for (assignment, value) in zip(assignments, values) {
            let parts = assignment.path.parts
            if parts.count == 1 {
                target[parts[0].name] = value
            } else {
                target.assign(value, at: parts[...])
            }
        }
        return target
    }

    /// Asks about a level and, when told so, about the levels below.
    private func redact(_ level: JSONObject, _ expression: Expression, _ scope: inout EvaluationScope) throws(QueryError) -> JSONObject? {
        scope.document = level
        let verdict = try expression.evaluate(&scope)
        if verdict == RedactVerdict.keep.mark { return level }
        if verdict == RedactVerdict.prune.mark { return nil }
        guard verdict == RedactVerdict.descend.mark else {
            throw OperatorError.wrongType("$redact", "$$KEEP, $$PRUNE or $$DESCEND", " $$KEEP、$$PRUNE 或 $$DESCEND", verdict)
        }
        var result = JSONObject()
        for (key, value) in level {
            if let kept = try redact(value: value, expression, &scope) { result.append(key, kept) }
        }
        return result
    }

    private func redact(value: JSON, _ expression: Expression, _ scope: inout EvaluationScope) throws(QueryError) -> JSON? {
        switch value {
        case .object(let members): return try redact(members, expression, &scope).map { .object($0) }
        case .array(let elements):
            var kept: [JSON] = []
            for element in elements { if let element = try redact(value: element, expression, &scope) { kept.append(element) } }
            return .array(kept)
        default: return value
        }
    }
}

/// `$unwind`.
final class UnwindSink: StageSink {
    private let unwinding: Unwinding
    private let names: [String]

    init(_ unwinding: Unwinding, _ surroundings: Surroundings) {
        self.unwinding = unwinding
        names = unwinding.path.parts.map(\.name)
        super.init(surroundings)
    }

    override func take(_ document: consuming PipelineDocument) throws -> Bool {
        switch Self.follow(names[...], in: document.fields) {
        case .array(let elements)?:
            for (index, element) in elements.enumerated() {
                if try !pass(unwound(document, element, index)) { return false }
            }
            return elements.isEmpty && unwinding.keepsEmpty ? try pass(unwound(document, nil, nil)) : isOpen
        case nil, .null?: return unwinding.keepsEmpty ? try pass(indexed(document, nil)) : isOpen
        default: return try pass(indexed(document, nil))
        }
    }

    private func unwound(_ document: PipelineDocument, _ element: JSON?, _ index: Int?) -> PipelineDocument {
        var result = document
        result.fields.assign(element, at: unwinding.path.parts[...])
        return indexed(result, index)
    }

    private func indexed(_ document: PipelineDocument, _ index: Int?) -> PipelineDocument {
        guard let field = unwinding.indexField else { return document }
        var result = document
        result.fields.assign(index.map { .int(Int64($0)) } ?? .null, at: field.parts[...])
        return result
    }

    /// Follows names through objects only.
    private static func follow(_ path: ArraySlice<String>, in object: JSONObject) -> JSON? {
        guard let name = path.first, let value = object[name] else { return nil }
        if path.count == 1 { return value }
        guard case .object(let members) = value else { return nil }
        return follow(path.dropFirst(), in: members)
    }
}
