import Testing

@testable import Functions

struct ChangeLanesTests {
    private func changes(_ text: String, from place: Int64) -> [(place: Int64, document: String, change: String)] {
        text.enumerated().map { (place + Int64($0.offset), String($0.element), "\($0.element)\($0.offset)") }
    }

    @Test func changesOfOneDocumentComeOneAfterTheOther() {
        var lanes = ChangeLanes<String>(from: 0, runningMax: 10)
        lanes.add(changes("abacb", from: 1), upTo: 9)
        #expect(lanes.start().map(\.change) == ["a0", "b1", "c3"])
        #expect(lanes.start().isEmpty)
        lanes.finish(4, of: "c")
        #expect(lanes.done == 0, "what came before it is still under way")
        lanes.finish(1, of: "a")
        #expect(lanes.done == 1)
        #expect(lanes.start().map(\.change) == ["a2"])
        lanes.finish(2, of: "b")
        lanes.finish(3, of: "a")
        #expect(lanes.start().map(\.change) == ["b4"])
        #expect(lanes.done == 4 && !lanes.isIdle)
        lanes.finish(5, of: "b")
        #expect(lanes.done == 9 && lanes.isIdle, "also what was read and not wanted is done")
    }

    @Test func onlySoManyRun() {
        var lanes = ChangeLanes<String>(from: 0, runningMax: 2, waitingMax: 3)
        lanes.add(changes("abcd", from: 1), upTo: 4)
        #expect(!lanes.hasRoom)
        #expect(lanes.start().count == 2)
        lanes.finish(1, of: "a")
        #expect(lanes.start().map(\.document) == ["c"])
    }

    /// Whatever order calls end in: each change runs once, in its document's order, and `done` never passes one that has not ended.
    @Test func nothingIsLostOrOvertaken() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var lanes = ChangeLanes<Int64>(from: 0, runningMax: Int.random(in: 1...5, using: &random))
            var running: [(place: Int64, document: String)] = []
            var ended: [String: [Int64]] = [:]
            var next: Int64 = 1
            while next <= 40 || !lanes.isIdle {
                if next <= 40, Bool.random(using: &random) {
                    let count = Int64.random(in: 1...5, using: &random)
                    lanes.add((0..<count).map { (next + $0, String(Int.random(in: 0...3, using: &random)), next + $0) }, upTo: next + count)
                    next += count + 1
                }
                running += lanes.start().map { ($0.place, $0.document) }
                #expect(Set(running.map(\.document)).count == running.count)
                if let one = running.indices.randomElement(using: &random) {
                    let (place, document) = running.remove(at: one)
                    lanes.finish(place, of: document)
                    ended[document, default: []].append(place)
                }
                #expect(running.allSatisfy { $0.place > lanes.done })
            }
            #expect(ended.values.allSatisfy { $0 == $0.sorted() })
            #expect(lanes.done == lanes.read)
        }
    }
}
