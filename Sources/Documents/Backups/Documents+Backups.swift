internal import HTTPSupport
public import Kernel
internal import Storage

/// Backups of an environment's database, and putting them back.
extension Documents {
    /// The backups and the last restores.
    /// - Returns: `{"backups":[{"id","kind","at","bytes"}],"restores":[…],"failure"?}`; `failure` tells why the last scheduled one could not be made.
    public func backups(of environment: EnvironmentID, _ language: Language) async throws -> JSON {
        let found = try await offEventLoop { [folder = backups.folder] in try folder.all(environment) }
        var answer: JSONObject = ["backups": .array(found.map(\.json))]
        answer["restores"] = .array(try await restores.all(store(environment)).map { $0.shown(language) })
        if let failure = backups.failure(environment) {
            answer["failure"] = ["at": .int(failure.at), "error": KeptError.shown(failure.told, language)]
        }
        return .object(answer)
    }

    /// Makes a backup now.
    /// - Returns: `{"id","kind","at","bytes"}`
    public func makeBackup(_ environment: EnvironmentID) async throws -> JSON {
        let backup = try await backups.make(.manual, of: store(environment), environment)
        AuditNote.changed("backup \(backup.id)", to: backup.json)
        return backup.json
    }

    /// A backup with what it holds.
    /// - Returns: `{"id","kind","at","bytes","collections":[{"name","documents",…}]}`
    public func backup(_ id: String, _ environment: EnvironmentID) async throws -> JSON {
        let backup = try backups.find(id, environment)
        let collections = try await lookingInto(backup, environment) { store in
            try store.read { connection in try store.catalog.all.map { try self.describe($0, connection, store) } }
        }
        guard case .object(var json) = backup.json else { return backup.json }
        json["collections"] = .array(collections)
        return .object(json)
    }

    /// Where the file of a backup lies, and how many bytes it has: a SQLite file, in which each collection is a table.
    public func backupFile(_ id: String, _ environment: EnvironmentID) throws -> (path: String, bytes: Int64) {
        let backup = try backups.find(id, environment)
        return (backups.folder.path(backup.id, environment), backup.bytes)
    }

    /// The documents of a collection as they are in a backup.
    public func export(_ plan: ExportPlan, fromBackup id: String, _ environment: EnvironmentID) async throws -> DocumentExport {
        let backup = try backups.find(id, environment)
        let filter = try plan.condition.map { try Filter($0) }
        return try await offEventLoop { [backups] in
            let store = try backups.open(backup, environment)
            guard let collection = store.catalog[plan.collection] else { throw SampanError.notInBackup(plan.collection) }
            return try DocumentExport(store, collection, plan, filter)
        }
    }

    /// Removes a backup.
    public func removeBackup(_ id: String, _ environment: EnvironmentID) async throws {
        let backup = try backups.find(id, environment)
        try await offEventLoop { [folder = backups.folder] in try folder.remove(backup, environment) }
        AuditNote.changed("backup \(id)", from: backup.json)
    }

    /// Begins to put back what a backup holds: out of sight, until all of it takes the place of what is there in one step.
    ///
    /// What was there is dropped and can be brought back as long as the history goes. Where a collection is there still, its permission, rules,
    /// validator and indexes stay as they are; where it is not, they are the backup's. Triggers are not called.
    /// - Parameter names: the collections; `nil` restores all and drops those that the backup does not have.
    /// - Returns: the restore, as ``restore(_:_:_:)`` shows it.
    public func restoreBackup(_ id: String, collections names: [String]?, _ environment: EnvironmentID, _ language: Language) async throws -> JSON {
        let backup = try backups.find(id, environment)
        let store = try store(environment)
        let (source, wanted, total) = try await offEventLoop { [backups] in
            let source = try backups.open(backup, environment)
            let wanted = try names.map { try $0.map { try source.collection(inBackup: $0) } } ?? source.catalog.all
            return (source, wanted, try source.read { connection in try wanted.reduce(0) { $0 + (try source.count($1, connection)) } })
        }
        var record = RestoreRecord(
            id: "res-" + RandomText.make(12, alphabet: RandomText.readable), backup: backup.id, collections: names, createdAt: clock.now())
        record.total = total
        do {
            let work = Restores.Work(environment: environment, store: store, source: source, collections: wanted, dropsOthers: names == nil)
            try await restores.start(work, record)
        } catch {
            try source.database.close()
            throw error
        }
        AuditNote.changed(
            "documents of \(environment)", to: ["restoredBackup": .string(backup.id), "collections": record.shown(language)["collections"] ?? .null])
        return record.shown(language)
    }

    /// One restore.
    /// - Returns: `{"id","backup","collections"?,"state":"running|done|failed","documents","total","dropped","createdAt","endedAt"?,"error"?}`
    public func restore(_ id: String, _ environment: EnvironmentID, _ language: Language) async throws -> JSON {
        try await restores.find(id, store(environment)).shown(language)
    }

    /// Stops a restore, which has then changed nothing; forgets one that is over.
    public func cancelRestore(_ id: String, _ environment: EnvironmentID) async throws {
        try await restores.cancel(id, store(environment), environment)
        AuditNote.changed("restore \(id)")
    }

    /// Makes the backups that are due.
    public func followBackupPlans(_ plans: [EnvironmentID: BackupPlan]) async {
        for (environment, plan) in plans.sorted(by: { $0.key.text < $1.key.text }) where !Task.isCancelled {
            await backups.follow(plan, environment) { try store($0) }
        }
    }

    private func lookingInto<T: Sendable>(
        _ backup: Backup, _ environment: EnvironmentID, _ look: @escaping @Sendable (DocumentStore) throws -> T
    ) async throws -> T {
        try await offEventLoop { [backups] in
            let store = try backups.open(backup, environment)
            let result = Result { try look(store) }
            try store.database.close()
            return try result.get()
        }
    }
}

extension DocumentStore {
    /// A collection of a backup.
    fileprivate func collection(inBackup name: String) throws -> Collection {
        guard let collection = catalog[name] else { throw SampanError.notInBackup(name) }
        return collection
    }
}
