internal import Kernel
internal import NIOCore
internal import Storage

/// How an operation finds its documents.
extension OperationPerformer {
    /// Reads, and notes what took long or looked at far more than it found.
    func observedRead(_ operation: DocumentOperation) throws -> ByteBuffer {
        guard !operation.explains else { return try explain(operation) }
        let began = monotonicMicroseconds()
        let result = try read(operation)
        let milliseconds = Double(monotonicMicroseconds() - began) / 1000
        let wasted = observation.examined - observation.matched
        if milliseconds >= Double(limits.slowQueryMilliseconds) || wasted >= limits.slowQueryExamined {
            store.slow.note(
                SlowQuery(
                    at: clock.now(), collection: operation.collection, operation: operation.name, shape: operation.shape, milliseconds: milliseconds,
                    examined: observation.examined, matched: observation.matched, plan: observation.plan?.json ?? [:], advice: advised(operation)))
        }
        return result
    }

    /// Performs a read and answers how instead of what: `{"explain":{…}}`.
    private func explain(_ operation: DocumentOperation) throws -> ByteBuffer {
        guard !context.caller.isClient else { throw clientsMayNot() }
        let began = monotonicMicroseconds()
        var stages: [StageReport]?
        if case .aggregate(let pipeline) = operation.kind {
            stages = try run(pipeline, try seen(operation.collection)) { _ in true }.report
        } else {
            _ = try read(operation)
        }
        var explained = observation.plan?.json ?? ["plan": "none"]
        explained["examined"] = .int(Int64(observation.examined))
        explained["matched"] = .int(Int64(observation.matched))
        if case .get(let selection) = operation.kind {
            explained["returned"] = .int(Int64(min(max(0, observation.matched - selection.skip), selection.limit)))
        }
        explained["milliseconds"] = .double(Double(monotonicMicroseconds() - began) / 1000)
        if let stages { explained["stages"] = .array(stages.map(\.json)) }
        if let advice = advised(operation) {
            explained["advice"] = .array(advice.map { [.string($0.path), .string($0.descending ? "desc" : "asc")] })
        }
        return answer(["explain": .object(explained)])
    }

    /// The index that would have served a scan.
    private func advised(_ operation: DocumentOperation) -> [IndexField]? {
        guard case .scan? = observation.plan, let (filter, sort) = operation.condition else { return nil }
        return advice(filter: filter, sort: sort)
    }
}

extension DocumentOperation {
    fileprivate var condition: (Filter, SortOrder?)? {
        switch kind {
        case .get(let selection): (selection.filter, selection.sort)
        case .count(let filter), .distinct(_, let filter): (filter, nil)
        case .aggregate(let pipeline): (pipeline.leading.filter, pipeline.leading.sort)
        default: nil
        }
    }
}
