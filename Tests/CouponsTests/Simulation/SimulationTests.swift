import Foundation
import Testing

@testable import Coupons

/// Thousands of worlds, each from its seed: `SAMPAN_SEED=17` runs the one that failed.
@Suite struct SimulationTests {
    private static let seeds: UInt64 = 2500
    private static let steps = 60

    @Test func theLedgerAgreesWithWhatClientsWereToldWhateverHappens() async throws {
        let only = ProcessInfo.processInfo.environment["SAMPAN_SEED"].flatMap { UInt64($0) }
        for seed in only.map({ $0...$0 }) ?? 1...Self.seeds {
            // Other tests want the processor too.
            await Task.yield()
            var simulation = Simulation(seed: seed)
            do {
                try simulation.run(steps: Self.steps)
            } catch {
                Issue.record("seed \(seed): \(error); \(simulation.history.suffix(10))")
                return
            }
        }
    }

    /// A disk that lies cannot be helped; but whoever compares must see it, or the test above would prove nothing.
    @Test func aLostFlushIsNoticed() throws {
        var noticed = 0
        for seed in 1...100 as ClosedRange<UInt64> {
            var simulation = Simulation(seed: seed)
            try simulation.run(steps: 40)
            let before = simulation.record.claims.count + simulation.record.steps.count
            guard before > 0, !simulation.store.journal.isEmpty else { continue }
            for _ in 0..<simulation.store.journal.count { simulation.store.loseLast() }
            do { try simulation.compare() } catch is Simulation.Broken { noticed += 1 }
        }
        #expect(noticed > 50)
    }
}
