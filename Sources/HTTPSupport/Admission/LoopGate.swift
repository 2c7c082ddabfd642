internal import Kernel
internal import NIOCore

/// Stands at the requests of one event loop: lets in as much at a time as the loop does in about two milliseconds, so that whoever is important
/// never waits behind a heap of others, and keeps the rest in a fair line.
///
/// Only on its loop.
final class LoopGate {
    enum Verdict: Equatable {
        case go
        case wait
        case shed(Shedding)
    }

    /// What one batch may take.
    private static let batchMicroseconds = 2000.0
    /// The handler of a request begins to run some jobs later; the mark goes round as often before it looks at the clock.
    private static let rounds = 3
    /// Back to the sockets before the next batch: what is scheduled for now would run before they are looked at.
    private static let breath = TimeAmount.microseconds(20)
    /// Batches that are smaller say nothing about how slow it is.
    private static let telling = 300.0
    private static let slownessRange = 0.5...50.0
    private static let countsMicroseconds: Int64 = 250_000

    private let control: AdmissionControl
    private let loop: any EventLoop
    private var line: FairLine<FrontDesk>
    private var batch = 0.0
    private var batchBegan: Int64 = 0
    private var isMarked = false
    private var counts: [AdmissionCounts.Key: AdmissionCounts.Count] = [:]
    private var countsLeft: Int64 = 0
    private var willCount = false
    private let isOff: Bool

    init(_ control: AdmissionControl, _ loop: any EventLoop) {
        self.control = control
        self.loop = loop
        isOff = control.policy.targetMicroseconds <= 0
        line = FairLine(targetMicroseconds: control.policy.targetMicroseconds)
    }

    /// A request has come; where it has to wait, its desk is told later.
    func arrive(_ desk: FrontDesk, _ arrival: Arrival) -> Verdict {
        if isOff { return .go }
        let now = monotonicMicroseconds()
        let cost = control.costs.estimate(arrival)
        if line.isEmpty, batch * line.slowness < Self.batchMicroseconds {
            if let reason = line.pass(arrival, now: now) { return shed(arrival, reason) }
            letIn(arrival, cost, waited: 0, now)
            return .go
        }
        let weight = control.policy.weight(arrival.environment)
        if let reason = line.add(desk, arrival, cost: cost, weight: weight, now: now) { return shed(arrival, reason) }
        mark(now)
        return .wait
    }

    /// A request has come of which nothing can be said, and is served if nobody waits.
    func arriveUnknown() -> Bool {
        if isOff { return true }
        let arrival = Arrival(environment: nil, kind: .browse)
        guard line.isEmpty, batch * line.slowness < Self.batchMicroseconds else {
            _ = shed(arrival, .full)
            return false
        }
        letIn(arrival, control.costs.estimate(arrival), waited: 0, monotonicMicroseconds())
        return true
    }

    private func letIn(_ arrival: Arrival, _ cost: Double, waited: Int64, _ now: Int64) {
        count(arrival) { count in
            count.admitted += 1
            if waited > 0 { count.waited += 1 }
            count.longestWait = max(count.longestWait, waited)
        }
        batch += cost
        mark(now)
    }

    private func shed(_ arrival: Arrival, _ reason: Shedding) -> Verdict {
        count(arrival) { $0.shed[reason, default: 0] += 1 }
        return .shed(reason)
    }

    // MARK: Batches

    private func mark(_ now: Int64) {
        guard !isMarked else { return }
        isMarked = true
        batchBegan = now
        goRound(Self.rounds)
    }

    private func goRound(_ rounds: Int) {
        loop.assumeIsolated().execute { [self] in
            if rounds > 1 { goRound(rounds - 1) } else { endBatch() }
        }
    }

    private func endBatch() {
        if batch > Self.telling {
            let slowness = Double(monotonicMicroseconds() - batchBegan) / batch
            line.slowness += 0.2 * (min(max(slowness, Self.slownessRange.lowerBound), Self.slownessRange.upperBound) - line.slowness)
        }
        batch = 0
        isMarked = false
        if line.isEmpty { return }
        // Nobody else begins a batch meanwhile: whoever comes goes to the line.
        isMarked = true
        loop.assumeIsolated().scheduleTask(in: Self.breath) { [self] in
            isMarked = false
            serve()
        }
    }

    private func serve() {
        let now = monotonicMicroseconds()
        while batch * line.slowness < Self.batchMicroseconds, let next = line.next(now: now) {
            switch next {
            case .serve(let entry):
                // Whoever has hung up costs nothing.
                guard entry.item.isWaiting else { continue }
                letIn(entry.arrival, entry.cost, waited: now - entry.arrived, now)
                entry.item.letIn()
            case .shed(let entry):
                guard entry.item.isWaiting else { continue }
                _ = shed(entry.arrival, .late)
                entry.item.shed()
            }
        }
        if !line.isEmpty { mark(now) }
    }

    // MARK: Counting

    private func count(_ arrival: Arrival, _ change: (inout AdmissionCounts.Count) -> Void) {
        change(&counts[AdmissionCounts.Key(environment: arrival.environment, kind: arrival.kind), default: AdmissionCounts.Count()])
        if willCount { return }
        willCount = true
        loop.assumeIsolated().scheduleTask(in: .microseconds(Self.countsMicroseconds)) { [self] in
            willCount = false
            control.counts.add(counts)
            counts.removeAll(keepingCapacity: true)
        }
    }
}
