/// The fair line in front of an environment that is full, or that is not open yet.
///
/// A value that knows no clock and no network: it is told what happens and when, in milliseconds. Who comes before the opening draws a lot, who comes
/// behind it gets the next number, and numbers are called as fast as people may come in. Nothing is kept of anybody: what somebody's place is stands on
/// the signed ticket that they have.
struct WaitingRoom: Sendable, Hashable {
    enum Phase: String, Sendable { case closed, lobby, open }

    /// What opened it.
    enum Cause: String, Sendable { case settings, schedule, load, hand }

    enum Lane: UInt8, Sendable, CaseIterable {
        case general = 0
        case member = 1

        var word: String { self == .member ? "member" : "general" }
    }

    /// What somebody gets who wants to come in.
    enum Given: Hashable {
        /// No line: come in.
        case free
        /// Their lot is drawn; what it is worth shows when the room opens.
        case lot(Lane)
        case number(Lane, Int)
        /// Numbers have to be written down first.
        case reserve
    }

    /// What becomes of somebody with a number.
    enum Turn: Hashable {
        case wait(ahead: Int)
        case come
        /// It was their turn long ago.
        case missed
    }

    /// From which share of requests that could not be served it opens by itself.
    private static let openingShare = 0.1
    private static let openingShed = 5
    /// How long that has to last.
    private static let openingMilliseconds: Int64 = 2000
    /// It closes by itself when for so long nobody has waited and everything was served.
    private static let calmMilliseconds: Int64 = 60_000
    /// What could not be let in is made up for, but no more than this many seconds' worth at once.
    private static let creditSeconds = 3.0
    /// How far ahead numbers are reserved at least, and for how many seconds of the recent rush.
    private static let blockLeast = 100
    private static let blockSeconds = 3

    private(set) var settings: WaitingRoomSettings
    private(set) var phase = Phase.closed
    private(set) var cause = Cause.settings
    /// Counts the openings: a ticket is of one of them.
    private(set) var epoch: Int64 = 0
    private(set) var openedAt: Int64 = 0
    private(set) var pace: Pace
    private var lines: [WaitingLine]
    private var credit = 0.0
    private var memberCarry = 0.0
    private var advancedAt: Int64 = 0
    private var loadedSince: Int64?
    private var calmSince: Int64 = 0
    /// Somebody has closed it by hand; it stays so until somebody opens it, or changes the settings.
    private(set) var isHeldClosed = false
    /// The opening by schedule that has been carried out.
    private(set) var scheduleDone: Int64 = 0
    private var issuedBefore = 0
    /// Tickets of the last second.
    private(set) var recentTickets = 0

    init(_ settings: WaitingRoomSettings) {
        self.settings = settings
        pace = Pace(ratePerMinute: settings.ratePerMinute)
        lines = Lane.allCases.map { _ in WaitingLine() }
    }

    subscript(lane: Lane) -> WaitingLine { lines[Int(lane.rawValue)] }

    /// How many wait, as far as is known.
    var waiting: Int { lines.reduce(0) { $0 + $1.waiting } }

    // MARK: What happens

    /// Its owner has changed what they want.
    mutating func change(_ settings: WaitingRoomSettings) {
        if settings.ratePerMinute != self.settings.ratePerMinute { pace = Pace(ratePerMinute: settings.ratePerMinute) }
        if settings.opensAt != self.settings.opensAt { scheduleDone = 0 }
        self.settings = settings
        isHeldClosed = false
    }

    /// Its owner opens it now.
    mutating func open(now: Int64) {
        isHeldClosed = false
        if phase == .lobby { return beginServing(.hand, now) }
        if phase == .closed { beginServing(.hand, now) } else { cause = .hand }
    }

    /// Its owner closes it now: everybody may come in.
    mutating func close() {
        isHeldClosed = true
        scheduleDone = settings.opensAt ?? 0
        phase = .closed
    }

    /// A second, or so, has passed.
    mutating func turn(_ load: Pace.Load, now: Int64) {
        note(load, now)
        switch wanted(now) {
        case (.open, let cause) where phase != .open: beginServing(cause, now)
        case (.lobby, _) where phase == .closed: begin(.lobby, .schedule, now)
        case (.closed, _): phase = .closed
        default: break
        }
        if phase == .open, settings.mode == .auto, let opensAt = settings.opensAt, now >= opensAt { scheduleDone = opensAt }
        let issued = lines.reduce(0) { $0 + max($1.issued, $1.drawn) }
        (recentTickets, issuedBefore) = (max(0, issued - issuedBefore), issued)
        guard phase == .open else { return }
        pace.turn(load, isWaiting: waiting > 0)
        advance(now: now)
    }

    private mutating func note(_ load: Pace.Load, _ now: Int64) {
        if load.shed >= Self.openingShed, load.shedShare > Self.openingShare {
            loadedSince = loadedSince ?? now
        } else {
            loadedSince = nil
        }
        if load.shed > 0 || waiting > 0 { calmSince = now }
    }

    /// In which phase it should be.
    private func wanted(_ now: Int64) -> (Phase, Cause) {
        if phase == .open, cause == .hand { return (.open, .hand) }
        guard settings.mode != .off else { return (.closed, cause) }
        if let opensAt = settings.opensAt, opensAt != scheduleDone {
            if now >= opensAt, settings.mode == .on || now < opensAt + Self.calmMilliseconds || phase != .closed { return (.open, .schedule) }
            if now >= opensAt - Int64(settings.lobbyMinutes) * 60_000, now < opensAt { return (.lobby, .schedule) }
            if settings.mode == .on { return (.closed, .schedule) }
        }
        if settings.mode == .on { return isHeldClosed ? (.closed, cause) : (.open, .settings) }
        if phase == .open {
            let isOver = now - calmSince >= Self.calmMilliseconds && now - openedAt >= Self.calmMilliseconds
            return (isOver ? .closed : .open, cause)
        }
        return loadedSince.map { now - $0 >= Self.openingMilliseconds } == true ? (.open, .load) : (.closed, cause)
    }

    private mutating func begin(_ phase: Phase, _ cause: Cause, _ now: Int64) {
        (self.phase, self.cause, openedAt, calmSince) = (phase, cause, now, now)
        epoch += 1
        lines = Lane.allCases.map { _ in WaitingLine() }
        (issuedBefore, recentTickets) = (0, 0)
    }

    private mutating func beginServing(_ cause: Cause, _ now: Int64) {
        if phase == .lobby {
            (phase, self.cause, openedAt, calmSince) = (.open, cause, now, now)
            for lane in lines.indices { lines[lane].open() }
        } else {
            begin(.open, cause, now)
        }
        (credit, memberCarry, advancedAt) = (0, 0, now)
    }

    // MARK: Numbers

    /// Somebody wants to come in.
    mutating func take(isMember: Bool, now: Int64) -> Given {
        let lane: Lane = isMember && settings.memberShare > 0 ? .member : .general
        let place = Int(lane.rawValue)
        switch phase {
        case .closed: return .free
        case .lobby:
            guard lines[place].reserved > 0 else { return .reserve }
            lines[place].draw()
            return .lot(lane)
        case .open:
            guard let number = lines[place].give() else { return .reserve }
            // Where nobody stands in front, nobody waits for the next second.
            if lines[place].waiting == 1 { advance(now: now) }
            return .number(lane, number)
        }
    }

    /// Somebody with a number of this opening asks whether it is their turn.
    func ask(_ lane: Lane, _ number: Int, now: Int64) -> Turn {
        guard phase == .open else { return .wait(ahead: number) }
        let line = self[lane]
        guard number < line.called else { return .wait(ahead: number - line.called) }
        guard let second = line.second(ofCall: number), now / 1000 - second <= WaitingLine.keptSeconds else { return .missed }
        return .come
    }

    /// Somebody whose turn it is comes in, for the first time.
    mutating func enter(_ lane: Lane, _ number: Int) {
        lines[Int(lane.rawValue)].came(number)
        credit -= 1
    }

    /// Calls as many as may come in by now.
    ///
    /// What counts is who comes in: of those who are called some have left. So many are called that, with those who were called a moment ago and are
    /// likely to come, as many come in as should.
    mutating func advance(now: Int64) {
        guard phase == .open, now > advancedAt else { return }
        credit += pace.perSecond * Double(now - advancedAt) / 1000
        advancedAt = now
        credit = min(credit, max(1, pace.perSecond * (waiting > 0 ? Self.creditSeconds : 1)) + expected(now))
        let count = Int(((credit - expected(now)) / showing(now)).rounded(.down))
        guard count > 0 else { return }
        call(count, now)
    }

    /// How many of those who were called a moment ago will still come.
    private func expected(_ now: Int64) -> Double { lines.reduce(0) { $0 + Double($1.outstanding(now: now)) } * showing(now) }

    /// Which share of those who are called comes.
    private func showing(_ now: Int64) -> Double {
        let seen = lines.map { $0.shows(now: now) }
        let (called, came) = (seen.reduce(0) { $0 + $1.called }, seen.reduce(0) { $0 + $1.came })
        // As if five had come before anything was seen.
        return max(0.02, Double(came + 5) / Double(called + 5))
    }

    private mutating func call(_ count: Int, _ now: Int64) {
        let (general, member) = (Int(Lane.general.rawValue), Int(Lane.member.rawValue))
        let waits = lines.map { $0.issued - $0.called }
        let fair = Double(count) * settings.memberShare + memberCarry
        let members = min(waits[member], max(Int(fair), count - waits[general]))
        let others = min(waits[general], count - members)
        // What is due to members is owed to them while they stand in line, not longer.
        memberCarry = waits[member] > members && others > 0 ? fair - Double(members) : 0
        lines[member].call(members, now: now)
        lines[general].call(others, now: now)
    }

    // MARK: What clients are told

    /// How many numbers a second are called in a line, and how far that may be off, as a share of it.
    func speed(_ lane: Lane, now: Int64) -> (perSecond: Double, error: Double) {
        if phase == .open, let measured = self[lane].speed(since: openedAt, now: now), settings.ratePerMinute != nil || now - openedAt > 30_000 {
            return (measured.perSecond, min(0.5, max(0.1, measured.unevenness)))
        }
        let isAlone = settings.memberShare == 0 || self[lane == .member ? .general : .member].waiting == 0
        let share = isAlone ? 1 : lane == .member ? settings.memberShare : 1 - settings.memberShare
        return (pace.perSecond * max(0.01, share) / showing(now), 0.3)
    }

    // MARK: Writing down

    /// What is written down, so that after a restart nobody has lost their place and no number is given twice.
    struct Saved: Sendable, Hashable {
        struct Line: Sendable, Hashable {
            var drawn = 0
            var reserved = 0
            var called = 0
        }

        var phase = Phase.closed
        var cause = Cause.settings
        var epoch: Int64 = 0
        var openedAt: Int64 = 0
        var isHeldClosed = false
        var scheduleDone: Int64 = 0
        var lines: [Line] = []
    }

    /// What is to be written down now.
    /// - Parameter isLast: nothing more will be given: nothing needs to be reserved.
    func saved(isLast: Bool = false) -> Saved {
        let block = isLast ? 0 : max(Self.blockLeast, recentTickets * Self.blockSeconds)
        return Saved(
            phase: phase, cause: cause, epoch: epoch, openedAt: openedAt, isHeldClosed: isHeldClosed, scheduleDone: scheduleDone,
            lines: lines.map { line in
                Saved.Line(drawn: line.drawn, reserved: isLast ? line.issued : max(line.issued + block, line.reserved), called: line.called)
            })
    }

    /// It was written down.
    mutating func wasSaved(_ saved: Saved) {
        guard saved.epoch == epoch, saved.phase == phase else { return }
        for (lane, line) in saved.lines.enumerated() { lines[lane].reserve(upTo: line.reserved) }
    }

    /// As it was when that was written down.
    init(_ settings: WaitingRoomSettings, _ saved: Saved, now: Int64) {
        self.init(settings)
        (phase, cause, epoch, openedAt) = (saved.phase, saved.cause, saved.epoch, saved.openedAt)
        (isHeldClosed, scheduleDone) = (saved.isHeldClosed, saved.scheduleDone)
        (calmSince, advancedAt) = (now, now)
        guard saved.lines.count == lines.count else { return }
        lines = saved.lines.map {
            WaitingLine(drawn: $0.drawn, reserved: $0.reserved, called: $0.called, isDrawing: saved.phase == .lobby, now: now)
        }
        issuedBefore = lines.reduce(0) { $0 + max($1.issued, $1.drawn) }
    }
}
