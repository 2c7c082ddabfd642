import Testing

@testable import Coupons

struct LullTests {
    @Test func aFewAreSettledAtTheFirstCalmLook() {
        var lull = Lull()
        #expect(lull.look(unsettled: 5, questions: 10))
        #expect(lull.look(unsettled: 200, questions: 20))
        #expect(!lull.look(unsettled: 401, questions: 30), "many have come")
        #expect(lull.look(unsettled: 401, questions: 40))
    }

    /// After a launch those who got nothing ask on: what they are refused from stays in memory, and the processor is theirs.
    @Test func whileACrowdIsRefusedNothingIsSettled() {
        var lull = Lull()
        var questions: UInt64 = 100_000
        #expect(!lull.look(unsettled: 100_000, questions: questions))
        for _ in 0..<100 {
            questions += 5000
            #expect(!lull.look(unsettled: 100_000, questions: questions))
        }
        for _ in 0..<7 { #expect(!lull.look(unsettled: 100_000, questions: questions)) }
        #expect(lull.look(unsettled: 100_000, questions: questions), "two seconds of calm")
        #expect(!lull.isOver(questions: questions + 500))
        #expect(lull.isOver(questions: questions + 501))
    }

    @Test func aMomentOfCalmInACrowdIsNoLull() {
        var lull = Lull()
        for round in 1...40 as ClosedRange<UInt64> { #expect(!lull.look(unsettled: 50_000, questions: round / 4 * 1000 + 1000)) }
    }
}
