public import Foundation
internal import HTTPSupport
public import Kernel
public import Logging
public import ServiceLifecycle
internal import Synchronization

/// Rehearsals of peaks: on a copy of an environment, against a promise, one at a time.
public final class Rehearsals: Service {
    private let store: RehearsalStore
    private let ground: any RehearsalGround
    private let program: URL
    private let clock: WallClock
    private let logger: Logger
    private let running = Mutex<RehearsalRun?>(nil)
    private let (started, starts) = AsyncStream.makeStream(of: RehearsalRun.self)

    /// Makes them.
    /// - Parameter program: This very program, which makes the load in a process of its own.
    public init(store: RehearsalStore, ground: any RehearsalGround, program: URL, clock: WallClock, logger: Logger) {
        (self.store, self.ground, self.program, self.clock, self.logger) = (store, ground, program, clock, logger)
    }

    /// Carries out what is started, until shutdown, which stops it.
    public func run() async throws {
        try await store.endUnfinished(now: clock.now())
        await removeLeftovers()
        await cancelWhenGracefulShutdown { [self] in
            for await run in started { await carryOut(run) }
        }
    }

    private func carryOut(_ run: RehearsalRun) async {
        let rehearsal = await withTaskCancellationHandler {
            await run.run(logger: logger)
        } onCancel: {
            run.stop(Localized("The server ends.", zh: "服务器正在停止。"))
        }
        await keep(rehearsal)
        running.withLock { $0 = nil }
        await removeLeftovers()
    }

    /// Copies that an earlier end of the server, or a failure, has left.
    private func removeLeftovers() async {
        for shadow in ground.shadows() {
            do { try await ground.removeShadow(shadow) } catch {
                logger.error("the copy of a rehearsal could not be removed", metadata: ["environment": "\(shadow)", "error": "\(error)"])
            }
        }
    }

    private func keep(_ rehearsal: Rehearsal) async {
        do { try await store.save(rehearsal) } catch {
            logger.error("a rehearsal could not be written down", metadata: ["rehearsal": "\(rehearsal.id)", "error": "\(error)"])
        }
    }

    // MARK: What can be done

    /// Starts a rehearsal; answers it as it begins.
    /// - Throws: 409 `REHEARSAL_RUNNING`, 403 `LOAD_TARGET_REFUSED`, 400 for what is wrong with the request.
    func start(_ wanted: JSONObject, of environment: EnvironmentID, _ language: Language) async throws -> JSON {
        guard !ground.shadows().contains(environment) else { throw SampanError.rehearsalOfShadow }
        let request = try RehearsalRequest(wanted, listeners: ground.listeners)
        let id = "rh-" + RandomText.make(10, alphabet: RandomText.readable)
        let rehearsal = Rehearsal(id: id, environment: environment, promise: request.promise, startedAt: clock.now())
        let run = RehearsalRun(rehearsal, request, ground, program: program, clock: clock)
        try running.withLock { running in
            if let running { throw SampanError.rehearsalRuns(running.rehearsal.id) }
            running = run
        }
        do { try await store.save(rehearsal) } catch {
            running.withLock { $0 = nil }
            throw error
        }
        AuditNote.changed("rehearsal \(id) of \(environment)", to: rehearsal.promise.json)
        starts.yield(run)
        return JSON.object(rehearsal.json).inLanguage(language)
    }

    /// Ends a rehearsal within a second; one that has ended stays as it is.
    func stop(_ id: String, of environment: EnvironmentID, _ language: Language) throws -> JSON {
        let run = running.withLock { $0.flatMap { $0.rehearsal.id == id && $0.rehearsal.environment == environment ? $0 : nil } }
        guard let run else { return try show(id, of: environment, language) }
        run.stop(Localized("Somebody stopped it.", zh: "已被人为停止。"))
        AuditNote.changed("rehearsal \(id) of \(environment)", to: "stopped")
        return JSON.object(run.rehearsal.json).inLanguage(language)
    }

    /// One of them, as far as it is.
    func show(_ id: String, of environment: EnvironmentID, _ language: Language) throws -> JSON {
        let live = running.withLock { $0?.rehearsal }
        if let live, live.id == id, live.environment == environment { return JSON.object(live.json).inLanguage(language) }
        guard let stored = try store.find(id, of: environment) else { throw SampanError.noRehearsal(id) }
        return stored.inLanguage(language)
    }

    /// All of an environment, the latest first, without their steps.
    func list(of environment: EnvironmentID, _ language: Language) throws -> [JSON] {
        let live = running.withLock { $0?.rehearsal }
        return try store.all(of: environment).map { stored in
            var row = (stored["id"]?.stringValue == live?.id ? live.map { JSON.object($0.json) } : nil) ?? stored
            if case .object(var members) = row {
                members["steps"] = nil
                row = .object(members)
            }
            return row.inLanguage(language)
        }
    }
}
