import Kernel
import Testing

@testable import Rush

/// A hundred thousand people, simulated: they come within ten seconds, ask as often as they are told, and a third leaves on the way.
@Suite struct WaitingCrowdTests {
    private struct Person {
        let number: Int
        /// Leaves at this moment.
        let leaves: Int64
    }

    private struct Result {
        var cameByMinute: [Int: Int] = [:]
        var pollsBySecond: [Int64: Int] = [:]
        /// What people were told, and what became of it, in seconds.
        var told: [(number: Int, at: Int64, least: Int, most: Int, middle: Double)] = []
        var calledAt: [Int64]
        var inside = 0
    }

    private static let people = 100_000
    private static let step: Int64 = 100

    /// - Parameter leaving: which share goes away before their turn.
    private static func run(ratePerMinute: Int, leaving: Double, seconds: Int64) -> Result {
        var random = Lehmer(seed: 7)
        var turned = TurnedRoom { $0.ratePerMinute = ratePerMinute }
        turned.pass()
        let start = turned.now
        var result = Result(calledAt: Array(repeating: 0, count: people))
        var agenda: [[Int]] = Array(repeating: [], count: Int(seconds * 1000 / step) + 400)
        var persons: [Person] = []
        persons.reserveCapacity(people)
        let wholeWait = Double(people) * 60 / Double(ratePerMinute)
        var status = (turned.room.speed(.general, now: turned.now), turned.room[.general].called, turned.room.waiting)
        for tick in 0..<(seconds * 1000 / step) {
            turned.now = start + tick * step
            if tick % 10 == 0 {
                let called = turned.room[.general].called
                turned.room.turn(.init(), now: turned.now)
                turned.room.wasSaved(turned.room.saved())
                for number in called..<turned.room[.general].called where number < people { result.calledAt[number] = turned.now }
                status = (turned.room.speed(.general, now: turned.now), turned.room[.general].called, turned.room.waiting)
            }
            let asking = agenda[Int(tick)]
            func later(_ index: Int, _ ahead: Int) {
                let wait = Double(WaitingStatus.seconds(ahead: max(0, ahead), status.0).most) * 1000 / WaitingStatus.pollShare
                let pause = min(Double(WaitingStatus.pollMost(status.2)), max(Double(WaitingStatus.pollLeast), wait))
                let next = tick + Int64(pause * (1 + 0.5 * random.next())) / step + 1
                if Int(next) < agenda.count { agenda[Int(next)].append(index) }
            }
            while persons.count < people, persons.count < Int(tick + 1) * 1000 {
                let isLeaving = random.next() < leaving
                let number = turned.number()
                let wait = Double(number) / Double(people) * wholeWait * random.next()
                persons.append(Person(number: number, leaves: isLeaving ? turned.now + Int64(wait * 1000) : .max))
                // The ticket says how the line stands: the first look is after the first pause.
                later(persons.count - 1, number - status.1)
            }
            for index in asking {
                let person = persons[index]
                if turned.now >= person.leaves { continue }
                result.pollsBySecond[(turned.now - start) / 1000, default: 0] += 1
                if person.number < status.1 {
                    guard turned.room.ask(.general, person.number, now: turned.now) == .come else { continue }
                    turned.room.enter(.general, person.number)
                    result.inside += 1
                    result.cameByMinute[Int((turned.now - start) / 60_000), default: 0] += 1
                    continue
                }
                let ahead = person.number - status.1
                let told = WaitingStatus.seconds(ahead: ahead, status.0)
                let middle = Double(ahead + 1) / status.0.perSecond
                if index % 50 == 0 { result.told.append((person.number, turned.now, told.least, told.most, middle)) }
                later(index, ahead)
            }
        }
        return result
    }

    @Test(arguments: [0.0, 0.35]) func aHundredThousandPeopleComeInAtTheRateAndAreToldTheTruth(leaving: Double) {
        let rate = 18_000
        let result = Self.run(ratePerMinute: rate, leaving: leaving, seconds: 240)
        for minute in 1...2 {
            let share = Double(result.cameByMinute[minute] ?? 0) / Double(rate)
            #expect((0.95...1.05).contains(share), "minute \(minute): \(share) of the rate")
        }
        #expect(result.pollsBySecond.values.max() ?? 0 <= 10_000)
        // What was told after the first minute, to whoever had a while to wait.
        let judged = result.told.filter { $0.at > 1_001_000 + 60_000 && result.calledAt[$0.number] - $0.at > 15_000 }
        let errors = judged.map { told in
            let actual = Double(result.calledAt[told.number] - told.at) / 1000
            return abs(told.middle - actual) / actual
        }.sorted()
        #expect(errors.count > 500)
        #expect(errors[errors.count * 95 / 100] <= 0.2, "19 of 20 are told within a fifth: \(errors[errors.count * 95 / 100])")
        let honest = judged.filter { told in
            let actual = (result.calledAt[told.number] - told.at) / 1000
            return Int64(told.least) - 1 <= actual && actual <= Int64(told.most) + 1
        }
        #expect(Double(honest.count) >= Double(judged.count) * 0.9, "the error that is shown is the error that there is")
        print(
            "crowd, \(leaving) leaving: \(result.inside) in, shares \(result.cameByMinute.mapValues { Double($0) / Double(rate) }), error p50",
            errors[errors.count / 2], "p95", errors[errors.count * 95 / 100], "polls", result.pollsBySecond.values.max() ?? 0)
    }

    /// What a room keeps is the same for ten people and for a hundred thousand.
    @Test func nothingIsKeptOfThoseWhoWait() {
        func size(_ count: Int) -> Int {
            var turned = TurnedRoom { $0.ratePerMinute = 60 }
            turned.pass()
            for _ in 0..<count { _ = turned.take() }
            turned.pass(seconds: 5)
            return "\(turned.room)".utf8.count
        }
        #expect(size(100_000) - size(10) < 64, "a few more digits")
    }
}

/// A small generator whose numbers are the same in each run.
struct Lehmer {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 2_685_821_657_736_338_717 | 1 }

    /// From 0 to 1.
    mutating func next() -> Double {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return Double((state &* 2_685_821_657_736_338_717) >> 11) / Double(1 << 53)
    }
}
