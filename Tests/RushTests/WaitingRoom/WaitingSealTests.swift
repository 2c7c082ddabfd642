import Crypto
import Foundation
import Kernel
import Testing

@testable import Rush

@Suite struct WaitingSealTests {
    private let seal = WaitingSeal(SymmetricKey(size: .bits256))
    private let ours = EnvironmentID(wellFormed: "env-ours")

    private var ticket: WaitingSeal.Ticket {
        .init(environment: ours, epoch: 3, lane: .member, place: .number(42), expires: 1000, user: "o|with|bars")
    }

    @Test func whatWasSignedIsReadAsItWas() {
        #expect(seal.ticket(seal.sign(ticket)) == ticket)
        let lot = WaitingSeal.Ticket(environment: ours, epoch: 1, lane: .general, place: .lot(.max), expires: 5, user: "u")
        #expect(seal.ticket(seal.sign(lot)) == lot)
        let pass = WaitingSeal.Pass(environment: ours, epoch: 3, entered: 7, expires: 9, user: "h:abc")
        #expect(seal.pass(seal.sign(pass)) == pass && seal.pass(seal.sign(pass)) == pass)
    }

    @Test func everyChangedLetterIsSeen() {
        let text = seal.sign(ticket)
        for place in text.indices {
            for letter in ["A", "b", "-", "."] where letter != String(text[place]) {
                #expect(seal.ticket(text.replacingCharacters(in: place...place, with: letter)) == nil)
            }
        }
        for end in [0, 1, 3, text.count - 1] { #expect(seal.ticket(String(text.prefix(end))) == nil) }
        #expect(seal.ticket(text + "A") == nil)
        #expect(WaitingSeal(SymmetricKey(size: .bits256)).ticket(text) == nil, "of another server")
    }

    @Test func oneKindIsNotTakenForAnother() {
        let pass = seal.sign(WaitingSeal.Pass(environment: ours, epoch: 3, entered: 7, expires: 9, user: "u"))
        #expect(seal.ticket(pass) == nil && seal.pass(seal.sign(ticket)) == nil)
        #expect(seal.pass("p1" + seal.sign(ticket).dropFirst(2)) == nil)
        #expect(!seal.isMember(pass, "u", ours, seconds: 0))
    }

    @Test func aMembershipIsOneUsersInOneEnvironmentForATime() {
        let text = seal.membership("u", ours, expires: 100)
        #expect(seal.isMember(text, "u", ours, seconds: 99))
        #expect(!seal.isMember(text, "u", ours, seconds: 100))
        #expect(!seal.isMember(text, "v", ours, seconds: 99))
        #expect(!seal.isMember(text, "u", EnvironmentID(wellFormed: "env-other"), seconds: 99))
    }

    @Test func lotsAreTheSameForOneUserAndSpreadOverAll() {
        #expect(seal.lot("u", ours, epoch: 1) == seal.lot("u", ours, epoch: 1))
        #expect(seal.lot("u", ours, epoch: 1) != seal.lot("u", ours, epoch: 2))
        let lots = (0..<4000).map { Double(seal.lot("u\($0)", ours, epoch: 1)) / 4_294_967_296 }
        let quarters = Dictionary(grouping: lots) { Int($0 * 4) }.mapValues(\.count)
        #expect(quarters.count == 4 && quarters.values.allSatisfy { (900...1100).contains($0) })
    }
}

@Suite struct WaitingMemoryTests {
    @Test func aFilterKnowsWhomItHasSeenAndHardlyAnybodyElse() {
        var filter = BitFilter(capacity: 10_000)
        var repeated = 0
        for name in 0..<10_000 where !filter.insert(BitFilter.hash("u\(name)")) { repeated += 1 }
        #expect(repeated < 100)
        for name in 0..<10_000 { #expect(filter.contains(BitFilter.hash("u\(name)"))) }
        let strangers = (0..<10_000).count { filter.contains(BitFilter.hash("s\($0)")) }
        #expect(strangers < 250, "\(strangers) of 10,000")
        for name in 0..<20_000 { _ = filter.insert(BitFilter.hash("t\(name)")) }
        #expect((0..<10_000).count { filter.contains(BitFilter.hash("u\($0)")) } < 500, "two generations later they are forgotten")
    }

    @Test func whoComesWithTheRushIsNoInsider() {
        var insiders = Insiders()
        insiders.note("early")
        insiders.turn(isCalm: true, now: 1000)
        insiders.turn(isCalm: true, now: 2000)
        insiders.note("rush")
        insiders.turn(isCalm: true, now: 3000)
        insiders.note("crowd")
        insiders.turn(isCalm: false, now: 4000)
        insiders.turn(isCalm: false, now: 5000)
        #expect(insiders.contains("early") && !insiders.contains("rush") && !insiders.contains("crowd"))
    }

    @Test func ticketAfterTicketIsTooMany() {
        var throttle = TicketThrottle()
        var given = 0
        for _ in 0..<20 where throttle.allows("u", now: 0) { given += 1 }
        #expect(given == Int(TicketThrottle.ofUser))
        let (other, later) = (throttle.allows("v", now: 0), throttle.allows("u", now: 60_000))
        #expect(other && later)
        var strangers = 0
        for name in 0..<100_000 where !throttle.allows("w\(name)", now: 120_000) { strangers += 1 }
        #expect(strangers < 10, "\(strangers) of 100,000 were held for others")
    }
}
