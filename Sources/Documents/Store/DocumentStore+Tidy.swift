internal import Kernel
internal import Storage

/// What goes by itself, in batches that keep no writer waiting.
extension DocumentStore {
    private static let removedAtOnce = 500
    private static let forgottenAtOnce = 5000

    /// Removes the documents whose index says that their time is over.
    func removeExpired() async throws {
        for collection in catalog.all {
            for index in collection.indexes where index.isReady && index.definition.expireAfterSeconds != nil {
                while try await removeExpired(by: index.definition, of: collection.name) == Self.removedAtOnce {}
            }
        }
    }

    private func removeExpired(by index: IndexDefinition, of name: String) async throws -> Int {
        guard let seconds = index.expireAfterSeconds, let field = index.fields.first else { return 0 }
        let now = clock.now()
        let filter = try Filter([field.path: ["$lte": .date(now - seconds * 1000)]])
        // Asked by a reader first: mostly there is nothing to do, and no writer's turn is spent.
        let hasSome = try database.read { connection in
            try reader(connection, try collection(name)).rows(filter, max: 1).contains { index.expiry(of: $0.document).map { $0 <= now } ?? false }
        }
        guard hasSome else { return 0 }
        return try await write(grows: false) { [self] connection in
            let current = try collection(name)
            let mutator = mutator(connection, current)
            var removed = 0
            for (seq, document) in try reader(connection, current).rows(filter, max: Self.removedAtOnce) {
                guard let expiry = index.expiry(of: document), expiry <= now else { continue }
                try requireFree(current, document.storedID)
                try mutator.remove(seq, document)
                removed += 1
            }
            return removed
        }
    }

    /// Forgets changes that are older than the history.
    func forgetHistory() async throws {
        let before = clock.now() - Int64(limits.historyDays) * 86_400_000
        let most = limits.historyRowsMax
        while try await database.write({ try ChangeLog(connection: $0).forget(before: before, limit: Self.forgottenAtOnce) }) == Self.forgottenAtOnce {}
        try await database.write { try ChangeLog(connection: $0).forgetOldest(keeping: most) }
        try await forgetDropped(before: before)
        // Measured anew by whoever asks next.
        history.bytes = nil
    }
}
