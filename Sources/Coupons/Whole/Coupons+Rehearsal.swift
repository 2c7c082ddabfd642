public import Kernel

extension Coupons {
    /// Who publishes the batches of a rehearsal's copy, as `submittedBy` and `approvedBy` say it: nobody gets anything from them.
    private static let rehearsalPublisher = "rehearsal"

    /// Makes the batches of one environment in a rehearsal's copy and publishes them there, whatever a second person thinks of them.
    ///
    /// Those that were stopped stay behind. One that opens later opens at once: its launch is what is rehearsed.
    public func copyPublished(_ source: EnvironmentID, to copy: EnvironmentID) async throws {
        guard try place.exists(source) else { return }
        let batches = try await store(source).ledger { $0.batches.filter { $0.status != .stopped }.map { ($0.id, $0.definition) } }
        let store = try store(copy)
        let now = clock.now()
        for (id, definition) in batches where definition.closesAt > now {
            var definition = definition
            definition.opensAt = min(definition.opensAt, now)
            let change = LedgerCommand.BatchChange(
                batch: nil,
                change: { batch throws(LedgerRefusal) in
                    try batch.stepped(.submit, by: Self.rehearsalPublisher, needsSecond: false)
                        .stepped(.approve, by: Self.rehearsalPublisher, needsSecond: false)
                }, new: (id, definition))
            _ = try answer(try await submit(.batch(change), store), store)
        }
    }
}
