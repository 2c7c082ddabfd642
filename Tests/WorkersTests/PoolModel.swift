import NIOCore

@testable import Workers

/// Carries out a `PoolState`'s actions by hand, on a clock that the test turns.
struct PoolModel {
    var state: PoolState<Int>
    var now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    /// Workers whose process is to be started, with the heap's size.
    var starts: [WorkerID: Int] = [:]
    var specialisations: [(worker: WorkerID, code: FunctionCode)] = []
    var running: [Int: WorkerID] = [:]
    var coldTickets: Set<Int> = []
    var refused: [Int: PoolState<Int>.Refusal] = [:]
    var ended: [WorkerID] = []
    var answered: Set<Int> = []
    private var lastTicket = 0

    init(_ change: (inout PoolLimits) -> Void = { _ in }) {
        var limits = PoolLimits(WorkerConfiguration(runtimeDirectory: "", stateDirectory: ""))
        change(&limits)
        state = PoolState(limits: limits)
    }

    static func code(_ key: String, concurrency: Int = 1, memoryMB: Int = 512) -> FunctionCode {
        FunctionCode(key: key, directory: "", env: "env", function: key, version: 1, memoryMB: memoryMB, concurrency: concurrency)
    }

    @discardableResult
    mutating func admit(_ code: FunctionCode, timeout: TimeAmount = .seconds(20)) -> Int {
        lastTicket += 1
        switch state.admit(lastTicket, code: code, deadline: now + timeout, now: now) {
        case .dispatch(let worker): running[lastTicket] = worker
        case .refused: refused[lastTicket] = .busy
        case .queued: break
        }
        carryOut()
        return lastTicket
    }

    mutating func finish(_ ticket: Int, memoryHigh: Bool = false) {
        guard let worker = running.removeValue(forKey: ticket) else { return }
        answered.insert(ticket)
        state.finished(worker, memoryHigh: memoryHigh, now: now)
        carryOut()
    }

    mutating func tick(after time: TimeAmount = .zero) {
        now = now + time
        state.tick(now: now)
        carryOut()
    }

    mutating func keep(_ code: FunctionCode, floor: Int, lastIdle: TimeAmount? = nil) {
        state.keep(code, KeepAlive(floor: floor, lastIdle: lastIdle, until: now + .seconds(60)), now: now)
        carryOut()
    }

    mutating func started(_ worker: WorkerID) {
        starts[worker] = nil
        state.started(worker, now: now)
        carryOut()
    }

    /// Every process that is to be started comes up.
    mutating func startAll() {
        while let worker = starts.keys.min() { started(worker) }
    }

    mutating func specialised(_ worker: WorkerID) {
        specialisations.removeAll { $0.worker == worker }
        state.specialised(worker, now: now)
        carryOut()
    }

    /// Every worker that got code has loaded it.
    mutating func specialiseAll() {
        while let first = specialisations.first { specialised(first.worker) }
    }

    mutating func exited(_ worker: WorkerID) {
        starts[worker] = nil
        specialisations.removeAll { $0.worker == worker }
        ended.removeAll { $0 == worker }
        for (ticket, owner) in running where owner == worker {
            running[ticket] = nil
            answered.insert(ticket)
        }
        state.exited(worker, now: now)
        carryOut()
    }

    mutating func exitEnded() {
        while let worker = ended.first { exited(worker) }
    }

    /// Everything comes up and loads until nothing is left to do.
    mutating func settle() {
        while !starts.isEmpty || !specialisations.isEmpty || !ended.isEmpty {
            startAll()
            specialiseAll()
            exitEnded()
        }
    }

    mutating func carryOut() {
        for action in state.takeActions() {
            switch action {
            case .start(let worker, let memoryMB): starts[worker] = memoryMB
            case .specialise(let worker, let code): specialisations.append((worker, code))
            case .dispatch(let ticket, let worker, let cold):
                running[ticket] = worker
                if cold { coldTickets.insert(ticket) }
            case .refuse(let ticket, let refusal): refused[ticket] = refusal
            case .end(let worker): ended.append(worker)
            }
        }
    }
}
