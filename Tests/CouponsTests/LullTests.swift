import Testing

@testable import Coupons

struct LullTests {
    /// What a series of looks says, each with how many entries wait and how often the ledger was asked so far.
    private func looks(_ lull: inout Lull, _ looks: [(unsettled: Int, questions: UInt64)]) -> [Bool] {
        looks.map { lull.look(unsettled: $0.unsettled, questions: $0.questions) }
    }

    @Test func aFewAreSettledAtTheFirstCalmLook() {
        var lull = Lull()
        let settles = looks(&lull, [(5, 10), (200, 20), (401, 30), (401, 40)])
        #expect(settles == [true, true, false, true], "at the third many have come")
    }

    /// After a launch those who got nothing ask on: what they are refused from stays in memory, and the processor is theirs.
    @Test func whileACrowdIsRefusedNothingIsSettled() {
        var lull = Lull()
        let crowd = looks(&lull, (0...100).map { (100_000, 100_000 + 5000 * $0) })
        #expect(!crowd.contains(true))
        let calm = looks(&lull, Array(repeating: (100_000, 600_000), count: 8))
        #expect(calm == [false, false, false, false, false, false, false, true], "two seconds of calm")
        #expect(!lull.isOver(questions: 600_500))
        #expect(lull.isOver(questions: 600_501))
    }

    @Test func aMomentOfCalmInACrowdIsNoLull() {
        var lull = Lull()
        let settles = looks(&lull, (1...40).map { (50_000, $0 / 4 * 1000 + 1000) })
        #expect(!settles.contains(true))
    }
}
