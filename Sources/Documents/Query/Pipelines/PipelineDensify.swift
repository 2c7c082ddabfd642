import Kernel

/// `$densify`: documents for the values that are missing between those of a field.
struct Densify: Sendable {
    enum Bounds: Sendable {
        /// From the least to the greatest value of all documents, in each partition.
        case full
        /// From the least to the greatest value of the partition.
        case partition
        /// From the first value up to the second one, without that.
        case between(JSON, JSON)
    }

    let field: FieldPath
    let partition: [FieldPath]
    let step: JSON
    /// For dates.
    let unit: DateUnit?
    let bounds: Bounds

    /// The most documents that one stage makes, as in MongoDB.
    static let madeMax = 500_000

    init(_ operand: JSON) throws(QueryError) {
        let members = try ExpressionParser.members("$densify", operand, required: ["field", "range"], optional: ["partitionByFields"])
        let range = try ExpressionParser.members("range", members["range"] ?? .null, required: ["step", "bounds"], optional: ["unit"])
        let field = try StageParser.path("$densify", members["field"] ?? .null)
        var partition: [FieldPath] = []
        for name in members["partitionByFields"]?.arrayValue ?? [] { partition.append(try StageParser.path("$densify", name)) }
        guard !partition.contains(where: { $0.text == field.text }) else {
            throw QueryError(.invalidQuery, "$densify cannot also divide by the field \"\(field.text)\".", zh: "$densify 的字段“\(field.text)”不能同时用于分区。")
        }
        self.field = field
        self.partition = partition
        unit = try range["unit"].map { (name: JSON) throws(QueryError) in try DateUnit("$densify", name) }
        let step = range["step"] ?? .null
        guard let size = step.doubleValue, size > 0, size.isFinite, unit == nil || step.intValue != nil else {
            throw OperatorError.wrongType("step", "a number greater than 0, whole beside a unit", "大于 0 的数，有 unit 时为整数", step)
        }
        self.step = step
        bounds = try Self.bounds(range["bounds"] ?? .null, areDates: unit != nil, isPartitioned: !partition.isEmpty)
    }

    private static func bounds(_ json: JSON, areDates: Bool, isPartitioned: Bool) throws(QueryError) -> Bounds {
        switch json {
        case "full": return .full
        case "partition":
            guard isPartitioned else {
                throw QueryError(.invalidQuery, "The bounds \"partition\" need partitionByFields.", zh: "bounds 为 \"partition\" 时需要 partitionByFields。")
            }
            return .partition
        case .array(let pair)
        where pair.count == 2 && pair.allSatisfy { areDates ? $0.dateValue != nil : $0.doubleValue != nil }
            && ValueOrder.compare(pair[0], pair[1]) != .descending:
            return .between(pair[0], pair[1])
        default:
            throw OperatorError.wrongType(
                "bounds", "\"full\", \"partition\" or [from, to], two numbers, or two dates beside a unit",
                "\"full\"、\"partition\" 或 [起, 止]（两个数，有 unit 时为两个日期）", json)
        }
    }

    /// The value so many steps after another one.
    func value(_ count: Int64, after start: JSON) throws(QueryError) -> JSON {
        if let moment = start.dateValue, let unit {
            let (amount, overflow) = count.multipliedReportingOverflow(by: step.intValue ?? 1)
            return .date(try unit.adding(overflow ? .max : amount, to: moment, in: .utc, "$densify"))
        }
        if let start = start.intValue, let step = step.intValue {
            let (distance, overflow) = count.multipliedReportingOverflow(by: step)
            let (sum, beyond) = start.addingReportingOverflow(distance)
            if !overflow, !beyond { return .int(sum) }
        }
        return .double((start.doubleValue ?? 0) + Double(count) * (step.doubleValue ?? 1))
    }

    /// The value of a document that stands in the row; `nil` where it has none.
    func value(of document: JSONObject) throws(QueryError) -> JSON? {
        guard let value = field.onlyValue(in: document), !value.isNull else { return nil }
        guard unit == nil ? value.doubleValue != nil : value.dateValue != nil else {
            throw OperatorError.wrongType(
                "$densify", unit == nil ? "numbers in \"\(field.text)\", or a unit for dates" : "dates in \"\(field.text)\" beside a unit",
                unit == nil ? "字段“\(field.text)”为数（日期需要 unit）" : "有 unit 时字段“\(field.text)”为日期", value)
        }
        return value
    }
}

/// `$densify` at work: holds everything, because nobody knows the least value before the last document.
final class DensifySink: StageSink {
    private struct Entry {
        let value: JSON
        let document: PipelineDocument
    }

    private let densify: Densify
    /// By the values of the fields that divide, in the order of first appearance.
    private var partitions: [(key: [JSON?], entries: [Entry])] = []
    private var places: [[JSON?]: Int] = [:]
    private var made = 0

    init(_ densify: Densify, _ surroundings: Surroundings) {
        self.densify = densify
        super.init(surroundings)
    }

    override func take(_ document: consuming PipelineDocument) throws -> Bool {
        let document = document
        // One without the field stands in no row and is passed on as it is.
        guard let value = try densify.value(of: document.fields) else { return try pass(document) }
        let key = densify.partition.map { $0.onlyValue(in: document.fields) }
        try hold(1, bytes: 120 + document.fields.heapBytes)
        if let place = places[key] {
            partitions[place].entries.append(Entry(value: value, document: document))
        } else {
            places[key] = partitions.count
            partitions.append((key, [Entry(value: value, document: document)]))
        }
        return isOpen
    }

    override func finish() throws {
        let all = partitions.flatMap { $0.entries.map(\.value) }.sorted { ValueOrder.compare($0, $1) == .ascending }
        // Explicit bounds of no partition make documents even where there are none.
        if partitions.isEmpty, densify.partition.isEmpty, case .between = densify.bounds { partitions = [([], [])] }
        for (key, entries) in partitions {
            let sorted = entries.enumerated().sorted { left, right in
                let precedence = ValueOrder.compare(left.element.value, right.element.value)
                return precedence == .same ? left.offset < right.offset : precedence == .ascending
            }.map(\.element)
            try pass(sorted, key, from: all.first, to: all.last)
            if !isOpen { break }
        }
        partitions = []
        releaseAll()
        try super.finish()
    }

    /// Passes on the documents of one partition and those that are missing between them.
    private func pass(_ entries: [Entry], _ key: [JSON?], from least: JSON?, to greatest: JSON?) throws {
        let start: JSON?
        let end: JSON?
        var isEndIncluded = true
        switch densify.bounds {
        case .full: (start, end) = (least, greatest)
        case .partition: (start, end) = (entries.first?.value, entries.last?.value)
        case .between(let first, let last):
            (start, end) = (first, last)
            isEndIncluded = false
        }
        var rest = entries[...]
        var count: Int64 = 0
        while let start, let end {
            let value = try densify.value(count, after: start)
            count += 1
            let toEnd = ValueOrder.compare(value, end)
            guard toEnd == .ascending || (isEndIncluded && toEnd == .same) else { break }
            var isThere = false
            while let next = rest.first, case let order = ValueOrder.compare(next.value, value), order != .descending {
                isThere = isThere || order == .same
                rest.removeFirst()
                guard try pass(next.document) else { return }
            }
            if !isThere, try !pass(made(value, key)) { return }
        }
        for entry in rest where try !pass(entry.document) { return }
    }

    private func made(_ value: JSON, _ key: [JSON?]) throws -> PipelineDocument {
        made += 1
        guard made <= Densify.madeMax else {
            throw QueryError(
                .limit, "$densify makes at most \(Densify.madeMax) documents: use a larger step or narrower bounds.",
                zh: "$densify 最多生成 \(Densify.madeMax) 个文档：请增大 step 或缩小 bounds。")
        }
        try context.evaluation.step()
        var document = JSONObject()
        for (path, value) in zip(densify.partition, key) where value != nil { document.assign(value, at: path.parts[...]) }
        document.assign(value, at: densify.field.parts[...])
        return PipelineDocument(fields: document)
    }
}
