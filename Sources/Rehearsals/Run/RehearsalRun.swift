internal import Foundation
internal import HTTPSupport
internal import Kernel
internal import Logging
internal import Synchronization

/// Carries one rehearsal out: copy, calm, promised peak, capacity, bottleneck, and the copy's end.
final class RehearsalRun: Sendable {
    private struct State {
        var rehearsal: Rehearsal
        var stopReason: Localized?
        var generator: GeneratorProcess?
    }

    /// How long few users come first, in seconds, to see how long everything takes alone.
    private static let calmSeconds = 3.0
    /// The most users of a step who have a token of their own; beyond, they come again.
    private static let tokensMax = 50_000
    /// How long is waited between two steps until nothing is left of the first, in seconds.
    private static let settleSeconds = 15

    private let ground: any RehearsalGround
    private let request: RehearsalRequest
    private let program: URL
    private let clock: WallClock
    private let state: Mutex<State>
    private let began = monotonicMicroseconds()

    init(_ rehearsal: Rehearsal, _ request: RehearsalRequest, _ ground: any RehearsalGround, program: URL, clock: WallClock) {
        (self.ground, self.request, self.program, self.clock) = (ground, request, program, clock)
        state = Mutex(State(rehearsal: rehearsal))
    }

    /// What is known so far.
    var rehearsal: Rehearsal { state.withLock { $0.rehearsal } }

    /// Ends it within a second; what was found until then stays.
    func stop(_ reason: Localized) {
        state.withLock { state in
            state.stopReason = state.stopReason ?? reason
            return state.generator
        }?.stop()
    }

    /// Runs to the end; whatever happens, nothing is left of the copy.
    func run(logger: Logger) async -> Rehearsal {
        var shadow: EnvironmentID?
        do {
            let made = try await ground.makeShadow(of: rehearsal.environment, request.shadow)
            shadow = made
            change { $0.status = .running }
            try await rehearse(in: made)
            let status: Rehearsal.Status = stopReason == nil ? .done : .stopped
            change { $0.status = status }
        } catch {
            logger.warning("a rehearsal failed", metadata: ["rehearsal": "\(rehearsal.id)", "error": "\(error)"])
            let detail = (error as? SampanError ?? (error as? any SampanErrorConvertible)?.sampanError)?.detail
            let status: Rehearsal.Status = stopReason == nil ? .failed : .stopped
            change {
                $0.status = status
                $0.reason = detail ?? Localized("Something went wrong in the server; its log says what.", zh: "服务器内部出现错误,详见服务器日志。")
            }
        }
        if let reason = stopReason { change { $0.reason = reason } }
        if let shadow {
            do { try await ground.removeShadow(shadow) } catch {
                // The service removes what is left at the next rehearsal and the next start.
                logger.error("the copy of a rehearsal could not be removed", metadata: ["environment": "\(shadow)", "error": "\(error)"])
            }
        }
        change {
            $0.rate = nil
            $0.endedAt = self.clock.now()
        }
        return rehearsal
    }

    private var stopReason: Localized? { state.withLock { $0.stopReason } }

    private func change(_ body: (inout Rehearsal) -> Void) { state.withLock { body(&$0.rehearsal) } }

    private var isOver: Bool { stopReason != nil || Double(monotonicMicroseconds() - began) / 1e6 > request.secondsMax }

    // MARK: The steps

    private func rehearse(in shadow: EnvironmentID) async throws {
        let promise = request.promise
        let few = min(20, max(1, promise.peak / 10))
        try await step(.calm, rate: few, RehearsalRequest.constant(few, seconds: Self.calmSeconds), in: shadow)
        guard !isOver else { return }
        let peak = try await step(.promise, rate: promise.peak, arrivals, in: shadow)
        guard stopReason == nil else { return }
        change { $0.isKept = peak.outcome.voidReasons.isEmpty || !peak.isKept ? peak.isKept : nil }
        var search = CapacitySearch(ceiling: request.rateMax, stepsMax: RehearsalRequest.stepsMax)
        search.note(rate: promise.peak, isKept: peak.isKept)
        while request.findsCapacity, !isOver, let rate = search.next {
            let step = try await step(.search, rate: rate, RehearsalRequest.constant(rate, seconds: request.stepSeconds), in: shadow)
            guard stopReason == nil else { break }
            search.note(rate: rate, isKept: step.isKept)
            change { $0.capacity = (search.kept, search.broken) }
        }
        change {
            $0.capacity = (search.kept, search.broken)
            $0.bottleneck = Self.bottleneck($0)
        }
    }

    private var arrivals: JSON {
        guard var shape = request.shape else { return RehearsalRequest.constant(request.promise.peak, seconds: request.confirmSeconds) }
        shape["times"] = .double((shape["times"]?.doubleValue ?? 1) * request.shapeTimes)
        return .object(shape)
    }

    /// What gave way in the step of the lowest rate that did not keep the promise.
    private static func bottleneck(_ rehearsal: Rehearsal) -> Bottleneck {
        let loaded = rehearsal.steps.filter { $0.purpose != .calm }
        guard let broken = loaded.filter({ !$0.isKept }).min(by: { $0.outcome.rate < $1.outcome.rate }) else { return .noneReached }
        let calm = rehearsal.steps.first { $0.purpose == .calm }
        return Bottleneck.name(broken.outcome, broken.evidence, calm: calm?.evidence, calmOutcome: calm?.outcome, rehearsal.promise)
    }

    @discardableResult private func step(_ purpose: Rehearsal.Purpose, rate: Double, _ arrivals: JSON, in shadow: EnvironmentID) async throws -> Rehearsal.Step
    {
        change { $0.rate = rate }
        await settle(shadow)
        let generator = try await generator(arrivals, rate: rate, in: shadow)
        defer { generator.kill() }
        var recorder = try await EvidenceRecorder(ground, shadow, generator: generator.pid, clock: clock)
        var watch = DangerWatch(shadow: shadow)
        while !generator.hasEnded {
            recorder.look()
            if let danger = watch.look(ground.traffic()) { stop(danger) }
            if Task.isCancelled { stop(Localized("The server ends.", zh: "服务器正在停止。")) }
            // Cancelled by shutdown: the generator has been told, and ends within some ten milliseconds.
            try? await Task.sleep(for: .milliseconds(100))
        }
        state.withLock { $0.generator = nil }
        guard let json = try generator.answer?.get(), let outcome = StepOutcome(rate: rate, report: json) else {
            throw SampanError.generatorFailed("it ended without a report")
        }
        let step = Rehearsal.Step(
            purpose: purpose, outcome: outcome, isKept: request.promise.isKept(by: outcome), evidence: try await recorder.evidence())
        change { $0.steps.append(step) }
        return step
    }

    private func generator(_ arrivals: JSON, rate: Double, in shadow: EnvironmentID) async throws -> GeneratorProcess {
        let planned = request.step(arrivals: arrivals, users: UserRows.make([("", "")], beside: request.plan["users"]))
        let first = state.withLock { $0.rehearsal.steps.reduce(0) { $0 + $1.outcome.arrivals } + $0.rehearsal.steps.count * 1000 }
        let count = min(Self.tokensMax, Int(try PlannedLoad.arrivals(planned) * 1.2) + 50)
        let users = UserRows.make(ground.tokens(count, from: first, in: shadow), beside: request.plan["users"])
        let listeners = ground.listeners
        let assignment: JSON = [
            "plan": .object(request.step(arrivals: arrivals, users: users)), "env": .string(shadow.text), "url": .string("http://\(listeners.first ?? "")"),
            "listeners": .array(listeners.map { .string($0) }), "run": .string("\(rehearsal.id)-\(first)"),
        ]
        let generator = try await offEventLoop { [program] in try GeneratorProcess(program: program, assignment) }
        let isStopped = state.withLock { state in
            state.generator = generator
            return state.stopReason != nil
        }
        if isStopped { generator.stop() }
        return generator
    }

    /// Waits until nothing of the step before is left.
    private func settle(_ shadow: EnvironmentID) async {
        for _ in 0..<(Self.settleSeconds * 10) {
            if stopReason != nil || ground.load(of: shadow).allSatisfy({ $0.inFlight == 0 && $0.queued == 0 }) { break }
            // Cancelled by shutdown: the step that follows ends at once.
            try? await Task.sleep(for: .milliseconds(100))
        }
    }
}
