import Testing

@testable import LoadGenerator

@Suite struct RetryTests {
    private var random = SeededRandom(seed: 1)

    @Test mutating func nobodyRetriesWhoDoesNotWantTo() {
        var judge = RetryJudge(.never)
        judge.triedFirst()
        #expect(judge.pause(after: .refused, tries: 1, retryAfter: nil, &random) == nil)
    }

    @Test mutating func theRudeComeBackAtOnce() {
        var judge = RetryJudge(.rude(triesMax: 3))
        for outcome in [Outcome.refused, .failed(status: 500, code: nil), .lost(.timedOut), .lost(.connectFailed), .lost(.malformedAnswer)] {
            #expect(judge.pause(after: outcome, tries: 1, retryAfter: 5, &random) == 0)
            #expect(judge.pause(after: outcome, tries: 2, retryAfter: 5, &random) == 0)
            #expect(judge.pause(after: outcome, tries: 3, retryAfter: 5, &random) == nil)
        }
        for outcome in [Outcome.served, .accepted(code: "X"), .failed(status: 404, code: nil), .lost(.unfinished)] {
            #expect(judge.pause(after: outcome, tries: 1, retryAfter: nil, &random) == nil)
        }
    }

    @Test mutating func theCourteousWaitAsLongAsTheyAreTold() throws {
        var judge = RetryJudge(.courteous(triesMax: 3, budget: 1))
        var pauses: [Double] = []
        for _ in 0..<1000 {
            judge.triedFirst()
            pauses.append(try #require(judge.pause(after: .refused, tries: 1, retryAfter: 4, &random)))
        }
        #expect(pauses.allSatisfy { (2.0...6.0).contains($0) })
        // The whole range is used, or they would come back together.
        #expect((pauses.min() ?? 9) < 2.1 && (pauses.max() ?? 0) > 5.9)
        judge.triedFirst()
        let untold = try #require(judge.pause(after: .lost(.connectionClosed), tries: 2, retryAfter: nil, &random))
        #expect((0.3...0.9).contains(untold))
        judge.triedFirst()
        #expect(judge.pause(after: .refused, tries: 3, retryAfter: 1, &random) == nil)
        #expect(judge.pause(after: .failed(status: 500, code: nil), tries: 1, retryAfter: 1, &random) == nil)
    }

    @Test mutating func theBudgetBoundsRetriesToItsShare() {
        var judge = RetryJudge(.courteous(triesMax: 2, budget: 0.1))
        var retries = 0
        for _ in 0..<10_000 {
            judge.triedFirst()
            if judge.pause(after: .refused, tries: 1, retryAfter: 1, &random) != nil { retries += 1 }
        }
        #expect((999...1000).contains(retries))
    }

    @Test mutating func aLongCalmDoesNotPayForAStorm() {
        var judge = RetryJudge(.courteous(triesMax: 2, budget: 0.1))
        for _ in 0..<100_000 { judge.triedFirst() }
        let retries = (0..<1000).count { _ in judge.pause(after: .refused, tries: 1, retryAfter: 1, &random) != nil }
        #expect(retries == 100)
    }
}
