public import Crypto
public import HTTPSupport
public import Kernel
public import Logging
public import Storage
internal import Synchronization

/// The waiting rooms of all environments: who stands in which line, who may come in, and what clients are told.
public final class WaitingRooms: Sendable {
    /// Whose token it is.
    public typealias Verify = @Sendable (_ token: String) -> (EnvironmentID, User)?

    /// One environment's.
    struct Room {
        var value: WaitingRoom
        /// Those who were here before there was a line, and may go on.
        var insiders = Insiders()
        /// Tickets that have been used: who comes twice is counted once.
        var used = BitFilter(capacity: 100_000)
        /// Browsers whose page has got a pass for its user.
        var followed = BitFilter(capacity: 100_000)
        var throttle = TicketThrottle()
        var saved = WaitingRoom.Saved()
        var status: DoorAnswer
        let held: [Language: DoorAnswer]

        init(_ value: WaitingRoom, _ environment: EnvironmentID, now: Int64) {
            self.value = value
            held = Dictionary(uniqueKeysWithValues: [.en, .zh].map { ($0, DoorAnswer(.waitingRoom(environment), language: $0)) })
            status = WaitingStatus.answer(value, environment, now: now)
        }
    }

    private static let ticketSeconds: Int64 = 24 * 3600

    let seal: WaitingSeal
    let verify: Verify
    let risk: any WaitingRoomRisk
    let clock: WallClock
    private let store: WaitingRoomStore
    private let logger: Logger
    private let turns = Turns<EnvironmentID>()
    let rooms: Mutex<[EnvironmentID: Room]>
    private let watching = Atomic(false)

    /// Opens them in the control database.
    public init(
        control: Database, key: SymmetricKey, risk: any WaitingRoomRisk = TrustingWaitingRoomRisk(), clock: WallClock, logger: Logger,
        verify: @escaping Verify
    ) throws {
        store = try WaitingRoomStore(control)
        seal = WaitingSeal(key)
        self.verify = verify
        self.risk = risk
        self.clock = clock
        self.logger = logger
        var rooms: [EnvironmentID: Room] = [:]
        let now = clock.now()
        for (environment, settings, saved) in try store.rooms() {
            rooms[environment] = Room(WaitingRoom(settings, saved, now: now), environment, now: now)
            rooms[environment]?.saved = saved
        }
        self.rooms = Mutex(rooms)
        lookAround(rooms)
    }

    /// Whether a room has to see requests: one that is open, or that may open and wants to know who was here before.
    public var isWatching: Bool { watching.load(ordering: .relaxed) }

    private func lookAround(_ rooms: [EnvironmentID: Room]) {
        watching.store(rooms.values.contains { $0.value.phase != .closed || $0.value.settings.mode != .off }, ordering: .relaxed)
    }

    // MARK: Settings

    /// The settings of an environment's room.
    public func settings(_ environment: EnvironmentID) -> WaitingRoomSettings { rooms.withLock { $0[environment]?.value.settings } ?? WaitingRoomSettings() }

    /// Changes the settings that `patch` has; `null` takes one back.
    public func change(_ environment: EnvironmentID, _ patch: JSONObject, if precondition: Precondition = .none) async throws {
        try await turns.inTurn(environment) { [self] in
            let before = settings(environment)
            try precondition.require(EntityTag(of: before.json))
            var settings = before
            try settings.apply(patch)
            try await store.save(settings, of: environment)
            try await act(environment) { [settings] room, _ in room.change(settings) }
            AuditNote.changed("waiting room of \(environment)", from: before.json, to: settings.json)
        }
    }

    /// Opens it now.
    public func open(_ environment: EnvironmentID) async throws { try await move(environment, "opened") { $0.open(now: $1) } }

    /// Closes it now: everybody may come in.
    public func close(_ environment: EnvironmentID) async throws { try await move(environment, "closed") { room, _ in room.close() } }

    private func move(_ environment: EnvironmentID, _ word: JSON, _ change: @escaping @Sendable (inout WaitingRoom, Int64) -> Void) async throws {
        try await turns.inTurn(environment) { [self] in
            if rooms.withLock({ $0[environment] == nil }) { try await store.save(WaitingRoomSettings(), of: environment) }
            try await act(environment, change)
            AuditNote.changed("waiting room of \(environment)", to: ["state": word])
        }
    }

    /// Changes a room and writes down what has become of it.
    private func act(_ environment: EnvironmentID, _ change: (inout WaitingRoom, Int64) -> Void) async throws {
        let now = clock.now()
        let saved = rooms.withLock { rooms in
            var room = rooms[environment] ?? Room(WaitingRoom(WaitingRoomSettings()), environment, now: now)
            change(&room.value, now)
            room.value.turn(Pace.Load(), now: now)
            room.status = WaitingStatus.answer(room.value, environment, now: now)
            rooms[environment] = room
            lookAround(rooms)
            return room.value.saved()
        }
        try await write([(environment, saved)])
    }

    /// Forgets the room of an environment that is being removed.
    public func remove(_ environment: EnvironmentID) async throws {
        try await store.remove(environment)
        rooms.withLock { rooms in
            rooms[environment] = nil
            lookAround(rooms)
        }
    }

    // MARK: Tickets

    /// Somebody who wants to come in.
    struct Guest: Sendable {
        let environment: EnvironmentID
        /// The openid, or `h:` and the id of a browser.
        let user: String
        /// What they have already.
        var ticket: String?
        var membership: String?
        var proof: String?
        var clientIP = ""
        var userAgent = ""
    }

    /// What they get.
    enum Welcome: Sendable {
        case free
        case wait(WaitingSeal.Ticket)
        case come(pass: WaitingSeal.Pass)
    }

    /// A ticket, or a pass where it is somebody's turn already.
    func welcome(_ guest: Guest) async throws -> Welcome {
        if let known = guest.ticket.flatMap(seal.ticket), known.user == guest.user, known.environment == guest.environment, let kept = try? come(known) {
            return kept
        }
        if risk.isAsked { try await ask(guest) }
        let isMember = guest.membership.map { seal.isMember($0, guest.user, guest.environment, seconds: clock.now() / 1000) } ?? false
        for _ in 0..<3 {
            switch try given(guest, isMember) {
            case .free: return .free
            case .lot(let lane): return .wait(ticket(guest, lane, .lot(seal.lot(guest.user, guest.environment, epoch: epoch(guest.environment)))))
            case .number(let lane, let number): return try come(ticket(guest, lane, .number(number)))
            case .reserve: try await reserve(guest.environment)
            }
        }
        // Numbers are given faster than they can be written down.
        throw SampanError.overloaded
    }

    private func ask(_ guest: Guest) async throws {
        let applicant = WaitingApplicant(
            environment: guest.environment, user: guest.user, clientIP: guest.clientIP, userAgent: guest.userAgent, proof: guest.proof)
        switch try await risk.assess(applicant) {
        case .allow: return
        case .challenge(let challenge): throw SampanError.waitingRefused(challenge)
        case .refuse(let reason):
            logger.info("nobody in line", metadata: ["environment": "\(guest.environment)", "user": "\(guest.user)", "reason": "\(reason)"])
            throw SampanError.waitingRefused(nil)
        }
    }

    private func given(_ guest: Guest, _ isMember: Bool) throws -> WaitingRoom.Given {
        let now = clock.now()
        return try rooms.withLock { rooms in
            guard let phase = rooms[guest.environment]?.value.phase, phase != .closed else { return .free }
            guard rooms[guest.environment]?.throttle.allows(guest.user, now: now) == true else {
                throw SampanError.waitingTicketsTooMany
            }
            return rooms[guest.environment]?.value.take(isMember: isMember, now: now) ?? .free
        }
    }

    private func epoch(_ environment: EnvironmentID) -> Int64 { rooms.withLock { $0[environment]?.value.epoch } ?? 0 }

    private func ticket(_ guest: Guest, _ lane: WaitingRoom.Lane, _ place: WaitingSeal.Ticket.Place) -> WaitingSeal.Ticket {
        WaitingSeal.Ticket(
            environment: guest.environment, epoch: epoch(guest.environment), lane: lane, place: place, expires: clock.now() / 1000 + Self.ticketSeconds,
            user: guest.user)
    }

    private func reserve(_ environment: EnvironmentID) async throws {
        try await turns.inTurn(environment) { [self] in
            guard let saved = rooms.withLock({ $0[environment]?.value.saved() }) else { return }
            try await write([(environment, saved)])
        }
    }

    // MARK: Every second

    /// A second has passed.
    func turn(_ loads: [EnvironmentID: Pace.Load]) async {
        let now = clock.now()
        let changed = rooms.withLock { rooms in
            var changed: [(EnvironmentID, WaitingRoom.Saved)] = []
            for environment in Array(rooms.keys) {
                guard var room = rooms[environment] else { continue }
                rooms[environment] = nil
                room.turn(loads[environment] ?? Pace.Load(), environment, logger, now: now)
                let saved = room.value.saved()
                if saved != room.saved { changed.append((environment, saved)) }
                rooms[environment] = room
            }
            lookAround(rooms)
            return changed
        }
        guard !changed.isEmpty else { return }
        do {
            try await write(changed)
        } catch {
            logger.error("waiting rooms could not be written down; nobody gets a number until they can be", metadata: ["error": "\(error)"])
        }
    }

    /// The server is stopping: nothing more is given.
    func finish() async {
        let all = rooms.withLock { rooms in rooms.filter { $0.value.value.phase != .closed }.map { ($0.key, $0.value.value.saved(isLast: true)) } }
        guard !all.isEmpty else { return }
        do { try await store.save(all) } catch { logger.error("waiting rooms could not be written down", metadata: ["error": "\(error)"]) }
    }

    private func write(_ states: [(EnvironmentID, WaitingRoom.Saved)]) async throws {
        try await store.save(states)
        rooms.withLock { rooms in
            for (environment, saved) in states {
                rooms[environment]?.value.wasSaved(saved)
                rooms[environment]?.saved = saved
            }
        }
    }
}

extension WaitingRooms.Room {
    fileprivate mutating func turn(_ load: Pace.Load, _ environment: EnvironmentID, _ logger: Logger, now: Int64) {
        let (phase, epoch) = (value.phase, value.epoch)
        value.turn(load, now: now)
        if value.phase != phase {
            logger.notice("waiting room", metadata: ["environment": "\(environment)", "phase": "\(value.phase)", "cause": "\(value.cause)"])
        }
        if value.epoch != epoch { (used, followed) = (BitFilter(capacity: 100_000), BitFilter(capacity: 100_000)) }
        if phase == .closed { insiders.turn(isCalm: load.shed == 0, now: now) }
        status = WaitingStatus.answer(value, environment, now: now)
    }
}
