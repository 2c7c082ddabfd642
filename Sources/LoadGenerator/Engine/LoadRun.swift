internal import Kernel
internal import NIOCore

/// A run as a state machine that knows no socket and no clock: who is due when, what an answer leads to, and the books.
///
/// All moments are nanoseconds since the run began. A user is either asleep (in here), or underway: given out by ``takeDue(at:)`` and not yet
/// back through ``answered(_:_:at:)``, ``lost(_:_:at:)`` or ``dropped(_:at:)``.
struct LoadRun {
    private let scenario: Scenario
    private let host: String
    private let runID: String
    private let usersMax: Int
    private var arrivals: ArrivalTimes
    private var nextArrival: Int64?
    private var sleeping = SleepingUsers()
    private var random: SeededRandom
    private var judges: [RetryJudge]
    /// Requests that say nothing of their user, made once.
    private let readyRequests: [[ByteBuffer?]]
    private(set) var recorder: RunRecorder
    /// Users who have arrived and are not through, asleep or underway.
    private(set) var usersPresent = 0

    /// - Parameters:
    ///   - host: What `Host` says where a request does not.
    ///   - runID: Letters, digits and hyphens that tell this run's unique values from those of all others.
    ///   - secondsMax: How many seconds get a row of their own.
    init(_ scenario: Scenario, _ plan: ArrivalPlan, host: String, runID: String, seed: UInt64, usersMax: Int, secondsMax: Int) {
        (self.scenario, self.host, self.runID, self.usersMax) = (scenario, host, runID, usersMax)
        arrivals = plan.times()
        nextArrival = arrivals.next()
        random = SeededRandom(seed: seed)
        judges = scenario.journeys.map { RetryJudge($0.retry) }
        readyRequests = scenario.journeys.map { $0.steps.map { $0.hasGaps ? nil : $0.bytes([], host: host) } }
        recorder = RunRecorder(scenario, secondsMax: secondsMax)
    }

    /// When something is to be sent next.
    var nextDue: Int64? {
        switch (nextArrival, sleeping.nextDue) {
        case (let arrival?, let wake?): min(arrival, wake)
        case (let arrival, let wake): arrival ?? wake
        }
    }

    /// Whether nobody will come any more and all are through.
    var isOver: Bool { nextArrival == nil && usersPresent == 0 }

    /// The next user whose request is due by `now`, with the request made.
    mutating func takeDue(at now: Int64) -> VirtualUser? {
        while let due = nextDue, due <= now {
            let arrives = nextArrival.map { $0 <= sleeping.nextDue ?? .max } ?? false
            guard let user = arrives ? arrive(at: due) : sleeping.removeFirst() else { continue }
            if user.tries == 1 {
                judges[user.journey].triedFirst()
                makeRequest(user)
            }
            (user.turnedTo, user.sent) = (now, nil)
            recorder.turned(to: user, now: now)
            return user
        }
        return nil
    }

    /// The user's request went to a connection.
    mutating func sent(_ user: VirtualUser, at now: Int64) {
        user.sent = now
        recorder.sent(user, now: now)
    }

    /// The server answered.
    mutating func answered(_ user: VirtualUser, _ answer: Answer, at now: Int64) {
        let (outcome, captured) = scenario.journeys[user.journey].steps[user.step].judge(answer)
        for (slot, value) in captured { user.values[slot] = value }
        recorder.settled(user, outcome, status: answer.status, now: now)
        goOn(user, after: outcome, retryAfter: answer.retryAfter, at: now)
    }

    /// The request came to no answer.
    mutating func lost(_ user: VirtualUser, _ fault: RequestFault, at now: Int64) {
        recorder.settled(user, .lost(fault), status: nil, now: now)
        goOn(user, after: .lost(fault), retryAfter: nil, at: now)
    }

    /// There was no room for the request in the generator: the user is gone, and the run is void.
    mutating func dropped(_ user: VirtualUser, at now: Int64) {
        recorder.dropped(at: user.due)
        recorder.journeys[user.journey].unfinished += 1
        usersPresent -= 1
    }

    /// The run ends: nobody arrives any more, and who sleeps does not go on.
    mutating func end(at now: Int64) {
        nextArrival = nil
        for user in sleeping.removeAll() {
            recorder.journeys[user.journey].unfinished += 1
            usersPresent -= 1
        }
        recorder.advance(to: now)
        recorder.closeLastSecond()
    }

    /// Ends the seconds that are over.
    mutating func advance(to now: Int64) { recorder.advance(to: now) }

    mutating func setProcessorShare(_ share: Double, ofRow row: Int) { recorder.setProcessorShare(share, ofRow: row) }
}

extension LoadRun {
    /// The user who arrives at `moment`; nil where there is no room, or the user thinks before the first step.
    private mutating func arrive(at moment: Int64) -> VirtualUser? {
        nextArrival = arrivals.next()
        recorder.arrived(at: moment)
        guard usersPresent < usersMax else {
            recorder.dropped(at: moment)
            return nil
        }
        let place = scenario.choose(&random)
        let journey = scenario.journeys[place]
        let number = recorder.arrivals - 1
        let user = VirtualUser(number: number, journey: place, arrived: moment, values: journey.usesValues ? values(of: number, journey) : [])
        recorder.journeys[place].started += 1
        usersPresent += 1
        let pause = pause(before: 0, journey)
        guard pause > 0 else { return user }
        user.due += pause
        sleeping.insert(user)
        return nil
    }

    private func values(of number: Int, _ journey: CompiledJourney) -> [String] {
        let given = ["\(number)", runID, ""] + scenario.users.row(of: number)
        return given + repeatElement("", count: journey.slotCount - given.count)
    }

    private mutating func makeRequest(_ user: VirtualUser) {
        if let ready = readyRequests[user.journey][user.step] {
            user.request = ready
            return
        }
        user.values[CompiledJourney.uniqueSlot] = "\(runID)-\(user.number)-\(user.step)"
        user.request = scenario.journeys[user.journey].steps[user.step].bytes(user.values, host: host)
    }

    /// Puts a user to sleep until the next request, or ends the journey.
    private mutating func goOn(_ user: VirtualUser, after outcome: Outcome, retryAfter: Double?, at now: Int64) {
        let journey = scenario.journeys[user.journey]
        switch outcome {
        case .served where user.step + 1 < journey.steps.count:
            user.step += 1
            user.tries = 1
            user.due = now + pause(before: user.step, journey)
            sleeping.insert(user)
        case .served:
            recorder.journeys[user.journey].completed += 1
            recorder.journeys[user.journey].duration.record((now - user.arrived) / 1000)
            usersPresent -= 1
        case .accepted:
            recorder.journeys[user.journey].accepted += 1
            usersPresent -= 1
        case .lost(.unfinished):
            recorder.journeys[user.journey].unfinished += 1
            usersPresent -= 1
        case .refused, .failed, .lost:
            retryOrGiveUp(user, after: outcome, retryAfter: retryAfter, at: now)
        }
    }

    private mutating func retryOrGiveUp(_ user: VirtualUser, after outcome: Outcome, retryAfter: Double?, at now: Int64) {
        guard let pause = judges[user.journey].pause(after: outcome, tries: user.tries, retryAfter: retryAfter, &random) else {
            recorder.journeys[user.journey].abandoned += 1
            usersPresent -= 1
            return
        }
        user.tries += 1
        user.due = now + Int64(pause * 1e9)
        sleeping.insert(user)
    }

    /// Nanoseconds that a user thinks before a step.
    private mutating func pause(before step: Int, _ journey: CompiledJourney) -> Int64 {
        let pause = journey.steps[step].pause
        return pause == .none ? 0 : Int64(random.uniform(pause.atLeast...pause.atMost) * 1e9)
    }
}
