import Kernel

/// Which top-level fields of a document something reads.
struct FieldNeeds {
    private(set) var names: Set<String> = []
    private(set) var isAll = false
    /// Whether chance decides too, so that it matters how often and for which documents it is asked.
    private(set) var isRandom = false

    init() {}

    init(_ condition: Condition) { add(condition) }

    func contains(_ name: String) -> Bool { isAll || names.contains(name) }

    mutating func addAll() { isAll = true }

    mutating func add(_ path: FieldPath) { names.insert(path.root) }

    mutating func add(_ order: SortOrder?) { for key in order?.keys ?? [] { add(key.path) } }

    /// Conditions that are not known here may read anything.
    mutating func add(_ condition: Condition) {
        if case .every(let parts) = condition {
            for part in parts { add(part) }
        } else if case .some(let parts) = condition {
            for part in parts { add(part) }
        } else if case .none(let parts) = condition {
            for part in parts { add(part) }
        } else if case .field(let path, _) = condition {
            add(path)
        } else if case .strict(let path, _) = condition {
            add(path)
        } else if case .expression(let expression) = condition {
            add(expression)
        } else {
            addAll()
        }
    }

    mutating func add(_ expression: Expression?) {
        guard let expression else { return }
        switch expression {
        case .field(let name, _): names.insert(name)
        case .variable(.current, _): addAll()
        case .variable(.root, let path): if let name = path.first { names.insert(name) } else { addAll() }
        case .random: isRandom = true
        case .literal, .variable: break
        case .object(let members): for member in members { add(member.value) }
        case .array(let parts), .call(_, _, let parts), .every(let parts), .some(let parts), .firstPresent(let parts):
            for part in parts { add(part) }
        case .namedCall(_, _, let arguments): for argument in arguments { add(argument.value) }
        case .choice, .branches, .conversion, .binding, .map, .filter, .reduce: addParts(of: expression)
        }
    }

    private mutating func addParts(of expression: Expression) {
        switch expression {
        case .choice(let condition, let then, let otherwise): for part in [condition, then, otherwise] { add(part) }
        case .branches(let branches, let otherwise):
            for branch in branches {
                add(branch.condition)
                add(branch.then)
            }
            add(otherwise)
        case .conversion(let input, let target, let onError, let onNull): for part in [input, target, onError, onNull] { add(part) }
        case .binding(let values, let body): for part in values + [body] { add(part) }
        case .map(let walk): for part in [walk.input, walk.body] { add(part) }
        case .filter(let walk, let limit): for part in [walk.input, walk.body, limit] { add(part) }
        case .reduce(let input, let initial, let step): for part in [input, initial, step] { add(part) }
        default: break
        }
    }
}

extension Pipeline {
    /// The top-level fields of the documents that the pipeline reads; nil when it may read or pass on all of them.
    public var requiredFields: Set<String>? {
        var needs = FieldNeeds()
        for placed in stages {
            if placed.stage.addNeeds(to: &needs) { return needs.isAll ? nil : needs.names }
            if needs.isAll { return nil }
        }
        return nil
    }
}

extension Filter {
    /// The top-level fields of the documents that the filter reads; nil when it may read all of them.
    public var requiredFields: Set<String>? { Set().addingFields(of: self) }
}

extension Set<String> {
    /// With the fields that a filter reads; nil when that may be all.
    func addingFields(of filter: Filter) -> Set<String>? {
        let needs = FieldNeeds(filter.condition)
        return needs.isAll ? nil : union(needs.names)
    }
}

extension Stage {
    /// Adds what the stage reads; answers whether nothing else of the documents reaches later stages.
    fileprivate func addNeeds(to needs: inout FieldNeeds) -> Bool {
        switch self {
        case .match(.fixed(let filter)): needs.add(filter.condition)
        case .group(let grouping):
            needs.add(grouping.key)
            addNeeds(of: grouping.fields, to: &needs)
            return true
        case .bucketAuto(let buckets):
            needs.add(buckets.key)
            addNeeds(of: buckets.fields, to: &needs)
            return true
        case .count, .documents: return true
        case .project(let projection):
            for assignment in projection.computed { needs.add(assignment.value) }
            guard projection.tree.includes else { return false }
            for name in projection.tree.actions.keys {
                if let path = try? FieldPath(name.text) { needs.add(path) } else { needs.addAll() }
            }
            return true
        case .replaceRoot(let expression):
            needs.add(expression)
            return true
        case .addFields(let assignments):
            for assignment in assignments {
                needs.add(assignment.value)
                // What a path goes through decides what is made there.
                if assignment.path.parts.count > 1 { needs.add(assignment.path) }
            }
        case .sort(let sort): needs.add(sort.order)
        case .unwind(let unwinding):
            needs.add(unwinding.path)
            if let field = unwinding.indexField, field.parts.count > 1 { needs.add(field) }
        case .lookup(let lookup):
            if let equality = lookup.equality { needs.add(equality.localField) }
            for variable in lookup.variables { needs.add(variable) }
            if lookup.into.parts.count > 1 { needs.add(lookup.into) }
        case .limit, .skip, .sample, .unset: break
        default: needs.addAll()
        }
        return false
    }

    private func addNeeds(of fields: [(name: String, accumulator: AccumulatorDefinition)], to needs: inout FieldNeeds) {
        for field in fields {
            needs.add(field.accumulator.value)
            needs.add(field.accumulator.order)
        }
    }
}
