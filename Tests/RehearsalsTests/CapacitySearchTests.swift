import Testing

@testable import Rehearsals

@Suite struct CapacitySearchTests {
    /// What is found where everything below `capacity` is kept.
    private func search(from start: Double, capacity: Double, ceiling: Double, stepsMax: Int = 12) -> (search: CapacitySearch, tried: [Double]) {
        var search = CapacitySearch(ceiling: ceiling, stepsMax: stepsMax)
        var tried = [start]
        search.note(rate: start, isKept: start <= capacity)
        while let rate = search.next {
            tried.append(rate)
            search.note(rate: rate, isKept: rate <= capacity)
        }
        return (search, tried)
    }

    @Test(arguments: [3.0, 17, 50, 99, 101, 230, 399])
    func theCapacityIsFoundToATenth(capacity: Double) throws {
        let found = search(from: 100, capacity: capacity, ceiling: 400)
        let kept = try #require(found.search.kept)
        let broken = try #require(found.search.broken)
        #expect(kept <= capacity && broken > capacity && broken - kept <= kept * 0.1 + 1e-9, "\(found.tried)")
        #expect(found.tried.count <= 12)
    }

    @Test func whatNothingBreaksEndsAtTheCeiling() {
        let found = search(from: 100, capacity: 1000, ceiling: 350)
        #expect(found.search.kept == 350 && found.search.broken == nil && found.tried == [100, 200, 350])
    }

    @Test func whatNeverHoldsEndsAtTheBottom() {
        let found = search(from: 100, capacity: 0, ceiling: 400)
        #expect(found.search.kept == nil && found.tried.last == 100.0 / 64)
    }

    @Test func stepsAreBounded() {
        #expect(search(from: 1000, capacity: 3, ceiling: 4000, stepsMax: 3).tried.count == 3)
    }

    @Test func whatHoldsOnlySometimesDoesNotHold() {
        var search = CapacitySearch(ceiling: 400, stepsMax: 12)
        search.note(rate: 100, isKept: true)
        search.note(rate: 90, isKept: false)
        #expect(search.kept == nil && search.broken == 90 && search.next == 45)
    }
}
