import Foundation
import Kernel
import TestSupport

@testable import HTTPSupport

/// One event loop, simulated: requests that come by chance, cost time to read, to refuse and to serve.
struct OverloadSimulation {
    struct Shop {
        var environment: EnvironmentID
        /// Requests that come in a second.
        var rate: Double
        /// What one costs, in microseconds.
        var cost: Double
        var kind = RequestClass.browse
        var users = 5000
    }

    struct Outcome {
        var arrived = 0
        var served = 0
        var waits: [Int64] = []
        var servedByUser: [Int: (arrived: Int, served: Int)] = [:]

        var share: Double { Double(served) / Double(max(1, arrived)) }

        /// The wait that so many of a hundred do not exceed, in microseconds.
        func wait(_ percent: Int) -> Int64 { waits.isEmpty ? 0 : waits.sorted()[min(waits.count - 1, waits.count * percent / 100)] }
    }

    static let readCost = 3.0
    static let refuseCost = 6.0
    static let batch = 2000.0

    let shops: [Shop]
    let seconds: Double
    var chance: SeededGenerator
    private(set) var outcomes: [Outcome]

    init(_ shops: [Shop], seconds: Double, seed: UInt64) {
        (self.shops, self.seconds, chance) = (shops, seconds, SeededGenerator(seed: seed))
        outcomes = shops.map { _ in Outcome() }
    }

    mutating func run(targetMicroseconds: Double = 5000) -> [Outcome] {
        var line = FairLine<(shop: Int, user: Int)>(targetMicroseconds: targetMicroseconds)
        var now = 0.0
        var next = shops.map { exponential(1e6 / $0.rate) }
        while now < seconds * 1e6 {
            while let shop = next.indices.min(by: { next[$0] < next[$1] }), next[shop] <= now {
                let at = next[shop]
                next[shop] += exponential(1e6 / shops[shop].rate)
                now += Self.readCost
                arrive(shop, at, &line, &now)
            }
            let served = serve(&line, &now)
            if served == 0, line.isEmpty { now = max(now, next.min() ?? now) }
        }
        return outcomes
    }

    private mutating func arrive(_ shop: Int, _ at: Double, _ line: inout FairLine<(shop: Int, user: Int)>, _ now: inout Double) {
        let user = Int.random(in: 0..<shops[shop].users, using: &chance)
        outcomes[shop].arrived += 1
        outcomes[shop].servedByUser[user, default: (0, 0)].arrived += 1
        let arrival = Arrival(environment: shops[shop].environment, kind: shops[shop].kind, level: UInt8(truncatingIfNeeded: user &* 0x9E37 >> 5))
        if line.add((shop, user), arrival, cost: shops[shop].cost, weight: 1, now: Int64(now)) != nil { now += Self.refuseCost }
    }

    private mutating func serve(_ line: inout FairLine<(shop: Int, user: Int)>, _ now: inout Double) -> Int {
        var (spent, served) = (0.0, 0)
        let began = now
        while spent < Self.batch, let next = line.next(now: Int64(began)) {
            switch next {
            case .serve(let entry):
                spent += entry.cost
                served += 1
                outcomes[entry.item.shop].served += 1
                outcomes[entry.item.shop].servedByUser[entry.item.user]?.served += 1
                outcomes[entry.item.shop].waits.append(Int64(began + spent) - entry.arrived)
            case .shed: now += Self.refuseCost
            }
        }
        now += spent
        return served
    }

    private mutating func exponential(_ mean: Double) -> Double { -mean * log(Double.random(in: Double.leastNonzeroMagnitude...1, using: &chance)) }
}
