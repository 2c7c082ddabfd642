import Kernel

/// Turns the JSON of an update into operations.
struct UpdateParser {
    private var operations: [UpdateOperation] = []
    /// Where `$rename` puts values: these paths count for conflicts too.
    private var renameTargets: [FieldPath] = []

    mutating func add(_ name: String, _ operand: JSON) throws(QueryError) {
        guard name.startsWithDollar else {
            throw QueryError(
                .invalidUpdate, "An update consists of operators; write {\"$set\":{\"\(name)\":…}}, or use set to replace the document.",
                zh: "更新由操作符组成；请写 {\"$set\":{\"\(name)\":…}}，或用 set 替换整个文档。")
        }
        guard Self.names.contains(name) else { throw Self.refusal(of: name) }
        guard case .object(let fields) = operand else {
            throw QueryError(.invalidUpdate, "\(name) needs an object of fields.", zh: "\(name) 需要由字段组成的对象。")
        }
        for (field, value) in fields {
            let path = try FieldPath(updating: field)
            var operation = UpdateOperation(path: path, change: try change(name, value, path))
            operation.isForInsertOnly = name == "$setOnInsert"
            operations.append(operation)
            if operations.count > Update.maximumOperations {
                throw QueryError(
                    .limit, "An update can change at most \(Update.maximumOperations) fields.",
                    zh: "一次更新最多修改 \(Update.maximumOperations) 个字段。")
            }
        }
    }

    private static let names: Set<String> = [
        "$set", "$unset", "$inc", "$mul", "$min", "$max", "$rename", "$bit", "$push", "$pop", "$pull", "$pullAll", "$addToSet",
        "$setOnInsert", "$currentDate",
    ]

    private static func refusal(of name: String) -> QueryError {
        QueryError(
            .unsupported, "There is no update operator \(name); there are \(names.sorted().joined(separator: " ")).",
            zh: "没有更新操作符 \(name)；可用：\(names.sorted().joined(separator: " "))。")
    }

    /// The operations by path, after looking for two that concern the same field or one inside the other.
    func finish() throws(QueryError) -> [UpdateOperation] {
        try UpdateOrder.refuseConflicts(operations.map(\.path) + renameTargets)
        return operations.sorted { UpdateOrder.precedes($0.orderingPath, $1.orderingPath) }
    }

    private mutating func change(_ name: String, _ operand: JSON, _ path: FieldPath) throws(QueryError) -> FieldChange {
        switch name {
        case "$set", "$setOnInsert": return .set(try Self.checked(operand, path), usesServerDate: ServerDate.isUsed(in: operand))
        case "$unset": return .unset
        case "$inc": return .increment(try Self.number(name, operand))
        case "$mul": return .multiply(try Self.number(name, operand))
        case "$min": return .minimum(try Self.checked(operand, path), usesServerDate: ServerDate.isUsed(in: operand))
        case "$max": return .maximum(try Self.checked(operand, path), usesServerDate: ServerDate.isUsed(in: operand))
        case "$bit": return try Self.bits(operand)
        case "$currentDate": return try Self.currentDate(operand)
        case "$rename": return .rename(try renameTarget(operand, path))
        case "$push": return .push(try PushOptions(operand, path))
        case "$addToSet": return try Self.addToSet(operand, path)
        case "$pop": return .pop(first: try Self.popsFirst(operand))
        case "$pull": return try Self.pull(operand)
        case "$pullAll": return .pullAll(Set(try Self.array(name, operand)))
        default: throw Self.refusal(of: name)
        }
    }

    /// A value that may be stored at a path.
    fileprivate static func checked(_ value: JSON, _ path: FieldPath) throws(QueryError) -> JSON {
        try ValueValidation(code: .invalidUpdate, allowsServerDates: true).check(value, depth: path.parts.count)
        return value
    }

    fileprivate static func array(_ name: String, _ operand: JSON) throws(QueryError) -> [JSON] {
        guard case .array(let elements) = operand else {
            throw QueryError(.invalidUpdate, "\(name) needs an array.", zh: "\(name) 需要数组。")
        }
        return elements
    }

    private static func number(_ name: String, _ operand: JSON) throws(QueryError) -> JSON {
        switch operand {
        case .int: return operand
        case .double(let number) where number.isFinite: return Int64(exactly: number).map { .int($0) } ?? operand
        default:
            throw QueryError(.invalidUpdate, "\(name) needs a number, not \(operand.excerpt).", zh: "\(name) 需要数字，而不是 \(operand.excerpt)。")
        }
    }

    private static func bits(_ operand: JSON) throws(QueryError) -> FieldChange {
        guard case .object(let members) = operand, members.count == 1, let only = members.first,
            let operation = FieldChange.BitOperation(rawValue: only.key), let mask = only.value.intValue
        else {
            throw QueryError(
                .invalidUpdate, "$bit needs {\"and\"|\"or\"|\"xor\": whole number}.", zh: "$bit 需要 {\"and\"|\"or\"|\"xor\": 整数}。")
        }
        return .bits(operation, mask)
    }

    private static func currentDate(_ operand: JSON) throws(QueryError) -> FieldChange {
        switch operand {
        case .bool(true): return .currentDate
        case .object(let members) where members.count == 1 && (members["$type"] == "date" || members["$type"] == "timestamp"):
            return .currentDate
        default:
            throw QueryError(
                .invalidUpdate, "$currentDate needs true or {\"$type\":\"date\"}.", zh: "$currentDate 需要 true 或 {\"$type\":\"date\"}。")
        }
    }

    private mutating func renameTarget(_ operand: JSON, _ path: FieldPath) throws(QueryError) -> FieldPath {
        guard case .string(let name) = operand else {
            throw QueryError(.invalidUpdate, "$rename needs the new name as a string.", zh: "$rename 需要字符串形式的新名称。")
        }
        let target = try FieldPath(updating: name)
        guard !path.isPositional, !target.isPositional else {
            throw QueryError(.invalidUpdate, "$rename moves fields by their names; it takes no $, $[] or $[name].", zh: "$rename 按字段名移动，不能使用 $、$[]、$[名称]。")
        }
        renameTargets.append(target)
        return target
    }

    private static func addToSet(_ operand: JSON, _ path: FieldPath) throws(QueryError) -> FieldChange {
        var additions = [operand]
        if case .object(let members) = operand, members.first?.key == "$each" {
            guard members.count == 1 else {
                throw QueryError(.invalidUpdate, "$addToSet takes no modifier but $each.", zh: "$addToSet 只支持 $each。")
            }
            additions = try array("$each", members[0].value)
        }
        _ = try checked(.array(additions), path)
        return .addToSet(additions, usesServerDate: additions.contains { ServerDate.isUsed(in: $0) })
    }

    private static func popsFirst(_ operand: JSON) throws(QueryError) -> Bool {
        switch operand.intValue {
        case 1: return false
        case -1: return true
        default: throw QueryError(.invalidUpdate, "$pop needs 1 (last) or -1 (first).", zh: "$pop 需要 1（末尾）或 -1（开头）。")
        }
    }

    /// Operators test each element; an object without operators is a query on the elements that are objects.
    private static func pull(_ operand: JSON) throws(QueryError) -> FieldChange {
        if case .regularExpression(let expression) = operand { return .pull(.value(.pattern(try TextPattern(expression)))) }
        guard case .object(let members) = operand else { return .pull(.value(.equal(operand))) }
        var parser = FilterParser()
        guard try FilterParser.isOperatorObject(operand), !["$and", "$or", "$nor", "$expr"].contains(members[0].key) else {
            return .pullObjects(try parser.parse(operand))
        }
        return .pull(.every(try parser.parseOperators(members)))
    }
}

extension PushOptions {
    /// A value, or `{"$each":[…],"$position":n,"$sort":…,"$slice":n}`.
    fileprivate init(_ operand: JSON, _ path: FieldPath) throws(QueryError) {
        self.init(additions: [operand], usesServerDate: ServerDate.isUsed(in: operand))
        if case .object(let members) = operand, members.contains(where: { $0.key == "$each" }) {
            additions = []
            for (name, value) in members { try readModifier(name, value) }
            usesServerDate = additions.contains { ServerDate.isUsed(in: $0) }
        }
        _ = try UpdateParser.checked(.array(additions), path)
    }

    private mutating func readModifier(_ name: String, _ value: JSON) throws(QueryError) {
        switch name {
        case "$each": additions = try UpdateParser.array(name, value)
        case "$position": position = try Self.whole(name, value)
        case "$slice": slice = try Self.whole(name, value)
        case "$sort":
            switch value.intValue {
            case 1: order = .byValue(descending: false)
            case -1: order = .byValue(descending: true)
            default: order = .byFields(try SortOrder(value))
            }
        default:
            throw QueryError(
                .invalidUpdate, "$push has no modifier \(name); there are $each, $position, $sort and $slice.",
                zh: "$push 没有修饰符 \(name)；可用 $each、$position、$sort、$slice。")
        }
    }

    private static func whole(_ name: String, _ value: JSON) throws(QueryError) -> Int {
        guard let number = value.intValue, number.magnitude < 1 << 31 else {
            throw QueryError(.invalidUpdate, "\(name) needs a whole number.", zh: "\(name) 需要整数。")
        }
        return Int(number)
    }
}
