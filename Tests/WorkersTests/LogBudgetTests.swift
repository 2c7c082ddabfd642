import NIOCore
import Testing

@testable import Workers

@Suite("How much a worker may log")
struct LogBudgetTests {
    private let start = NIODeadline.uptimeNanoseconds(5_000_000_000)

    @Test func dropsWhatIsBeyondASecondsWorth() {
        var budget = LogBudget(bytesPerSecond: 100, now: start)
        let admitted = (0..<20).count { _ in budget.admit(9, now: start) }
        #expect(admitted == 10)
        #expect(budget.takeDropped() == 100)
        #expect(budget.takeDropped() == 0)
    }

    @Test func refillsWithTime() {
        var budget = LogBudget(bytesPerSecond: 100, now: start)
        let lines: [(bytes: Int, milliseconds: Int64)] = [(99, 0), (9, 50), (9, 100), (99, 900), (99, 60_000), (1, 60_000)]
        let admitted = lines.map { budget.admit($0.bytes, now: start + .milliseconds($0.milliseconds)) }
        #expect(admitted == [true, false, true, false, true, false])
    }

    /// However it is asked, never much more than the rate passes.
    @Test func holdsTheRate() {
        var budget = LogBudget(bytesPerSecond: 1000, now: start)
        var passed = 0
        for step in 0..<10_000 where budget.admit(20, now: start + .milliseconds(Int64(step))) { passed += 21 }
        #expect(passed > 9_500 && passed <= 11_000)
    }
}
