internal import Foundation
internal import Kernel
internal import NIOCore
internal import NIOPosix

/// Executes a run on one event loop: turns to what is due, gives it a connection, brings back the answers, and looks after the bounds.
///
/// Everything happens on that loop, and the loop does nothing else.
final class GeneratorLoop {
    /// What the run is told from outside, and tells.
    struct Hooks: Sendable {
        /// Why the run has to end now; asked every ``tickMilliseconds``.
        var stopReason: @Sendable () -> Localized?
        /// Why real users would be hurt; asked every ``guardTicks`` ticks.
        var danger: @Sendable () -> Localized?
        var onSecond: @Sendable (SecondReport) -> Void
    }

    private static let tickMilliseconds: Int64 = 10
    private static let guardTicks = 10
    /// The loop wakes up for arrivals at most so often, in nanoseconds; what came due meanwhile is sent together, so much late at most.
    private static let pumpSpacing: Int64 = 100_000
    /// After so many requests in a row, the loop looks at the answers first.
    private static let burstMax = 64

    private let loop: any EventLoop
    private let target: RehearsalTarget
    private let plan: ArrivalPlan
    private let settings: LoadSettings
    private let hooks: Hooks
    private let promise: EventLoopPromise<LoadReport>
    private var run: LoadRun
    private var pool: ConnectionPool<GeneratorConnection, VirtualUser>
    private var connections: [ObjectIdentifier: GeneratorConnection] = [:]
    /// The machine's clock when the run's clock started, in nanoseconds.
    private var began: Int64 = 0
    private var meter = ProcessorMeter()
    private var ticks = 0
    private var secondsTold = 0
    private var isPumping = false
    private var nextPump: (at: Int64, task: Scheduled<Void>)?
    /// How many connections are to be there before the clock starts.
    private var wantedAtStart: Int
    private var hasBegun = false
    private var hasEnded = false

    init(
        _ scenario: Scenario, _ plan: ArrivalPlan, target: RehearsalTarget, settings: LoadSettings, hooks: Hooks, loop: any EventLoop,
        promise: EventLoopPromise<LoadReport>
    ) {
        (self.loop, self.target, self.plan, self.settings, self.hooks, self.promise) = (loop, target, plan, settings, hooks, promise)
        wantedAtStart = settings.connectionsAtStart
        run = LoadRun(
            scenario, plan, host: target.host, runID: settings.runID, seed: settings.seed, usersMax: settings.usersMax,
            secondsMax: settings.secondsMax + settings.drainSeconds + 1)
        pool = ConnectionPool(connectionsMax: settings.connectionsMax, connectingMax: settings.connectingMax, waitersMax: settings.waitingMax)
    }

    /// Makes the first connections, then begins; the promise gets the report.
    func start() {
        began = Int64(NIODeadline.now().uptimeNanoseconds)
        tick()
        warmUp()
    }

    private func warmUp() {
        guard !hasBegun, !hasEnded else { return }
        while pool.startConnecting(upTo: wantedAtStart) { connect() }
        if pool.connecting == 0 { begin() }
    }

    private func begin() {
        hasBegun = true
        began = Int64(NIODeadline.now().uptimeNanoseconds)
        meter.start(at: 0)
        pump()
    }

    /// Nanoseconds since the clock started.
    private var now: Int64 { Int64(NIODeadline.now().uptimeNanoseconds) - began }

    // MARK: What is due

    private func pump() {
        guard !isPumping, !hasEnded else { return }
        isPumping = true
        for _ in 0..<Self.burstMax {
            let now = now
            guard let user = run.takeDue(at: now) else { break }
            dispatch(user, now)
        }
        isPumping = false
        schedulePump()
    }

    private func schedulePump() {
        guard let due = run.nextDue, !hasEnded else { return }
        let moment = max(due, now + Self.pumpSpacing)
        if let nextPump {
            guard moment < nextPump.at else { return }
            nextPump.task.cancel()
        }
        let task = loop.assumeIsolated().scheduleTask(deadline: .uptimeNanoseconds(UInt64(began + moment))) {
            self.nextPump = nil
            self.pump()
        }
        nextPump = (moment, task)
    }

    /// After something happened that may have made a user due.
    private func pumpIfDue() {
        guard hasBegun, !isPumping, let due = run.nextDue else { return }
        due <= now ? pump() : schedulePump()
    }

    private func dispatch(_ user: VirtualUser, _ now: Int64) {
        switch pool.lease(user) {
        case .use(let connection): send(user, on: connection, now)
        case .waits: growPool()
        case .refused: run.dropped(user, at: now)
        }
    }

    private func send(_ user: VirtualUser, on connection: GeneratorConnection, _ now: Int64) {
        run.sent(user, at: now)
        connection.send(user)
    }

    // MARK: Connections

    private func growPool() {
        while !hasEnded, pool.startConnecting() { connect() }
    }

    private func connect() {
        let connection = GeneratorConnection(owner: self)
        let bound = NIOLoopBound(connection, eventLoop: loop)
        ClientBootstrap(group: loop)
            .connectTimeout(.milliseconds(Int64(settings.timeoutMilliseconds)))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            // An answer is read by one call; a second one would only find out that there is no more.
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(bound.value) }
            }
            .connect(to: target.address)
            .assumeIsolated()
            .whenComplete { result in
                switch result {
                case .success: self.connected(connection)
                case .failure(let error): self.connectFailed(error)
                }
            }
    }

    private func connected(_ connection: GeneratorConnection) {
        guard !hasEnded else { return connection.close() }
        connections[ObjectIdentifier(connection)] = connection
        if let user = pool.connected(connection) { send(user, on: connection, now) }
        growPool()
        warmUp()
    }

    private func connectFailed(_ error: any Error) {
        guard !hasEnded else { return }
        if let user = pool.connectFailed() { run.lost(user, error.isOwnShortage ? .noSocket : .connectFailed, at: now) }
        growPool()
        // The users will find out what is wrong.
        wantedAtStart = 0
        warmUp()
        pumpIfDue()
    }

    /// Gives up whatever has taken too long.
    private func giveUpLate(_ now: Int64) {
        let earliest = now - Int64(settings.timeoutMilliseconds) * 1_000_000
        while let user = pool.takeWaiter(where: { $0.due < earliest }) { run.lost(user, .timedOut, at: now) }
        for connection in connections.values {
            guard let due = connection.user?.due, due < earliest, let user = connection.abandon() else { continue }
            run.lost(user, .timedOut, at: now)
        }
    }

    // MARK: Looking after the run

    private func tick() {
        guard !hasEnded else { return }
        let now = now
        if hasBegun {
            run.advance(to: now)
            closeSeconds(now)
            giveUpLate(now)
        }
        defer { ticks += 1 }
        if let reason = hooks.stopReason() ?? (ticks % Self.guardTicks == 0 ? hooks.danger() : nil) { return finish(.stopped(reason)) }
        if run.isOver { return finish(.completed) }
        if Double(now) / 1e9 > plan.seconds + Double(settings.drainSeconds) { return finish(.drainedTooLong) }
        loop.assumeIsolated().scheduleTask(in: .milliseconds(Self.tickMilliseconds)) { self.tick() }
        pumpIfDue()
    }

    /// Tells of the seconds that are over.
    private func closeSeconds(_ now: Int64) {
        let over = run.recorder.seconds.rows.count - 1
        guard over > secondsTold else { return }
        run.setProcessorShare(meter.lap(at: now), ofRow: over - 1)
        for second in run.recorder.seconds.rows[secondsTold..<over] { hooks.onSecond(second) }
        secondsTold = over
    }

    private func finish(_ end: LoadReport.End) {
        let now = now
        hasEnded = true
        nextPump?.task.cancel()
        for connection in connections.values {
            if let user = connection.abandon() { run.lost(user, .unfinished, at: now) }
        }
        while let user = pool.takeWaiter(where: { _ in true }) { run.lost(user, .unfinished, at: now) }
        run.end(at: now)
        promise.succeed(report(end, now))
    }

    private func report(_ end: LoadReport.End, _ now: Int64) -> LoadReport {
        let recorder = run.recorder
        let most = meter.most(at: now)
        return LoadReport(
            end: end, faults: VoidReason.all(recorder, processorShareMost: most, settings), seconds: Double(now) / 1e9, planned: plan.arrivals,
            arrivals: recorder.arrivals, dropped: recorder.dropped, perSecond: recorder.seconds.rows, steps: recorder.steps, journeys: recorder.journeys,
            lag: recorder.lag, connectionWait: recorder.connectionWait, connectionsMost: pool.openMost, processorShareMost: most)
    }
}

extension GeneratorLoop: GeneratorConnectionOwner {
    func answered(_ connection: GeneratorConnection, _ user: VirtualUser, _ answer: Answer) {
        guard !hasEnded else { return }
        let now = now
        if connection.isUsable, let next = pool.released(connection) { send(next, on: connection, now) }
        run.answered(user, answer, at: now)
        pumpIfDue()
    }

    func closed(_ connection: GeneratorConnection, _ user: VirtualUser?, _ fault: RequestFault) {
        // One that ended before it was connected was never counted.
        guard !hasEnded, connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        pool.closed(connection)
        if let user { run.lost(user, fault, at: now) }
        growPool()
        pumpIfDue()
    }
}

extension Error {
    /// Whether it is this machine that has no room for another connection, and not the server that refused it.
    fileprivate var isOwnShortage: Bool { (self as? IOError).map { [EMFILE, ENFILE, EADDRNOTAVAIL, ENOBUFS, ENOMEM].contains($0.errnoCode) } ?? false }
}
