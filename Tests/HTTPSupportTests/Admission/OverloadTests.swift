import Kernel
import Testing

@testable import HTTPSupport

/// The line and the cursor under load, on a simulated event loop.
@Suite struct OverloadTests {
    private let crowd = EnvironmentID(wellFormed: "env-crowd")
    private let quiet = EnvironmentID(wellFormed: "env-quiet")

    /// Ten times what can be served: nearly all of the time goes into those who are let in, and these hardly wait.
    @Test func tenTimesTheLoad() {
        var simulation = OverloadSimulation([.init(environment: crowd, rate: 10_000, cost: 1000)], seconds: 10, seed: 1)
        let outcome = simulation.run()[0]
        #expect(outcome.served >= 8400, "of 10,000, and refusing the others takes 800 of them: \(outcome.served)")
        #expect(outcome.wait(99) < 12_000, "\(outcome.wait(99)) µs")
    }

    /// It is the same users who are served: a shop that answers half of each visit serves nobody.
    @Test func whoIsLetInStaysIn() {
        var simulation = OverloadSimulation([.init(environment: crowd, rate: 4000, cost: 1000, users: 500)], seconds: 20, seed: 2)
        let users = simulation.run()[0].servedByUser.values.filter { $0.arrived >= 50 }
        let shares = users.map { Double($0.served) / Double($0.arrived) }
        let clear = shares.count { $0 > 0.85 || $0 < 0.15 }
        #expect(users.count > 400)
        #expect(Double(clear) / Double(users.count) > 0.7, "\(clear) of \(users.count)")
        #expect(shares.contains { $0 > 0.85 })
    }

    /// Also where more than half of the time goes into refusing.
    @Test(arguments: [(10_000.0, 1000.0), (2000, 5000), (60_000, 100)]) func aCrowdIsNotItsNeighboursTrouble(_ rate: Double, _ cost: Double) {
        let neighbour = OverloadSimulation.Shop(environment: quiet, rate: 200, cost: 300)
        var simulation = OverloadSimulation([.init(environment: crowd, rate: rate, cost: cost), neighbour], seconds: 5, seed: 3)
        let outcomes = simulation.run()
        #expect(outcomes[1].share == 1, "\(outcomes[1].served) of \(outcomes[1].arrived)")
        #expect(outcomes[1].wait(99) < 9000 + Int64(cost), "\(outcomes[1].wait(99)) µs")
    }

    /// Whoever pays is served, whatever their own shop's crowd does.
    @Test func payingGoesOn() {
        var simulation = OverloadSimulation(
            [.init(environment: crowd, rate: 10_000, cost: 500), .init(environment: crowd, rate: 300, cost: 500, kind: .pay)], seconds: 10, seed: 4)
        let outcomes = simulation.run()
        #expect(outcomes[1].share >= 0.999, "\(outcomes[1].served) of \(outcomes[1].arrived)")
    }

    @Test func whenTheCrowdHasGoneEverybodyIsServed() {
        var line = FairLine<Int>(targetMicroseconds: 5000)
        var now: Int64 = 0
        for number in 0..<20_000 {
            now += 50
            _ = line.add(number, Arrival(environment: crowd, kind: .browse, level: UInt8(number & 127)), cost: 1000, weight: 1, now: now)
            if number % 20 == 0 { _ = line.next(now: now) }
        }
        while line.next(now: now) != nil {}
        var refused = 0
        for number in 0..<2000 {
            now += 5000
            if line.pass(Arrival(environment: crowd, kind: .browse, level: UInt8(number & 127)), now: now) != nil, number >= 1000 { refused += 1 }
        }
        #expect(refused == 0, "five seconds later")
    }
}
