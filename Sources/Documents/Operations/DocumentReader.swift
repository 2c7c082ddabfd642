internal import Kernel
internal import NIOCore
internal import Storage

/// Reads the documents of one collection over one connection: candidates by index in SQL, the rest by the evaluator.
struct DocumentReader {
    let connection: Connection
    let collection: Collection
    let limits: Limits
    /// Notes how documents are found, where somebody asks.
    var observation: QueryObservation?
    /// What is found otherwise than it is stored: inside a transaction.
    var overlay: ReadOverlay?

    /// A document that fits, while its row is current.
    struct Match {
        enum Source {
            /// A row, and of its document what the evaluator had to read, if that is all that is wanted.
            case row(Row, parsed: JSONObject?)
            /// A transaction has written it, and nobody has stored it yet.
            case written(JSONObject)
        }

        let source: Source

        /// The document.
        func document() throws -> JSONObject {
            switch source {
            case .row(let row, let parsed): try parsed ?? row.document(2)
            case .written(let document): document
            }
        }
    }

    /// One document by id.
    func one<T>(_ id: String, _ body: (Row) throws -> T) throws -> T? {
        try connection.first(collection.sql.selectByID, .text(id), transform: body)
    }

    /// Appends the selected documents, comma-separated, to `out`.
    /// - Returns: whether more would fit than were selected.
    func select(_ selection: DocumentOperation.Selection, into out: inout ByteBuffer) throws -> Bool {
        var writer = DocumentWriter(projection: selection.projection, bytesMax: limits.answerBytesMax)
        writer.filter = selection.filter
        guard selection.limit > 0 else { return false }
        let plan = plan(filter: selection.filter, sort: selection.sort, indexes: collection.readable)
        if let ranked = try ranked(selection, plan) {
            for document in ranked.prefix(selection.limit) { try writer.append(document, to: &out) }
            return ranked.count > selection.limit
        }
        var skip = selection.skip
        var left = selection.limit
        var hasMore = false
        try each(selection.filter, plan, atMost: skip + left + 1) { match in
            if skip > 0 {
                skip -= 1
                return true
            }
            guard left > 0 else {
                hasMore = true
                return false
            }
            try writer.append(match, to: &out)
            left -= 1
            return true
        }
        return hasMore
    }

    /// Whether documents come in the order that was asked for: what a transaction has written stands in no index yet.
    func givesOrder(_ plan: Plan) -> Bool { plan.isOrdered && overlay?.written.documents.isEmpty ?? true }

    /// The selection in its order where no index gives that, and one more document where there is one; `nil` where the plan gives it.
    private func ranked(_ selection: DocumentOperation.Selection, _ plan: Plan) throws -> [JSONObject]? {
        if let sort = selection.sort, !givesOrder(plan) { return try sorted(selection, sort, plan) }
        guard selection.sort == nil, let nearness = selection.filter.nearness else { return nil }
        return try nearest(selection, nearness, plan)
    }

    /// The nearest documents, looked for in a circle that grows until it holds enough.
    private func nearest(_ selection: DocumentOperation.Selection, _ nearness: Nearness, _ plan: Plan) throws -> [JSONObject] {
        let wanted = selection.skip + selection.limit + 1
        var radius = nearness.metric == .meters ? Self.firstCircleMetres : Self.firstCircleMetres / Self.metresOfARadian
        while true {
            let isWhole = radius >= nearness.farthest
            var plan = plan
            if !isWhole, case .near(let index, _) = plan { plan = .geo(index, ranges: nearness.ranges(within: radius)) }
            var found: [JSONObject] = []
            try each(selection.filter, plan) { match in
                found.append(try match.document())
                return true
            }
            let near = nearness.sorted(found)
            // Beyond the circle there may be nearer ones than the last that were found outside of it.
            let inside = isWhole ? near.count : near.prefix { (nearness.distance(of: $0) ?? .infinity) <= radius }.count
            if isWhole || inside >= wanted { return Array(near.prefix(inside).dropFirst(selection.skip).prefix(selection.limit + 1)) }
            guard case .near = plan else {
                if case .geo = plan { radius *= Self.circleGrowth; continue }
                return Array(near.dropFirst(selection.skip).prefix(selection.limit + 1))
            }
        }
    }

    private static let firstCircleMetres = 1000.0
    private static let circleGrowth = 8.0
    private static let metresOfARadian = 6_378_100.0

    /// How many documents fit.
    func count(_ filter: Filter) throws -> Int64 {
        var total: Int64 = 0
        try each(filter, plan(filter: filter, sort: nil, indexes: collection.readable)) { _ in
            total += 1
            return true
        }
        return total
    }

    /// Visits the documents that fit, parsed, in the order of the plan, until `body` answers false.
    /// - Parameter fields: the top-level fields that matter, to which a document may be reduced; `nil`: all of them.
    func visit(_ filter: Filter, _ plan: Plan, fields: Set<String>? = nil, _ body: (JSONObject) throws -> Bool) throws {
        try each(filter, plan, fields: fields) { try body($0.document()) }
    }

    /// The documents that fit, in order, at most `limit`.
    func found(_ filter: Filter, sort: SortOrder?, limit: Int) throws -> [JSONObject] {
        let plan = plan(filter: filter, sort: sort, indexes: collection.readable)
        if let ranked = try ranked(DocumentOperation.Selection(filter: filter, sort: sort, limit: limit), plan) { return Array(ranked.prefix(limit)) }
        var result: [JSONObject] = []
        guard limit > 0 else { return result }
        try each(filter, plan, atMost: limit) { match in
            result.append(try match.document())
            return result.count < limit
        }
        return result
    }

    /// The rows that fit, by `seq`, with their documents: what an update or removal works on.
    func rows(_ filter: Filter, max: Int?) throws -> [(seq: Int64, document: JSONObject)] {
        var result: [(seq: Int64, document: JSONObject)] = []
        try each(filter, plan(filter: filter, sort: nil, indexes: collection.readable), atMost: max) { match in
            guard case .row(let row, _) = match.source else { preconditionFailure("rows are for plain writes, which have nothing written before them") }
            result.append((row.int(0), try match.document()))
            return max.map { result.count < $0 } ?? true
        }
        return result
    }

    /// The selection's documents in its order, where no index gives it: keeps only the best `skip + limit`.
    private func sorted(_ selection: DocumentOperation.Selection, _ sort: SortOrder, _ plan: Plan) throws -> [JSONObject] {
        var top = SortBuffer<JSONObject>(order: sort, limit: selection.skip + selection.limit + 1)
        try each(selection.filter, plan) { match in
            let document = try match.document()
            let score = sort.scorePlace == nil ? nil : selection.filter.textScore(of: document)
            top.insert(document, key: sort.key(of: document, score: score))
            return true
        }
        return Array(top.drain().dropFirst(selection.skip))
    }
}

/// Writes documents into an answer: stored bytes as they are, unless a projection asks for less.
struct DocumentWriter {
    let projection: Projection?
    /// What documents fit, which the projection may ask about.
    var filter: Filter?
    let bytesMax: Int
    private var isFirst = true

    init(projection: Projection?, bytesMax: Int) {
        self.projection = projection
        self.bytesMax = bytesMax
    }

    mutating func append(_ match: DocumentReader.Match, to out: inout ByteBuffer) throws {
        guard projection == nil, case .row(let row, _) = match.source else { return try append(match.document(), to: &out) }
        try separate(&out)
        row.withBytes(2) { _ = out.writeBytes($0) }
    }

    mutating func append(_ document: JSONObject, to out: inout ByteBuffer) throws {
        try separate(&out)
        var bytes: [UInt8] = []
        JSON.object(try projected(document)).write(to: &bytes)
        out.writeBytes(bytes)
    }

    private func projected(_ document: JSONObject) throws(QueryError) -> JSONObject {
        try projection?.apply(document, matching: filter) ?? document
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
