import Kernel
import Testing

@testable import Rush

/// What the tests do with a room.
struct TurnedRoom {
    var room: WaitingRoom
    var now: Int64 = 1_000_000

    init(_ change: (inout WaitingRoomSettings) -> Void = { _ in }) {
        var settings = WaitingRoomSettings()
        settings.mode = .on
        settings.ratePerMinute = 600
        change(&settings)
        room = WaitingRoom(settings)
    }

    /// Lets seconds pass, writing down what is to be written down each time.
    mutating func pass(seconds: Int = 1, _ load: Pace.Load = .init()) {
        for _ in 0..<seconds {
            now += 1000
            room.turn(load, now: now)
            room.wasSaved(room.saved())
        }
    }

    /// Takes a number as the server does.
    mutating func take(isMember: Bool = false) -> WaitingRoom.Given {
        let given = room.take(isMember: isMember, now: now)
        guard given == .reserve else { return given }
        room.wasSaved(room.saved())
        return room.take(isMember: isMember, now: now)
    }

    mutating func number(isMember: Bool = false) -> Int {
        guard case .number(_, let number) = take(isMember: isMember) else { return -1 }
        return number
    }

    /// Lets everybody in who was called and has not come.
    mutating func enter(_ lane: WaitingRoom.Lane, _ numbers: some Sequence<Int>) {
        for number in numbers where room.ask(lane, number, now: now) == .come { room.enter(lane, number) }
    }
}

@Suite struct WaitingRoomTests {
    @Test func nobodyWaitsWhereThereIsNoLine() {
        var turned = TurnedRoom { $0.mode = .off }
        turned.pass()
        #expect(turned.room.phase == .closed && turned.take() == .free)
    }

    @Test func numbersAreGivenOnceAndInOrder() {
        var turned = TurnedRoom()
        turned.pass()
        let numbers = (0..<1000).map { _ in turned.number() }
        #expect(numbers == Array(0..<1000))
    }

    /// Until a block of numbers is written down, none of it is given.
    @Test func noNumberIsGivenBeforeItIsReserved() {
        var turned = TurnedRoom()
        turned.room.turn(.init(), now: turned.now)
        #expect(turned.room.take(isMember: false, now: turned.now) == .reserve)
        let saved = turned.room.saved()
        turned.room.wasSaved(saved)
        var given = 0
        while turned.room.take(isMember: false, now: turned.now) != .reserve { given += 1 }
        #expect(given == saved.lines[0].reserved)
    }

    @Test func whoeverComesFirstIsCalledFirst() {
        var turned = TurnedRoom()
        turned.pass()
        for _ in 0..<100 { _ = turned.take() }
        var called = 0
        for _ in 0..<8 {
            turned.pass()
            let now = turned.room[.general].called
            #expect(now >= called)
            #expect(turned.room.ask(.general, now, now: turned.now) == .wait(ahead: 0))
            if now > 0 { #expect(turned.room.ask(.general, now - 1, now: turned.now) == .come) }
            turned.enter(.general, called..<now)
            called = now
        }
        #expect((60...90).contains(called), "ten a second for eight seconds: \(called)")
    }

    @Test func whereNobodyWaitsNobodyHasTo() {
        var turned = TurnedRoom()
        turned.pass(seconds: 5)
        turned.now += 500
        let number = turned.number()
        #expect(turned.room.ask(.general, number, now: turned.now) == .come)
    }

    @Test func aTurnIsMissedAfterAQuarterOfAnHour() {
        var turned = TurnedRoom()
        turned.pass(seconds: 2)
        let number = turned.number()
        turned.pass(seconds: 600)
        #expect(turned.room.ask(.general, number, now: turned.now) == .come)
        turned.pass(seconds: 400)
        #expect(turned.room.ask(.general, number, now: turned.now) == .missed)
    }

    // MARK: Before the opening

    @Test func whoComesBeforeTheOpeningStandsInFrontInTheOrderOfTheLots() {
        var turned = TurnedRoom { $0.opensAt = 1_100_000 }
        turned.pass(seconds: 50)
        #expect(turned.room.phase == .lobby)
        let lots = (0..<1000).map { _ in UInt32.random(in: 0...UInt32.max) }
        for _ in lots { #expect(turned.take() == .lot(.general)) }
        #expect(turned.room.ask(.general, 0, now: turned.now) == .wait(ahead: 0), "nobody goes in before")
        turned.pass(seconds: 50)
        #expect(turned.room.phase == .open && turned.room[.general].drawn == 1000)
        let numbers = lots.map { turned.room[.general].number(ofLot: $0) }
        #expect(numbers.allSatisfy { (0..<1000).contains($0) })
        let byLot = zip(lots, numbers).sorted { $0.0 < $1.0 }.map(\.1)
        #expect(byLot == byLot.sorted())
        #expect(turned.number() == 1000, "behind them the order is that of coming")
    }

    @Test func theShopIsOpenUntilTheLobby() {
        var turned = TurnedRoom { $0.opensAt = 10_000_000 }
        turned.pass()
        #expect(turned.room.phase == .closed)
        turned.now = 10_000_000 - 15 * 60_000
        turned.pass()
        #expect(turned.room.phase == .lobby && turned.room.cause == .schedule)
    }

    @Test func aScheduledLineGoesAwayByItselfWhereItMay() {
        var turned = TurnedRoom {
            $0.opensAt = 1_010_000
            $0.mode = .auto
        }
        turned.pass(seconds: 11)
        #expect(turned.room.phase == .open)
        turned.pass(seconds: 70)
        #expect(turned.room.phase == .closed, "nobody has waited for a minute")
        turned.pass(seconds: 10)
        #expect(turned.room.phase == .closed, "it has been opened once")
    }

    // MARK: By itself and by hand

    @Test func opensWhenTooMuchIsTurnedAwayForTooLong() {
        var turned = TurnedRoom {
            $0.mode = .auto
            $0.ratePerMinute = nil
        }
        turned.pass(seconds: 5, .init(served: 100))
        turned.pass(seconds: 1, .init(served: 100, shed: 100))
        turned.pass(seconds: 1, .init(served: 100))
        #expect(turned.room.phase == .closed, "a moment is no rush")
        turned.pass(seconds: 5, .init(served: 100, shed: 3))
        #expect(turned.room.phase == .closed, "a little is none either")
        turned.pass(seconds: 3, .init(served: 100, shed: 30))
        #expect(turned.room.phase == .open && turned.room.cause == .load)
    }

    @Test func closesWhenNobodyHasWaitedForAMinute() {
        var turned = TurnedRoom { $0.mode = .auto }
        turned.pass(seconds: 3, .init(served: 1, shed: 30))
        #expect(turned.room.phase == .open)
        for _ in 0..<50 { _ = turned.take() }
        turned.pass(seconds: 59, .init(served: 100))
        #expect(turned.room.phase == .open)
        turned.pass(seconds: 70, .init(served: 100))
        #expect(turned.room.phase == .closed)
    }

    @Test func whatIsOpenedByHandIsClosedByHand() {
        var turned = TurnedRoom { $0.mode = .off }
        turned.room.open(now: turned.now)
        turned.pass(seconds: 200)
        #expect(turned.room.phase == .open && turned.room.cause == .hand)
        turned.room.close()
        turned.pass()
        #expect(turned.room.phase == .closed)
        var always = TurnedRoom()
        always.pass()
        always.room.close()
        always.pass(seconds: 10)
        #expect(always.room.phase == .closed, "closed by hand, whatever the settings say")
        always.room.open(now: always.now)
        #expect(always.room.phase == .open && always.room.epoch == 2)
    }

    // MARK: How many come in

    @Test func thePaceFollowsWhatTheMachineBears() {
        var pace = Pace(ratePerMinute: nil)
        for _ in 0..<12 { pace.turn(.init(served: 100), isWaiting: true) }
        #expect(pace.perSecond > 40, "doubled at first")
        let before = pace.perSecond
        for _ in 0..<6 { pace.turn(.init(served: 100, shed: 50), isWaiting: true) }
        #expect(pace.perSecond < before * 0.7)
        let after = pace.perSecond
        for _ in 0..<30 { pace.turn(.init(served: 100), isWaiting: true) }
        #expect(pace.perSecond > after * 1.4 && pace.perSecond < after * 3, "carefully from then on")
        var fixed = Pace(ratePerMinute: 120)
        for _ in 0..<30 { fixed.turn(.init(served: 1, shed: 99), isWaiting: true) }
        #expect(fixed.perSecond == 2)
    }

    @Test func membersGetTheirShareAndWhatNobodyWantsGoesToTheOthers() {
        var turned = TurnedRoom { $0.memberShare = 0.75 }
        turned.pass()
        for _ in 0..<300 { _ = turned.take() }
        for _ in 0..<300 { _ = turned.take(isMember: true) }
        for _ in 0..<20 {
            let (general, member) = (turned.room[.general].called, turned.room[.member].called)
            turned.pass()
            turned.enter(.general, general..<turned.room[.general].called)
            turned.enter(.member, member..<turned.room[.member].called)
        }
        let (general, member) = (turned.room[.general].called, turned.room[.member].called)
        #expect((0.7...0.8).contains(Double(member) / Double(general + member)), "\(member) of \(general + member)")
        var alone = TurnedRoom { $0.memberShare = 0.75 }
        alone.pass()
        for _ in 0..<300 { _ = alone.take() }
        for _ in 0..<10 {
            let called = alone.room[.general].called
            alone.pass()
            alone.enter(.general, called..<alone.room[.general].called)
        }
        #expect(alone.room[.general].called >= 90, "nobody's share is wasted")
    }

    // MARK: After a restart

    @Test func aRestartLosesNobodysPlaceAndGivesNoNumberTwice() {
        var turned = TurnedRoom()
        turned.pass(seconds: 3)
        for _ in 0..<500 { _ = turned.number() }
        turned.pass(seconds: 5)
        let saved = turned.room.saved()
        turned.room.wasSaved(saved)
        let last = (0..<80).map { _ in turned.number() }.max() ?? 0
        let called = turned.room[.general].called
        // SIGKILL: what was not written down is gone.
        var after = turned
        after.room = WaitingRoom(turned.room.settings, saved, now: turned.now + 5000)
        after.pass(seconds: 1)
        #expect(after.room.phase == .open && after.room.epoch == turned.room.epoch)
        #expect(after.number() > last)
        #expect(after.room[.general].called >= called)
        #expect(after.room.ask(.general, called - 1, now: after.now) == .come)
        #expect(after.room.ask(.general, last, now: after.now) != .come)
    }

    @Test func aRestartBeforeTheOpeningKeepsHowManyHaveDrawn() {
        var turned = TurnedRoom { $0.opensAt = 1_100_000 }
        turned.pass(seconds: 50)
        for _ in 0..<40 { _ = turned.take() }
        turned.pass()
        var after = turned
        after.room = WaitingRoom(turned.room.settings, turned.room.saved(), now: turned.now)
        #expect(after.room.phase == .lobby && after.room[.general].drawn == 40)
        after.pass(seconds: 60)
        #expect(after.room.phase == .open && after.room[.general].drawn == 40 && after.number() == 40)
    }

    @Test func inGoodOrderNoNumberIsLost() {
        var turned = TurnedRoom()
        turned.pass()
        for _ in 0..<10 { _ = turned.number() }
        var after = turned
        after.room = WaitingRoom(turned.room.settings, turned.room.saved(isLast: true), now: turned.now)
        #expect(after.number() == 10)
    }
}
