internal import Kernel
internal import Synchronization

/// The documents that were stored although a validator warns of them, since the start: how many, and the last one.
final class ValidationWarnings: Sendable {
    private struct Entry: Sendable {
        var count: Int64
        var at: Int64
        var id: String
        var failure: CollectionValidator.Failure
    }

    /// By the collections' numbers.
    private let entries = Mutex<[Int64: Entry]>([:])

    func note(_ failure: CollectionValidator.Failure, id: String, in collection: Collection, at now: Int64) {
        entries.withLock { entries in
            let count = entries[collection.number]?.count ?? 0
            entries[collection.number] = Entry(count: count + 1, at: now, id: id, failure: failure)
        }
    }

    /// Forgets those of another validator, or of a collection that is gone.
    func forget(_ collection: Collection) { entries.withLock { $0[collection.number] = nil } }

    /// `{"count","lastAt","lastId","field","rule"}`; `nil` where there was none.
    func json(of collection: Collection) -> JSON? {
        entries.withLock { $0[collection.number] }.map {
            [
                "count": .int($0.count), "lastAt": .int($0.at), "lastId": .string($0.id), "field": .string($0.failure.field),
                "rule": .string($0.failure.rule),
            ]
        }
    }
}
