internal import HTTPSupport
internal import Kernel
internal import Synchronization

/// From a ticket to a pass.
extension WaitingRooms {
    /// Exchanges a ticket for a pass, or says that it is not its turn.
    /// - Throws: 410 for one of another opening, or whose turn is long over.
    func come(_ ticket: WaitingSeal.Ticket) throws -> Welcome {
        let now = clock.now()
        return try rooms.withLock { rooms in
            guard var room = rooms[ticket.environment], room.value.phase != .closed else { return .free }
            guard ticket.epoch == room.value.epoch, ticket.expires > now / 1000 else { throw SampanError.waitingTicketExpired }
            let line = room.value[ticket.lane]
            let number =
                switch ticket.place {
                case .lot(let lot): line.number(ofLot: lot)
                case .number(let number): number
                }
            switch room.value.ask(ticket.lane, number, now: now) {
            case .wait: return .wait(ticket)
            case .missed: throw SampanError.waitingTicketExpired
            case .come:
                rooms[ticket.environment] = nil
                if room.used.insert(BitFilter.hash("\(ticket.epoch)|\(ticket.lane.word)|\(ticket.place)|\(ticket.user)")) {
                    room.value.enter(ticket.lane, number)
                }
                let seconds = now / 1000
                let pass = WaitingSeal.Pass(
                    environment: ticket.environment, epoch: ticket.epoch, entered: seconds,
                    expires: seconds + Int64(room.value.settings.passMinutes) * 60, user: ticket.user)
                rooms[ticket.environment] = room
                return .come(pass: pass)
            }
        }
    }

    /// Whether a pass lets somebody in now.
    func isGood(_ pass: WaitingSeal.Pass, _ environment: EnvironmentID, epoch: Int64) -> Bool {
        pass.environment == environment && pass.epoch == epoch && pass.expires > clock.now() / 1000
    }

    /// A pass that lasts longer, for somebody who is still here.
    func renewed(_ pass: WaitingSeal.Pass) -> WaitingSeal.Pass? {
        guard let (epoch, minutes) = rooms.withLock({ $0[pass.environment].map { ($0.value.epoch, $0.value.settings.passMinutes) } }),
            isGood(pass, pass.environment, epoch: epoch)
        else { return nil }
        return WaitingSeal.Pass(
            environment: pass.environment, epoch: pass.epoch, entered: pass.entered, expires: clock.now() / 1000 + Int64(minutes) * 60, user: pass.user)
    }

    /// A pass for the user of a page whose browser has come in: once for each browser, or one browser's pass would let a crowd in.
    func followed(_ browser: WaitingSeal.Pass, by user: String) -> WaitingSeal.Pass? {
        rooms.withLock { rooms in
            guard let epoch = rooms[browser.environment]?.value.epoch, isGood(browser, browser.environment, epoch: epoch),
                rooms[browser.environment]?.followed.insert(BitFilter.hash("\(epoch)|\(browser.user)")) == true
            else { return nil }
            return WaitingSeal.Pass(
                environment: browser.environment, epoch: browser.epoch, entered: browser.entered, expires: browser.expires, user: user)
        }
    }
}
