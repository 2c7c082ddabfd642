internal import HTTPSupport
internal import Kernel
internal import NIOCore
internal import Storage

/// Aggregations: what an index or a scan finds streams through the stages into the answer, or into a collection.
extension OperationPerformer {
    /// The most documents that `$out` puts in place of a collection's: they are one transaction.
    private static let replacedMax = 100_000
    /// The most results of `$merge`: they are gathered before the first is written.
    private static let mergedMax = 200_000
    /// How many results of `$merge` are one transaction.
    private static let mergedAtOnce = 500

    func aggregate(_ pipeline: Pipeline, _ collection: Collection) throws -> ByteBuffer {
        var out = ByteBuffer(string: #"{"data":["#)
        var writer = DocumentWriter(projection: nil, bytesMax: limits.answerBytesMax)
        _ = try run(pipeline, collection) { document in
            try writer.append(document, to: &out)
            return true
        }
        out.writeStaticString("]}")
        return out
    }

    /// Runs the stages; what comes out goes to `sink`.
    /// - Returns: what the stages did, and how the documents were found.
    func run(
        _ pipeline: Pipeline, _ collection: Collection, into sink: @escaping (JSONObject) throws -> Bool
    ) throws -> (plan: Plan, report: [StageReport]) {
        let leading = pipeline.leading
        if let near = pipeline.geoNear, let place = try place(of: near, collection) {
            return try run(pipeline.naming(key: place.path), near, by: place, collection, into: sink)
        }
        return try readable(collection, leading.filter) { connection, filter in
            let plan = plan(filter: filter, sort: leading.sort, indexes: collection.readable)
            // Without an index in that order the pipeline sorts, and keeps no more than later stages want.
            let reader = observing(connection, collection)
            let isSorted = leading.sort != nil && reader.givesOrder(plan)
            var window = leading.window(isSorted: isSorted)
            let rest = pipeline.rest(sorted: isSorted)
            let run = try pipelineRun(rest, connection, into: sink)
            if window.isOpen {
                try reader.visit(filter, plan, fields: rest.requiredFields) { document in
                    guard window.admits() else { return true }
                    return try run.take(document, score: pipeline.asksForText ? filter.textScore(of: document) : nil) && window.isOpen
                }
            }
            try run.finish()
            return (plan, run.report)
        }
    }

    func pipelineRun(_ pipeline: Pipeline, _ connection: Connection, into sink: @escaping (JSONObject) throws -> Bool) throws -> PipelineRun {
        try PipelineRun(
            pipeline, foreign: ReadableCollections(performer: self, connection: connection), now: clock.now(),
            limits: PipelineLimits(memoryBytes: limits.aggregateMemoryBytesMax), into: sink)
    }

    // MARK: $out and $merge

    /// Stores the results of an aggregation.
    func writeResults(of pipeline: Pipeline, _ output: PipelineOutput, _ collection: Collection) async throws -> ByteBuffer {
        guard !context.caller.isClient else { throw clientsMayNot() }
        guard DocumentOperation.isCollectionName(output.collection) else {
            throw SampanError.badMember(
                "into", Localized("1 to 64 letters, digits, _, - or .", zh: " 1 到 64 个字母、数字、_、- 或 ."))
        }
        let most = output.replacesCollection ? Self.replacedMax : Self.mergedMax
        var results: [JSONObject] = []
        _ = try run(pipeline, collection) { document in
            guard results.count < most else {
                let stage = output.replacesCollection ? "$out" : "$merge"
                throw SampanError.limitExceeded(Localized("\(stage) writes at most \(most) documents.", zh: "\(stage) 最多写入 \(most) 个文档。"))
            }
            results.append(document)
            return true
        }
        _ = try await store.createCollection(output.collection, CollectionAccess(.private), now: clock.now())
        if output.replacesCollection {
            try await replaceAll(of: output.collection, by: results)
        } else {
            for start in stride(from: 0, to: results.count, by: Self.mergedAtOnce) {
                let part = Array(results[start..<min(start + Self.mergedAtOnce, results.count)])
                try await store.write { [self] connection in
                    for result in part { try merge(result, output, connection) }
                }
            }
        }
        return answer(["data": [], "written": .int(Int64(results.count))])
    }

    private func replaceAll(of name: String, by results: [JSONObject]) async throws {
        let now = clock.now()
        let documents = try results.map { result in
            let id = try DocumentOperation.id(of: result, now: now)
            try validateDocument(result)
            return (id: id, document: result.stored(under: id))
        }
        try await store.write { [self] connection in
            let mutator = store.mutator(connection, try store.collection(name))
            for row in try store.reader(connection, mutator.collection).rows(.all, max: nil) {
                try store.requireFree(mutator.collection, row.document.storedID)
                try mutator.remove(row.seq, row.document)
            }
            for (id, document) in documents {
                try mutator.insert(DocumentMutator.Prepared(document, id: id, mutator.collection, bytesMax: limits.documentBytesMax), document)
            }
        }
    }

    private func merge(_ result: JSONObject, _ output: PipelineOutput, _ connection: Connection) throws {
        let collection = try store.collection(output.collection)
        var condition = JSONObject()
        for field in output.on {
            guard let value = try FieldPath(field).onlyValue(in: result) else {
                throw QueryError(
                    .invalidQuery, "A result of the pipeline has no \"\(field)\", by which $merge looks for its document.",
                    zh: "管道结果缺少 $merge 用于匹配的字段“\(field)”。")
            }
            condition[field] = value
        }
        let found = try store.reader(connection, collection).rows(Filter(.object(condition)), max: 1).first
        let mutator = store.mutator(connection, collection)
        guard let found else {
            switch output.whenNotMatched {
            case .discard: return
            case .fail: throw Self.unmatched
            case .insert:
                let id = try DocumentOperation.id(of: result, now: clock.now())
                try validateDocument(result)
                let document = result.stored(under: id)
                return try mutator.insert(DocumentMutator.Prepared(document, id: id, collection, bytesMax: limits.documentBytesMax), document)
            }
        }
        if case .fail = output.whenMatched { throw Self.matched }
        try store.requireFree(collection, found.document.storedID)
        guard let merged = try output.merged(result, into: found.document, now: clock.now()), merged != found.document else { return }
        try validateDocument(merged)
        try mutator.replace(found.seq, old: found.document, new: merged, bytesMax: limits.documentBytesMax)
    }

    private static let matched = SampanError(
        "MERGE_FAILED", status: 409, Localized("$merge found a document that exists, and was told to fail then.", zh: "$merge 遇到已存在的文档，按要求失败。"),
        remedy: Localized("Filter such results out, or choose another whenMatched.", zh: "请过滤此类结果，或更换 whenMatched。"))
    private static let unmatched = SampanError(
        "MERGE_FAILED", status: 409, Localized("$merge found no document, and was told to fail then.", zh: "$merge 未找到对应文档，按要求失败。"),
        remedy: Localized("Filter such results out, or choose another whenNotMatched.", zh: "请过滤此类结果，或更换 whenNotMatched。"))
}

/// The other collections of an aggregation, as far as the caller may read them.
private struct ReadableCollections: ForeignCollections {
    let performer: OperationPerformer
    let connection: Connection

    func visit(_ collection: String, matching filter: Filter, fields: Set<String>?, _ body: (JSONObject) throws -> Bool) throws {
        guard let foreign = performer.known(collection) else { return }
        let access = performer.access(to: foreign, for: .read, connection)
        let restricted = try access.restricted(filter)
        let plan = plan(filter: restricted, sort: nil, indexes: foreign.readable)
        try performer.reader(connection, foreign).visit(restricted, plan, fields: fields, body)
        try access.check()
    }

    func isIndexed(_ collection: String, field: String) -> Bool {
        guard let foreign = performer.known(collection) else { return true }
        return field == "_id"
            || foreign.readable.contains { $0.kind == .ordered && !$0.sparse && $0.partial == nil && $0.fields.first?.path == field }
    }
}
