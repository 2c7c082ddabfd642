internal import Kernel
internal import Storage

/// Candidates: what an index or a scan finds, of which the evaluator keeps what fits.
extension DocumentReader {
    /// Meets each document that fits once, in the order of the plan, until `body` answers false.
    /// - Parameter atMost: how many matches are wanted; `nil`: all.
    /// - Parameter fields: the top-level fields that matter of documents that fit; `nil`: all of them.
    func each(_ filter: Filter, _ plan: Plan, atMost: Int? = nil, fields: Set<String>? = nil, _ body: (Match) throws -> Bool) throws {
        var walk = Walk(limits, filter, fields)
        defer { observation?.note(plan, examined: walk.examined, matched: walk.matched) }
        guard let overlay else {
            _ = try each(filter, plan, atMost: atMost, &walk, body)
            return
        }
        if !overlay.isMissing, try !each(filter, plan, atMost: atMost.map { $0 + overlay.written.hidden.count }, &walk, body) { return }
        for document in overlay.written.documents where filter.matches(document) {
            walk.matched += 1
            guard try body(Match(source: .written(document))) else { return }
        }
    }

    /// - Returns: whether more is wanted.
    private func each(_ filter: Filter, _ plan: Plan, atMost: Int?, _ walk: inout Walk, _ body: (Match) throws -> Bool) throws -> Bool {
        switch plan {
        case .ids(let ids): return try eachByID(ids, filter, &walk, body)
        case .index(let definition, let ranges, let exact, _, let reversed):
            guard let index = index(definition) else { return true }
            return try eachInRanges(index, ranges, reversed: reversed, exact ? nil : filter, atMost: atMost, &walk, body)
        case .text(let definition, let ranges), .geo(let definition, let ranges):
            guard let index = index(definition) else { return true }
            return try eachInRanges(index, ranges, reversed: false, filter, atMost: atMost, &walk, body)
        case .near(let definition, let nearness):
            guard let index = index(definition) else { return true }
            let ranges = nearness.ranges(within: nearness.farthest)
            return try eachInRanges(index, ranges, reversed: false, filter, atMost: atMost, &walk, body)
        case .union(let plans):
            walk.remembers()
            // Each part finds its own; the whole condition is what decides.
            for part in plans where try !each(filter, part.asCandidates, atMost: atMost, &walk, body) { return false }
            return true
        case .scan: return try scan(filter, atMost: atMost, &walk, body)
        }
    }

    private func index(_ definition: IndexDefinition) -> StoredIndex? { collection.indexes.first { $0.definition.name == definition.name } }

    private func eachByID(_ ids: [String], _ filter: Filter, _ walk: inout Walk, _ body: (Match) throws -> Bool) throws -> Bool {
        for id in ids {
            let goesOn = try one(id) { row in
                guard try walk.meets(row.int(0)) else { return true }
                return try offer(row, filter, &walk, body)
            }
            if goesOn == false { return false }
        }
        return true
    }

    private func eachInRanges(
        _ index: StoredIndex, _ ranges: [KeyRange], reversed: Bool, _ filter: Filter?, atMost: Int?, _ walk: inout Walk, _ body: (Match) throws -> Bool
    ) throws -> Bool {
        // An array, a text or an area gives a document several keys; it must be met once.
        if index.definition.isMultikey { walk.remembers() }
        let wanted = RowsWanted(atMost, isEveryRowAMatch: filter == nil && !walk.isRemembering)
        for range in reversed ? ranges.reversed() : ranges {
            var stopped = false
            let bounds: [SQLValue] = [.blob(range.lower)] + (range.upper.map { [.blob($0)] } ?? [])
            try connection.rows(index.sql.range(open: range.upper == nil, reversed: reversed), bounds, wanted: wanted) { row in
                guard try walk.meets(row.int(0)) else { return true }
                stopped = try !offer(row, filter, &walk, body)
                return !stopped
            }
            if stopped { return false }
        }
        return true
    }

    private func scan(_ filter: Filter, atMost: Int?, _ walk: inout Walk, _ body: (Match) throws -> Bool) throws -> Bool {
        var stopped = false
        try connection.rows(collection.sql.scan, wanted: RowsWanted(atMost, isEveryRowAMatch: filter.isAll)) { row in
            guard try walk.meets(row.int(0)) else { return true }
            stopped = try !offer(row, filter.isAll ? nil : filter, &walk, body)
            return !stopped
        }
        return !stopped
    }

    private func offer(_ row: Row, _ filter: Filter?, _ walk: inout Walk, _ body: (Match) throws -> Bool) throws -> Bool {
        if overlay?.written.hidden.contains(row.int(0)) == true { return true }
        let parsed: JSONObject?
        if let filter {
            let document = try row.document(2, walk.reading)
            guard filter.matches(document) else { return true }
            parsed = walk.readsEnough ? document : nil
        } else {
            parsed = walk.readsEnough && walk.reading != nil ? try row.document(2, walk.reading) : nil
        }
        walk.matched += 1
        try overlay?.view.note(row, collection)
        return try body(Match(source: .row(row, parsed: parsed)))
    }
}

extension Plan {
    /// The same candidates, none of which is taken for a match without a look.
    fileprivate var asCandidates: Plan {
        guard case .index(let definition, let ranges, _, let ordered, let reversed) = self else { return self }
        return .index(definition, ranges: ranges, exact: false, ordered: ordered, reversed: reversed)
    }
}

extension RowsWanted {
    /// How many rows are needed for so many matches.
    fileprivate init(_ matches: Int?, isEveryRowAMatch: Bool) {
        guard let matches else {
            self = .all
            return
        }
        self = isEveryRowAMatch ? .atMost(matches) : .some
    }
}

extension Row {
    /// The column as a document, or some members of it.
    fileprivate func document(_ column: Int, _ members: JSONMembers?) throws -> JSONObject {
        guard let members else { return try document(column) }
        return try withBytes(column) { try members.read($0) }
    }
}

/// One walk through candidates: bounded in documents and time, meeting each document once where it could come twice.
private struct Walk {
    private(set) var examined = 0
    var matched = 0
    private var seen: Set<Int64>?
    /// The members of documents that are read; `nil`: all of them.
    let reading: JSONMembers?
    /// Whether these are all that is wanted of those that fit.
    let readsEnough: Bool
    private let most: Int
    private let deadline: Int64

    init(_ limits: Limits, _ filter: Filter, _ fields: Set<String>?) {
        most = limits.scanDocumentsMax
        deadline = monotonicMicroseconds() + Int64(limits.scanMillisecondsMax) * 1000
        let asked = filter.requiredFields
        let both = asked.flatMap { asked in fields.map { asked.union($0) } }
        reading = (both ?? asked).map { JSONMembers($0) }
        readsEnough = both != nil || reading == nil
    }

    var isRemembering: Bool { seen != nil }

    mutating func remembers() { if seen == nil { seen = [] } }

    /// Whether a row is met for the first time.
    mutating func meets(_ seq: Int64) throws -> Bool {
        examined += 1
        if examined > most || (examined & 1023 == 0 && monotonicMicroseconds() > deadline) { throw SampanError.queryTooSlow }
        return seen?.insert(seq).inserted ?? true
    }
}
