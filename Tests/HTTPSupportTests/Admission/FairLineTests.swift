import Kernel
import TestSupport
import Testing

@testable import HTTPSupport

@Suite struct FairLineTests {
    private static let one = EnvironmentID(wellFormed: "env-1")
    private static let two = EnvironmentID(wellFormed: "env-2")
    private static let three = EnvironmentID(wellFormed: "env-3")

    private func arrival(_ environment: EnvironmentID, _ kind: RequestClass = .browse, level: UInt8 = 0, patience: Int? = nil) -> Arrival {
        Arrival(environment: environment, kind: kind, level: level, patience: patience)
    }

    /// Serves all that can be, and tells whom.
    private func drain(_ line: inout FairLine<Int>, at now: Int64, atMost count: Int = .max) -> [Int] {
        var served: [Int] = []
        while served.count < count, let next = line.next(now: now) { if case .serve(let entry) = next { served.append(entry.item) } }
        return served
    }

    @Test func theImportantComeFirstAndTheirOrderIsKept() {
        var line = FairLine<Int>(targetMicroseconds: 100_000)
        let kinds: [RequestClass] = [.batch, .browse, .pay, .claim, .pay, .analytics, .signIn, .claim]
        for (number, kind) in kinds.enumerated() { _ = line.add(number, arrival(Self.one, kind), cost: 10, weight: 1, now: 0) }
        let served = drain(&line, at: 1)
        #expect(served == [2, 4, 3, 7, 6, 1, 5, 0])
        #expect(line.isEmpty)
    }

    @Test func whoeverWantsLittleIsServedBeforeWhoeverWantsMuch() {
        var line = FairLine<Int>(targetMicroseconds: 1_000_000)
        for number in 0..<500 { _ = line.add(number, arrival(Self.one), cost: 100, weight: 1, now: 0) }
        _ = line.add(1000, arrival(Self.two), cost: 100, weight: 1, now: 0)
        let served = drain(&line, at: 1, atMost: 6)
        #expect(served.contains(1000))
    }

    /// Fair by what requests cost, and by what their environments are worth.
    @Test func sharesAreByCostAndWeight() {
        var line = FairLine<Int>(targetMicroseconds: 10_000_000)
        for _ in 0..<4000 {
            _ = line.add(1, arrival(Self.one), cost: 100, weight: 1, now: 0)
            _ = line.add(2, arrival(Self.two), cost: 400, weight: 1, now: 0)
            _ = line.add(3, arrival(Self.three), cost: 100, weight: 3, now: 0)
        }
        let served = drain(&line, at: 1, atMost: 2000)
        let cost = [1: 100, 2: 400, 3: 100]
        let shares = Dictionary(grouping: served) { $0 }.mapValues { $0.count }.map { ($0, $1 * (cost[$0] ?? 0)) }
        let total = Double(shares.reduce(0) { $0 + $1.1 })
        for (who, share) in shares { #expect(abs(Double(share) / total - (who == 3 ? 0.6 : 0.2)) < 0.02, "\(who)") }
    }

    private func refused(_ line: inout FairLine<Int>, _ arrival: Arrival, _ count: Int, cost: Double = 100, now: Int64) -> Int {
        (0..<count).count { line.add($0, arrival, cost: cost, weight: 1, now: now) == .full }
    }

    /// What comes at once is a burst: 30 ms of it may wait; a line that has stood for long is kept at 5 ms.
    @Test func whoeverWouldWaitTooLongIsToldAtOnce() {
        var line = FairLine<Int>(targetMicroseconds: 5000)
        let burst = refused(&line, arrival(Self.one), 1000, now: 0)
        #expect(burst == 699)
        let crowd = refused(&line, arrival(Self.one), 1000, now: 150_000)
        #expect(crowd == 1000)
        let paying = refused(&line, arrival(Self.one, .pay), 1000, now: 150_000)
        #expect(paying == 599, "40 ms, whatever others wait for")
        // Of two that are full each has half of the time.
        let other = refused(&line, arrival(Self.two), 1000, now: 150_000)
        #expect((840...855).contains(other), "\(other)")
    }

    /// Few are no crowd, whatever they cost: a page asks for several things at once.
    @Test func fewAreNeverSentAway() {
        var line = FairLine<Int>(targetMicroseconds: 5000)
        line.slowness = 10
        let sent = refused(&line, arrival(Self.one), 8, cost: 20_000, now: 0)
        #expect(sent == 0)
        let more = refused(&line, arrival(Self.one), 2, cost: 20_000, now: 0)
        #expect(more == 2)
    }

    @Test func whatIsTooLateIsNotServed() {
        var line = FairLine<Int>(targetMicroseconds: 5000)
        _ = line.add(1, arrival(Self.one, patience: 3), cost: 10, weight: 1, now: 0)
        _ = line.add(2, arrival(Self.one), cost: 10, weight: 1, now: 0)
        _ = line.add(3, arrival(Self.one), cost: 10, weight: 1, now: 95_000)
        let served = drain(&line, at: 100_001)
        #expect(served == [3])
        #expect(line.isEmpty)
    }

    /// Where the loop was slow and nobody crowds, whoever had to wait is served: to send them away would help nobody.
    @Test func withoutACrowdLateIsServed() {
        var line = FairLine<Int>(targetMicroseconds: 5000)
        _ = line.add(1, arrival(Self.one), cost: 10, weight: 1, now: 0)
        let served = drain(&line, at: 60_000)
        #expect(served == [1])
    }

    /// In a crowd the newest of those who look around comes first; those who pay keep their order.
    @Test func inACrowdTheNewestComeFirst() {
        var line = FairLine<Int>(targetMicroseconds: 500_000)
        for number in 0..<4 { _ = line.add(number, arrival(Self.one), cost: 10, weight: 1, now: Int64(number) * 50_000) }
        _ = line.add(10, arrival(Self.one, .pay), cost: 10, weight: 1, now: 150_000)
        _ = line.add(11, arrival(Self.one, .pay), cost: 10, weight: 1, now: 150_001)
        let served = drain(&line, at: 160_000)
        #expect(served == [10, 11, 3, 2, 1, 0])
    }

    /// Whatever happens: each is served or shed exactly once, and nothing stays.
    @Test(arguments: 1...200 as ClosedRange<UInt64>) func eachLeavesOnce(_ seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        var line = FairLine<Int>(targetMicroseconds: Double.random(in: 500...20_000, using: &chance))
        var now: Int64 = 0
        var (waiting, left) = (Set<Int>(), Set<Int>())
        let environments = [Self.one, Self.two, Self.three]
        for number in 0..<2000 {
            now += Int64.random(in: 0...300, using: &chance)
            line.slowness = Double.random(in: 0.5...3, using: &chance)
            if Int.random(in: 0..<3, using: &chance) > 0, let environment = environments.randomElement(using: &chance),
                let kind = RequestClass.allCases.randomElement(using: &chance)
            {
                let arrival = arrival(
                    environment, kind, level: UInt8.random(in: 0...127, using: &chance),
                    patience: Bool.random(using: &chance) ? Int.random(in: 1...30, using: &chance) : nil)
                let cost = Double.random(in: 5...2000, using: &chance)
                if line.add(number, arrival, cost: cost, weight: [1, 2, 0.5].randomElement(using: &chance) ?? 1, now: now) == nil { waiting.insert(number) }
            } else if let next = line.next(now: now) {
                let entry =
                    switch next {
                    case .serve(let entry), .shed(let entry): entry
                    }
                let isFirst = left.insert(entry.item).inserted
                #expect(waiting.contains(entry.item) && isFirst)
                if case .serve = next { #expect(now <= entry.deadline) }
            }
            #expect(line.count == waiting.count - left.count)
        }
        while let next = line.next(now: now) {
            let entry =
                switch next {
                case .serve(let entry), .shed(let entry): entry
                }
            left.insert(entry.item)
        }
        #expect(left == waiting && line.isEmpty)
    }
}
