internal import Crypto
internal import Foundation
internal import HTTPSupport
internal import Kernel
internal import Workers

/// Changing what is deployed: versions, the calls that each gets, triggers, removal.
///
/// A change is on disk before calls see it. Workers that no call can reach any more are let go.
final class Deployments: Sendable {
    private let store: FunctionStore
    private let catalog: FunctionCatalog
    private let folders: FunctionFolders
    private let pool: WorkerPool
    private let changed: @Sendable () -> Void
    private let quotas: any QuotaSource
    private let refusal: @Sendable (EnvironmentID) -> SampanError?
    private let clock: WallClock
    /// One deployment of a function at a time: version numbers are given in turn.
    private let turns = Turns<String>()
    /// One new function of an environment at a time: they are counted.
    private let newcomers = Turns<EnvironmentID>()

    /// - Parameters:
    ///   - refusal: what deployments in an environment are refused with at the moment, unless somebody insists.
    ///   - changed: told of every change, since it may be one of triggers.
    init(
        store: FunctionStore, catalog: FunctionCatalog, folders: FunctionFolders, pool: WorkerPool, quotas: any QuotaSource,
        refusal: @escaping @Sendable (EnvironmentID) -> SampanError?, clock: WallClock, changed: @escaping @Sendable () -> Void
    ) {
        self.store = store
        self.quotas = quotas
        self.refusal = refusal
        self.catalog = catalog
        self.folders = folders
        self.pool = pool
        self.changed = changed
        self.clock = clock
    }

    /// Throws while deployments rest in an environment; whoever insists is let through.
    /// - Returns: whether they rest.
    private func requireThawed(_ environment: EnvironmentID, insists: Bool) throws -> Bool {
        guard let refusal = refusal(environment) else { return false }
        guard insists else { throw refusal }
        return true
    }

    /// Records an immutable version and, unless told otherwise, gives it all traffic.
    /// - Parameter insists: also while deployments rest.
    /// - Returns: the version's number, and whether it was there already.
    func deploy(
        _ name: String, to environment: EnvironmentID, _ request: DeploymentRequest, if precondition: Precondition = .none, insists: Bool = false
    ) async throws -> (version: Int, reused: Bool) {
        if try requireThawed(environment, insists: insists) { AuditNote.changed("function \(name)", to: ["despiteFreeze": true]) }
        guard FunctionRecord.isName(name) else {
            throw SampanError.badMember("name", Localized("1 to 60 letters, digits, _ or -", zh: " 1 到 60 个字母、数字、_ 或 -"))
        }
        return try await turns.inTurn("\(environment)/\(name)") { [self] in
            let before = catalog.find(name, in: environment)
            try precondition.require(EntityTag(of: before.map { .object($0.detail) } ?? .null))
            if let before { return try await deploy(request, as: before) }
            return try await newcomers.inTurn(environment) { [self] in
                let count = Int64(catalog.records(of: environment).count)
                try quotas.quotas(of: environment).require(.functions, before: count, after: count + 1)
                return try await deploy(
                    request, as: FunctionRecord(environment: environment, name: name, traffic: [], triggers: [], updatedAt: 0, versions: []))
            }
        }
    }

    private func deploy(_ request: DeploymentRequest, as known: FunctionRecord) async throws -> (version: Int, reused: Bool) {
        let newest = known.versions.last
        let settings = try FunctionSettings(request.settings, base: newest?.settings ?? FunctionSettings())
        let variables = request.variables ?? newest?.variables ?? [:]
        let fingerprint = fingerprint(request.files, settings, variables)
        let isReused = newest?.fingerprint == fingerprint && !request.isForced
        let version = try await isReused ? newest : offEventLoop { [self] in try makeVersion(request, settings, variables, fingerprint, known) }
        guard let version else { preconditionFailure("a reused version is the newest one") }
        var record = known
        if !isReused { record.versions.append(version) }
        request.apply(to: &record, version: version.number)
        try await save(&record, newVersion: isReused ? nil : version)
        return (version.number, isReused)
    }

    /// Deploys the versions that get most calls of one environment's functions to another one, each as the first there.
    func copy(_ source: EnvironmentID, to copy: EnvironmentID, withTriggers: Bool) async throws {
        for name in catalog.records(of: source).map(\.name) {
            // Nobody removes or replaces it meanwhile.
            try await turns.inTurn("\(source)/\(name)") { [self] in
                guard let known = catalog.find(name, in: source), let current = known.primary else { return }
                try await self.copy(current, of: known, to: copy, withTriggers: withTriggers)
            }
        }
    }

    private func copy(_ current: FunctionVersion, of known: FunctionRecord, to copy: EnvironmentID, withTriggers: Bool) async throws {
        let version = FunctionVersion(
            number: 1, fingerprint: current.fingerprint, settings: current.settings, variables: current.variables, description: current.description,
            files: current.files, size: current.size, createdAt: clock.now())
        let from = folders.version(current.number, of: known.name, in: known.environment)
        let to = folders.version(version.number, of: known.name, in: copy)
        try await offEventLoop { try FunctionFolders.link(from, to: to) }
        var record = FunctionRecord(
            environment: copy, name: known.name, traffic: [TrafficShare(version: version.number, weight: 100)],
            triggers: withTriggers ? known.triggers : [], httpPath: known.httpPath, updatedAt: 0, versions: [version])
        try await save(&record, newVersion: version)
    }

    /// Divides the calls of a function among its versions.
    func setTraffic(
        _ shares: [TrafficShare], of name: String, in environment: EnvironmentID, if precondition: Precondition = .none, insists: Bool = false
    ) async throws -> FunctionRecord {
        let isFrozen = try requireThawed(environment, insists: insists)
        return try await change(name, environment, if: precondition, despiteFreeze: isFrozen) { record in
            guard shares.contains(where: { $0.weight > 0 }), Set(shares.map(\.version)).count == shares.count else {
                throw SampanError.badMember("traffic", Localized("each version once, at least one with a weight", zh: "版本不可重复,且至少一个权重大于 0"))
            }
            for share in shares where !record.versions.contains(where: { $0.number == share.version }) {
                throw SampanError.notFound(
                    "VERSION_NOT_FOUND", Localized("\"\(name)\" has no version \(share.version).", zh: "“\(name)” 没有版本 \(share.version)。"),
                    remedy: Localized("The function's page lists its versions.", zh: "可在函数页查看版本列表。"))
            }
            record.traffic = shares
        }
    }

    /// Replaces the triggers of a function.
    func setTriggers(
        _ triggers: [Trigger], of name: String, in environment: EnvironmentID, if precondition: Precondition = .none
    ) async throws -> FunctionRecord {
        try await change(name, environment, if: precondition) { $0.triggers = triggers }
    }

    /// Removes a function with its versions, its timers and what waits for it in the queue.
    func remove(_ name: String, from environment: EnvironmentID, if precondition: Precondition = .none, insists: Bool = false) async throws {
        let isFrozen = try requireThawed(environment, insists: insists)
        try await turns.inTurn("\(environment)/\(name)") { [self] in
            try precondition.require(EntityTag(of: .object(catalog.record(name, in: environment).detail)))
            try await store.remove(name, of: environment)
            catalog.remove(name, from: environment)
            changed()
            pool.retire { $0.env == environment.text && $0.function == name }
            let folder = folders.versions(of: name, in: environment)
            try await offEventLoop {
                if FileManager.default.fileExists(atPath: folder.path) { try FileManager.default.removeItem(at: folder) }
            }
            AuditNote.changed("function \(name)", to: isFrozen ? ["despiteFreeze": true] : .null)
        }
    }

    /// Ends an environment's workers and forgets its functions; its files are removed by who removes its folder.
    func removeAll(of environment: EnvironmentID) async throws {
        try await store.removeAll(of: environment)
        catalog.removeAll(of: environment)
        changed()
        pool.retire { $0.env == environment.text }
    }

    private func change(
        _ name: String, _ environment: EnvironmentID, if precondition: Precondition, despiteFreeze: Bool = false,
        _ body: @Sendable (inout FunctionRecord) throws -> Void
    ) async throws -> FunctionRecord {
        try await turns.inTurn("\(environment)/\(name)") { [self] in
            var record = try catalog.record(name, in: environment)
            try precondition.require(EntityTag(of: .object(record.detail)))
            let before = Self.noted(record)
            try body(&record)
            try await save(&record, newVersion: nil)
            var after = Self.noted(record)
            if despiteFreeze { after["despiteFreeze"] = true }
            AuditNote.changed("function \(name)", from: .object(before), to: .object(after))
            return record
        }
    }

    /// What a change without a new version can change.
    private static func noted(_ record: FunctionRecord) -> JSONObject {
        ["traffic": .array(record.traffic.map(\.json)), "triggers": .array(record.triggers.map(\.json))]
    }

    private func save(_ record: inout FunctionRecord, newVersion: FunctionVersion?) async throws {
        record.updatedAt = clock.now()
        try await store.save(record, newVersion: newVersion)
        let saved = record
        catalog.put(saved)
        changed()
        let serving = Set(saved.traffic.filter { $0.weight > 0 }.map(\.version))
        pool.retire { $0.env == saved.environment.text && $0.function == saved.name && !serving.contains($0.version) }
    }

    private func makeVersion(
        _ request: DeploymentRequest, _ settings: FunctionSettings, _ variables: [String: String], _ fingerprint: String, _ record: FunctionRecord
    ) throws -> FunctionVersion {
        let blobs = folders.blobs(record.environment)
        let missing = request.files.filter { !blobs.has($0.hash) }
        guard missing.isEmpty else {
            throw SampanError(
                "BLOBS_MISSING", status: 409,
                Localized("\(missing.count) files were not uploaded, for example \(missing[0].path).", zh: "有 \(missing.count) 个文件尚未上传,例如 \(missing[0].path)。"),
                remedy: Localized("Ask /blobs/missing and PUT them first.", zh: "请先查询 /blobs/missing 并上传。"))
        }
        let number = (record.versions.map(\.number).max() ?? 0) + 1
        try blobs.materialize(request.files, at: folders.version(number, of: record.name, in: record.environment))
        return FunctionVersion(
            number: number, fingerprint: fingerprint, settings: settings, variables: variables, description: request.description,
            files: request.files.count, size: try request.files.reduce(0) { $0 + (try blobs.size($1.hash)) }, createdAt: clock.now())
    }

    private func fingerprint(_ files: [DeploymentRequest.File], _ settings: FunctionSettings, _ variables: [String: String]) -> String {
        var text = JSON.object(settings.json).text
        for file in files { text += "\n\(file.hash) \(file.isExecutable ? "x" : "-") \(file.path)" }
        for (name, value) in variables.sorted(by: { $0.key < $1.key }) { text += "\n\(name)=\(value)" }
        return SHA256.hash(data: Data(text.utf8)).hex
    }
}
