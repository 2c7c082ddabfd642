/// Keeps the books of a run, in which all moments are nanoseconds since it began.
struct RunRecorder: Sendable {
    private(set) var steps: [StepReport] = []
    var journeys: [JourneyReport] = []
    private(set) var seconds: SecondSeries
    private(set) var lag = LatencyHistogram()
    private(set) var connectionWait = LatencyHistogram()
    private(set) var arrivals = 0
    private(set) var dropped = 0
    /// Where each journey's steps begin.
    private var firstSteps: [Int] = []

    init(_ scenario: Scenario, secondsMax: Int) {
        seconds = SecondSeries(secondsMax: secondsMax)
        for journey in scenario.journeys {
            firstSteps.append(steps.count)
            steps += journey.steps.map { StepReport(journey: journey.name, step: $0.name) }
            journeys.append(JourneyReport(journey: journey.name))
        }
    }

    mutating func advance(to now: Int64) { seconds.advance(to: now) }

    mutating func closeLastSecond() { seconds.closeRow() }

    mutating func setProcessorShare(_ share: Double, ofRow row: Int) { seconds.setProcessorShare(share, ofRow: row) }

    mutating func arrived(at moment: Int64) {
        arrivals += 1
        seconds.change(at: moment) { $0.arrivals += 1 }
    }

    /// A user came, or came back, for whom there was no room.
    mutating func dropped(at moment: Int64) {
        dropped += 1
        seconds.change(at: moment) { $0.dropped += 1 }
    }

    /// The generator turned to a request that was due.
    mutating func turned(to user: VirtualUser, now: Int64) {
        let late = (now - user.due) / 1000
        lag.record(late)
        seconds.recordLag(late)
    }

    /// A request went to a connection.
    mutating func sent(_ user: VirtualUser, now: Int64) {
        let step = firstSteps[user.journey] + user.step
        steps[step].sent += 1
        if user.tries > 1 { steps[step].retries += 1 }
        connectionWait.record((now - user.turnedTo) / 1000)
        seconds.change(at: now) { $0.sent += 1 }
    }

    /// A request came to its end; `status` is that of the answer, where there was one.
    mutating func settled(_ user: VirtualUser, _ outcome: Outcome, status: Int?, now: Int64) {
        let step = firstSteps[user.journey] + user.step
        let latency = (now - user.due) / 1000
        steps[step].record(outcome, latency: latency, service: user.sent.map { (now - $0) / 1000 })
        if let status {
            steps[step].statuses[status, default: 0] += 1
            seconds.change(at: now) { $0.answered += 1 }
        }
        switch outcome {
        case .served, .accepted:
            seconds.change(at: now) { $0.served += 1 }
            seconds.recordLatency(latency)
        case .refused: seconds.change(at: now) { $0.refused += 1 }
        case .failed: seconds.change(at: now) { $0.failed += 1 }
        case .lost(let fault):
            if fault != .unfinished { seconds.change(at: now) { $0.failed += 1 } }
            if fault == .timedOut { seconds.recordLatency(latency) }
        }
    }
}
