import HTTPSupport
import Kernel
import Testing

@testable import Coupons

/// Batches that a sample brings.
@Suite struct SampleTests {
    private func definition(_ room: CouponsRoom) -> JSONObject {
        [
            "name": "sample", "value": ["type": "amount", "amount": 500], "stock": 10, "scope": ["categories": ["bread"]],
            "useTimes": ["weekdays": [1]], "claim": ["from": .int(room.time.now), "until": .int(room.time.now + TurnedClock.day)], "validity": ["days": 7],
        ]
    }

    @Test func oneIsMadeOnceAndSaysThatNobodyApprovedIt() async throws {
        let room = try CouponsRoom()
        let definition = definition(room)
        // Two deployments at once.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { try await room.coupons.publishSample("cpb-sample", definition, room.environment) } }
            try await group.waitForAll()
        }
        let batches = try await room.coupons.batches(room.environment)["batches"]?.arrayValue ?? []
        #expect(batches.count == 1)
        #expect(batches.first?["status"] == "published" && batches.first?["submittedBy"] == "sample" && batches.first?["approvedBy"] == "sample")
        #expect(batches.first?["revision"] == 1)
    }

    @Test func whatAMerchantHasDoneWithItStays() async throws {
        let room = try CouponsRoom()
        try await room.coupons.publishSample("cpb-sample", definition(room), room.environment)
        _ = try await room.coupons.changeBatch("cpb-sample", ["name": "mine", "stock": 5], room.environment)
        _ = try await room.coupons.step(.stop, "cpb-sample", by: "account a", needsSecond: false, room.environment)
        try await room.coupons.publishSample("cpb-sample", definition(room), room.environment)
        let batch = try await room.coupons.batch("cpb-sample", room.environment)
        #expect(batch["name"] == "mine" && batch["stock"] == 5 && batch["status"] == "stopped")
    }

    @Test func usersSeeForWhatAndWhenItIs() async throws {
        let room = try CouponsRoom()
        try await room.coupons.publishSample("cpb-sample", definition(room), room.environment)
        let offer = try await room.coupons.offer("cpb-sample", to: "u", room.environment)
        #expect(offer["scope"]?["categories"] == ["bread"] && offer["useTimes"]?["weekdays"] == [1])
        #expect(offer["now"]?.intValue == room.time.now)
    }
}
