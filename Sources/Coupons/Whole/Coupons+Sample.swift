public import Kernel

extension Coupons {
    /// Who publishes a sample's batches, as `submittedBy` and `approvedBy` say it: no human has looked at them.
    private static let samplePublisher = "sample"

    /// Makes a published batch of a sample, once: where the environment has one with this id, that stays as it is.
    ///
    /// It is made, submitted and approved in one commit, so that nobody ever finds it half done.
    /// - Parameters:
    ///   - id: the same each time, so that it is known again.
    ///   - request: a batch as the management API takes it.
    public func publishSample(_ id: String, _ request: JSONObject, _ environment: EnvironmentID) async throws {
        let definition = try BatchDefinition(request)
        let store = try store(environment)
        let change = LedgerCommand.BatchChange(
            batch: nil,
            change: { batch throws(LedgerRefusal) in
                try batch.stepped(.submit, by: Self.samplePublisher, needsSecond: false).stepped(.approve, by: Self.samplePublisher, needsSecond: false)
            },
            new: (id, definition))
        _ = try answer(try await submit(.batch(bounded(change, environment)), store), store)
    }
}
