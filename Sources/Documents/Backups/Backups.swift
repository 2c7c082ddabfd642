internal import Foundation
internal import HTTPSupport
internal import Kernel
internal import Logging
internal import Storage
internal import Synchronization

/// The backups of this server's environments: made by plan or by hand, looked into, removed.
///
/// A backup holds collections with their rules, validators and indexes, and the documents, all of one moment, in a SQLite file whichever
/// engine they come from. It has no log of changes, and the keys of its indexes are left out.
final class Backups: Sendable {
    /// The most backups of an environment that were made by hand.
    static let manualMax = 50
    /// How long a plan waits after a failure.
    private static let patienceMilliseconds: Int64 = 10 * 60_000

    private struct State {
        var making: Set<EnvironmentID> = []
        /// Why the last scheduled backup of an environment could not be made.
        var failures: [EnvironmentID: (at: Int64, told: JSON)] = [:]
    }

    let folder: BackupFolder
    private let limits: Limits
    private let clock: WallClock
    private let logger: Logger
    private let state = Mutex(State())

    init(_ folder: BackupFolder, limits: Limits, clock: WallClock, logger: Logger) {
        self.folder = folder
        self.limits = limits
        self.clock = clock
        self.logger = logger
    }

    /// Makes a backup of a store, while reads and writes go on.
    func make(_ kind: Backup.Kind, of store: DocumentStore, _ environment: EnvironmentID) async throws -> Backup {
        guard state.withLock({ $0.making.insert(environment).inserted }) else { throw SampanError.backupBusy }
        defer { state.withLock { _ = $0.making.remove(environment) } }
        return try await offEventLoop { [folder, clock] in
            if kind == .manual, try folder.all(environment).count(where: { $0.kind == .manual }) >= Self.manualMax {
                throw SampanError.tooManyBackups(Self.manualMax)
            }
            do {
                return try folder.make(kind, at: clock.now(), environment) { try store.draw(to: $0) }
            } catch {
                throw DocumentStore.told(error)
            }
        }
    }

    /// The backup with an id.
    func find(_ id: String, _ environment: EnvironmentID) throws -> Backup {
        guard let backup = folder.find(id, environment) else { throw SampanError.noBackup(id) }
        return backup
    }

    /// Opens what a backup holds; whoever opens it closes it.
    func open(_ backup: Backup, _ environment: EnvironmentID) throws -> DocumentStore {
        try DocumentStore(path: folder.path(backup.id, environment), limits: limits, clock: clock)
    }

    /// Why the last scheduled backup could not be made; `nil` where it could.
    func failure(_ environment: EnvironmentID) -> (at: Int64, told: JSON)? { state.withLock { $0.failures[environment] } }

    /// Makes the backup that a plan asks for now, if any, and removes the oldest beyond what it keeps.
    func follow(_ plan: BackupPlan, _ environment: EnvironmentID, open: (EnvironmentID) throws -> DocumentStore) async {
        let now = clock.now()
        if let failure = failure(environment), now - failure.at < Self.patienceMilliseconds { return }
        do {
            let scheduled = try folder.all(environment).filter { $0.kind == .scheduled }
            if scheduled.first.map({ $0.at < plan.lastDue(now) }) ?? true {
                _ = try await make(.scheduled, of: open(environment), environment)
                for old in scheduled.dropFirst(plan.keep - 1) { try folder.remove(old, environment) }
            }
            state.withLock { $0.failures[environment] = nil }
        } catch {
            logger.error("a scheduled backup could not be made", metadata: ["env": "\(environment)", "error": "\(error)"])
            let told = KeptError.told(SampanError(reporting: error))
            state.withLock { $0.failures[environment] = (now, told) }
        }
    }
}
