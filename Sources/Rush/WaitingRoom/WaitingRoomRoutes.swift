public import HTTPSupport
internal import HTTPTypes
public import Hummingbird
internal import Kernel
internal import Synchronization

/// What those who wait ask for: `/v1/waiting-room`.
public struct WaitingRoomRoutes: Sendable {
    private static let bodyBytesMax = 8 << 10
    private let rooms: WaitingRooms

    /// Makes the routes.
    public init(_ rooms: WaitingRooms) { self.rooms = rooms }

    /// Adds them to `router`.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        router.get("/v1/waiting-room", use: status)
        router.post("/v1/waiting-room/tickets", use: takeTicket)
        router.post("/v1/waiting-room/passes", use: takePass)
    }

    /// The desk answers this in front of the decoder; here is who comes another way.
    private func status(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let named = request.queryText("env") ?? request.headers[.sampanEnvironment] ?? context.call?.environment.text
        guard let environment = named.flatMap({ EnvironmentID($0) }) else {
            throw SampanError.badMember("env", Localized("the id of an environment", zh: "环境 ID"))
        }
        var response = Response.json(rooms.status(environment))
        response.headers[.cacheControl] = "public, max-age=1"
        return response
    }

    private func takeTicket(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let call = try context.requireCall()
        let user = try Self.user(call)
        let body = try await request.jsonObject(upTo: Self.bodyBytesMax)
        // The page that this user is on has waited already.
        if let browser = WaitingRooms.cookie(request.headers[.cookie], WaitingRooms.passCookie(call.environment)).flatMap(rooms.seal.pass),
            let pass = rooms.followed(browser, by: user)
        {
            return .json(rooms.shown(.come(pass: pass), call.environment))
        }
        let guest = try WaitingRooms.Guest(
            environment: call.environment, user: user, ticket: body.optionalText("ticket"), membership: body.optionalText("membership"),
            proof: body.optionalText("proof"), clientIP: call.clientIP, userAgent: call.userAgent)
        return .json(rooms.shown(try await rooms.welcome(guest), call.environment))
    }

    private func takePass(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let call = try context.requireCall()
        let user = try Self.user(call)
        let body = try await request.jsonObject(upTo: Self.bodyBytesMax)
        if let text = try body.optionalText("pass") {
            guard let pass = rooms.seal.pass(text), pass.user == user, pass.environment == call.environment else { throw SampanError.waitingTicketInvalid }
            guard let renewed = rooms.renewed(pass) else { throw SampanError.waitingTicketExpired }
            return .json(rooms.shown(.come(pass: renewed), call.environment))
        }
        guard let ticket = rooms.seal.ticket(try body.text("ticket")), ticket.user == user, ticket.environment == call.environment else {
            throw SampanError.waitingTicketInvalid
        }
        let welcome = try rooms.come(ticket)
        if case .wait = welcome {
            let (ahead, seconds) = rooms.outlook(ticket)
            throw SampanError.waitingTurnNotCome(ahead: ahead, retryAfter: rooms.pause(seconds: seconds.most))
        }
        return .json(rooms.shown(welcome, call.environment))
    }

    private static func user(_ call: CallContext) throws -> String {
        guard let openid = call.caller.user?.openid, !openid.isEmpty else { throw SampanError.signInFirst }
        return openid
    }
}

extension WaitingRooms {
    /// What everybody is told of an environment's room.
    func status(_ environment: EnvironmentID) -> JSON {
        let now = clock.now()
        return rooms.withLock { $0[environment].map { WaitingStatus.json($0.value, now: now) } } ?? ["phase": "closed", "room": 0, "now": .int(now)]
    }

    /// How many stand in front of a ticket, and for how long it will wait.
    func outlook(_ ticket: WaitingSeal.Ticket) -> (ahead: Int, seconds: (least: Int, most: Int)) {
        let now = clock.now()
        return rooms.withLock { rooms in
            guard let room = rooms[ticket.environment]?.value, room.phase != .closed else { return (0, (0, 0)) }
            let number =
                switch ticket.place {
                case .lot(let lot): room[ticket.lane].number(ofLot: lot)
                case .number(let number): number
                }
            let untilOpening = room.phase == .lobby ? Int(max(0, (room.settings.opensAt ?? now) - now) / 1000) : 0
            let ahead = max(0, number - room[ticket.lane].called)
            let seconds = WaitingStatus.seconds(ahead: ahead, room.speed(ticket.lane, now: now))
            return (ahead, (seconds.least + untilOpening, seconds.most + untilOpening))
        }
    }

    /// After how many seconds somebody should ask again.
    func pause(seconds: Int) -> Int {
        max(Int(WaitingStatus.pollLeast), min(Int(WaitingStatus.pollMost), Int(Double(seconds) * 1000 / WaitingStatus.pollShare))) / 1000
    }

    /// As clients get it.
    func shown(_ welcome: Welcome, _ environment: EnvironmentID) -> JSON {
        switch welcome {
        case .free: return ["phase": "closed"]
        case .come(let pass): return ["phase": "open", "pass": .string(seal.sign(pass)), "passExpires": .int(pass.expires * 1000)]
        case .wait(let ticket):
            var object: JSONObject = [
                "ticket": .string(seal.sign(ticket)), "lane": .string(ticket.lane.word), "ticketExpires": .int(ticket.expires * 1000),
                "status": status(environment),
            ]
            switch ticket.place {
            case .lot(let lot): object["lot"] = .int(Int64(lot))
            case .number(let number): object["number"] = .int(Int64(number))
            }
            object["phase"] = object["status"]?["phase"] ?? "open"
            return .object(object)
        }
    }
}
