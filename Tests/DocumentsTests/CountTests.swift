import Kernel
import Testing

@testable import Documents

/// A count that is kept is never that of another moment.
struct CountTests {
    @Test(arguments: TestEngine.allCases) func everyWriteIsCounted(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            func counted() async throws -> [Int64] {
                let total = try await base.perform(["op": "count", "collection": "c"])["total"]?.intValue
                let shown = try base.documents.collection("c", base.environment)["documents"]?.intValue
                return [total ?? -1, shown ?? -1]
            }
            var expected: Int64 = 0
            for round in 0..<40 {
                let id = JSON.string("d\(round)")
                _ = try await base.perform(["op": "add", "collection": "c", "data": ["_id": id, "n": .int(Int64(round))]])
                expected += 1
                if round % 3 == 0 {
                    _ = try await base.perform(["op": "remove", "collection": "c", "id": id])
                    expected -= 1
                }
                if round % 5 == 0 {
                    _ = try await base.lines("{\"_id\":\"l\(round)a\"}\n{\"_id\":\"l\(round)b\"}\n", into: "c")
                    expected += 2
                }
                // Twice: counted, then known.
                for _ in 0..<2 { #expect(try await counted() == [expected, expected], "round \(round)") }
                #expect(await base.refusal(["op": "add", "collection": "c", "data": ["_id": "l0a"]]) == "DUPLICATE_KEY")
                #expect(try await counted() == [expected, expected])
            }
            let transaction = try await base.begin(scope: 1)
            _ = try await base.inTransaction(transaction, scope: 1, #"{"op":"add","collection":"c","data":{"_id":"t"}}"#)
            #expect(try await counted() == [expected, expected])
            try await base.inTransaction(transaction, scope: 1, #"{"op":"commit"}"#)
            #expect(try await counted() == [expected + 1, expected + 1])
            try await base.documents.dropCollection("c", base.environment)
            _ = try await base.perform(["op": "add", "collection": "c", "data": ["_id": "x"]])
            #expect(try await counted() == [1, 1])
        }
    }

    /// Whoever has been answered is counted, also while others write.
    @Test(arguments: TestEngine.allCases) func whoIsAnsweredIsCounted(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<8 {
                    group.addTask {
                        for number in 1...30 {
                            _ = try await base.perform(["op": "add", "collection": "c", "data": ["w": .int(Int64(writer)), "n": .int(Int64(number))]])
                            let total = try await base.perform(["op": "count", "collection": "c"])["total"]?.intValue ?? -1
                            #expect(total >= Int64(number))
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await base.perform(["op": "count", "collection": "c"])["total"] == 240)
        }
    }
}
