internal import Kernel
internal import NIOCore
internal import Storage

/// Reads the documents of one collection over one connection: candidates by index in SQL, the rest by the evaluator.
struct DocumentReader {
    let connection: Connection
    let collection: Collection
    let limits: Limits

    /// A document that fits, while its row is current.
    struct Match {
        let seq: Int64
        let row: Row
        /// Already parsed, if the evaluator had to.
        let parsed: JSONObject?

        /// The document.
        func document() throws -> JSONObject { try parsed ?? row.document(2) }
    }

    /// One document by id.
    func one<T>(_ id: String, _ body: (Row) throws -> T) throws -> T? {
        try connection.first(collection.sql.selectByID, .text(id), transform: body)
    }

    /// Appends the selected documents, comma-separated, to `out`.
    func select(_ selection: DocumentOperation.Selection, into out: inout ByteBuffer) throws {
        var writer = DocumentWriter(projection: selection.projection, bytesMax: limits.answerBytesMax)
        guard selection.limit > 0 else { return }
        let plan = plan(filter: selection.filter, sort: selection.sort, indexes: collection.readable)
        if let sort = selection.sort, !plan.isOrdered {
            for document in try sorted(selection, sort, plan) { try writer.append(document, to: &out) }
            return
        }
        var skip = selection.skip
        var left = selection.limit
        try each(selection.filter, plan) { match in
            if skip > 0 {
                skip -= 1
                return true
            }
            try writer.append(match, to: &out)
            left -= 1
            return left > 0
        }
    }

    /// How many documents fit.
    func count(_ filter: Filter) throws -> Int64 {
        var total: Int64 = 0
        try each(filter, plan(filter: filter, sort: nil, indexes: collection.readable)) { _ in
            total += 1
            return true
        }
        return total
    }

    /// The documents that fit, parsed, at most `max`.
    func documents(_ filter: Filter, max: Int) throws -> [JSONObject] {
        var result: [JSONObject] = []
        try each(filter, plan(filter: filter, sort: nil, indexes: collection.readable)) { match in
            guard result.count < max else { throw SampanError.queryTooSlow }
            result.append(try match.document())
            return true
        }
        return result
    }

    /// The rows that fit, by `seq`, with their documents: what an update or removal works on.
    func rows(_ filter: Filter, max: Int?) throws -> [(seq: Int64, document: JSONObject)] {
        var result: [(seq: Int64, document: JSONObject)] = []
        try each(filter, plan(filter: filter, sort: nil, indexes: collection.readable)) { match in
            result.append((match.seq, try match.document()))
            return max.map { result.count < $0 } ?? true
        }
        return result
    }

    // MARK: Candidates

    private func each(_ filter: Filter, _ plan: Plan, _ body: (Match) throws -> Bool) throws {
        switch plan {
        case .ids(let ids): try eachByID(ids, filter, body)
        case .index(let definition, let ranges, let exact, _, let reversed):
            guard let index = collection.indexes.first(where: { $0.definition.name == definition.name }) else { return }
            try eachInRanges(index, ranges, reversed: reversed, exact ? nil : filter, body)
        case .scan, .text, .geo, .near, .union: try scan(filter, body)
        }
    }

    private func eachByID(_ ids: [String], _ filter: Filter, _ body: (Match) throws -> Bool) throws {
        for id in ids {
            let goesOn = try one(id) { row in
                let document = try row.document(2)
                return filter.matches(document) ? try body(Match(seq: row.int(0), row: row, parsed: document)) : true
            }
            if goesOn == false { return }
        }
    }

    private func eachInRanges(
        _ index: StoredIndex, _ ranges: [KeyRange], reversed: Bool, _ filter: Filter?, _ body: (Match) throws -> Bool
    ) throws {
        var budget = ScanBudget(limits)
        // An array gives a document several keys; it must be met once.
        var seen: Set<Int64>? = index.definition.isMultikey ? [] : nil
        for range in reversed ? ranges.reversed() : ranges {
            var stopped = false
            let bounds: [SQLValue] = [.blob(range.lower)] + (range.upper.map { [.blob($0)] } ?? [])
            try connection.rows(index.sql.range(open: range.upper == nil, reversed: reversed), bounds) { row in
                try budget.spend()
                if seen?.insert(row.int(0)).inserted == false { return true }
                stopped = try !offer(row, filter, body)
                return !stopped
            }
            if stopped { return }
        }
    }

    private func scan(_ filter: Filter, _ body: (Match) throws -> Bool) throws {
        var budget = ScanBudget(limits)
        try connection.rows(collection.sql.scan) { row in
            try budget.spend()
            return try offer(row, filter.isAll ? nil : filter, body)
        }
    }

    private func offer(_ row: Row, _ filter: Filter?, _ body: (Match) throws -> Bool) throws -> Bool {
        guard let filter else { return try body(Match(seq: row.int(0), row: row, parsed: nil)) }
        let document = try row.document(2)
        return filter.matches(document) ? try body(Match(seq: row.int(0), row: row, parsed: document)) : true
    }

    /// The selection's documents in its order, where no index gives it: keeps only the best `skip + limit`.
    private func sorted(_ selection: DocumentOperation.Selection, _ sort: SortOrder, _ plan: Plan) throws -> [JSONObject] {
        var top = TopSelection<JSONObject>(order: sort, limit: selection.skip + selection.limit)
        try each(selection.filter, plan) { match in
            let document = try match.document()
            top.insert(document, document)
            return true
        }
        return Array(top.inOrder().dropFirst(selection.skip))
    }
}

/// Bounds one scan in documents and time.
private struct ScanBudget {
    private var left: Int
    private let deadline: Int64

    init(_ limits: Limits) {
        left = limits.scanDocumentsMax
        deadline = monotonicMicroseconds() + Int64(limits.scanMillisecondsMax) * 1000
    }

    mutating func spend() throws {
        left -= 1
        if left < 0 || (left & 1023 == 0 && monotonicMicroseconds() > deadline) { throw SampanError.queryTooSlow }
    }
}

/// Writes documents into an answer: stored bytes as they are, unless a projection asks for less.
struct DocumentWriter {
    let projection: Projection?
    let bytesMax: Int
    private var isFirst = true

    init(projection: Projection?, bytesMax: Int) {
        self.projection = projection
        self.bytesMax = bytesMax
    }

    mutating func append(_ match: DocumentReader.Match, to out: inout ByteBuffer) throws {
        guard projection == nil else { return try append(match.document(), to: &out) }
        try separate(&out)
        match.row.withBytes(2) { _ = out.writeBytes($0) }
    }

    mutating func append(_ document: JSONObject, to out: inout ByteBuffer) throws {
        try separate(&out)
        var bytes: [UInt8] = []
        JSON.object(projection?.apply(document) ?? document).write(to: &bytes)
        out.writeBytes(bytes)
    }

    private mutating func separate(_ out: inout ByteBuffer) throws {
        if !isFirst { out.writeInteger(UInt8(ascii: ",")) }
        isFirst = false
        guard out.readableBytes < bytesMax else {
            throw SampanError.limitExceeded(Localized("The answer is larger than \(bytesMax) bytes.", zh: "结果超过 \(bytesMax) 字节。"))
        }
    }
}

extension Row {
    /// The column as a document.
    func document(_ column: Int) throws -> JSONObject {
        let json = try withBytes(column) { try JSON(parsing: $0) }
        guard case .object(let object) = json else { throw StorageError.damaged("a stored document is not an object") }
        return object
    }
}

extension Plan {
    /// Whether candidates come in the order that was asked for.
    var isOrdered: Bool {
        if case .index(_, _, _, let ordered, _) = self { ordered } else { false }
    }
}
