import Kernel

extension Unwinding {
    init(_ operand: JSON) throws(QueryError) {
        if case .string(let text) = operand {
            self.init(path: try Self.path(text), keepsEmpty: false, indexField: nil)
            return
        }
        let members = try ExpressionParser.members(
            "$unwind", operand, required: ["path"], optional: ["preserveNullAndEmptyArrays", "includeArrayIndex"])
        guard case .string(let text)? = members["path"] else { throw OperatorError.wrongType("$unwind", "a path", "路径", members["path"]) }
        var indexField: FieldPath?
        if let field = members["includeArrayIndex"] {
            guard case .string(let name) = field else {
                throw OperatorError.wrongType("includeArrayIndex", "the name of a field", "字段名", field)
            }
            indexField = try FieldPath(name)
        }
        self.init(path: try Self.path(text), keepsEmpty: Expression.isTrue(members["preserveNullAndEmptyArrays"]), indexField: indexField)
    }

    private static func path(_ text: String) throws(QueryError) -> FieldPath {
        guard text.startsWithDollar else {
            throw QueryError(.invalidQuery, "The path of $unwind starts with $, as in \"$items\".", zh: "$unwind 的路径以 $ 开头，例如 \"$items\"。")
        }
        return try FieldPath(String(Substring(text.utf8.dropFirst())))
    }
}

extension FieldAssignment {
    /// The computed fields of `$addFields`; an object without operators continues the path.
    static func all(in operand: JSON, of name: String, names: [String] = []) throws(QueryError) -> [FieldAssignment] {
        guard case .object(let members) = operand, !members.isEmpty else {
            throw QueryError(.invalidQuery, "\(name) needs an object of fields.", zh: "\(name) 需要由字段组成的对象。")
        }
        var assignments: [FieldAssignment] = []
        for (key, value) in members { try collect(key, value, prefix: "", names, into: &assignments) }
        return assignments
    }

    private static func collect(
        _ key: String, _ value: JSON, prefix: String, _ names: [String], into assignments: inout [FieldAssignment]
    ) throws(QueryError) {
        if case .object(let members) = value, !members.isEmpty, !members.contains(where: { $0.key.startsWithDollar }) {
            for (name, inner) in members { try collect(name, inner, prefix: prefix + key + ".", names, into: &assignments) }
        } else {
            assignments.append(FieldAssignment(path: try FieldPath(prefix + key), value: try Expression(inPipeline: value, names: names)))
        }
    }
}

extension StageProjection {
    init(_ operand: JSON, names: [String]) throws(QueryError) {
        guard case .object(let members) = operand, !members.isEmpty else {
            throw QueryError(.invalidQuery, "$project needs an object of fields.", zh: "$project 需要由字段组成的对象。")
        }
        var builder = ProjectionBuilder()
        var computed: [FieldAssignment] = []
        for (key, value) in members { try Self.collect(key, value, prefix: "", names, &builder, &computed) }
        if !computed.isEmpty { builder.requireInclusion() }
        var tree = try builder.finish()
        for assignment in computed where assignment.path.parts.count > 1 { tree.keepShell(at: assignment.path.parts[...]) }
        self.tree = tree
        self.computed = computed
    }

    private static func collect(
        _ key: String, _ value: JSON, prefix: String, _ names: [String], _ builder: inout ProjectionBuilder, _ computed: inout [FieldAssignment]
    ) throws(QueryError) {
        switch value {
        case .bool, .int, .double: try builder.add(key, value, prefix: prefix)
        case .object(let members) where !members.isEmpty && !members.contains(where: { $0.key.startsWithDollar }):
            for (name, inner) in members { try collect(name, inner, prefix: prefix + key + ".", names, &builder, &computed) }
        default: try computed.append(FieldAssignment(path: FieldPath(prefix + key), value: Expression(inPipeline: value, names: names)))
        }
    }
}

extension ProjectionTree {
    /// Keeps the objects and arrays that a computed field is written into, without what they hold.
    mutating func keepShell(at parts: ArraySlice<FieldPath.Part>) {
        guard parts.count > 1, let first = parts.first else { return }
        let name = FieldName(first.name)
        var child: ProjectionTree
        switch actions[name] {
        case nil: child = ProjectionTree(includes: true)
        case .nested(let tree)?: child = tree
        default: return
        }
        child.keepShell(at: parts.dropFirst())
        actions[name] = .nested(child)
    }
}
