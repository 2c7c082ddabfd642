internal import Coupons
internal import Foundation
internal import HTTPSupport
internal import Kernel

/// The sample shop's batches of coupons, of `templates/retail/seed/coupons.json`.
///
/// Nobody approves them: `submittedBy` and `approvedBy` say `sample`. Each has an id of its own and is made once; what a merchant has done with
/// it since (told it in other words, paused it, stopped it) stays.
struct SampleCoupons {
    /// The one that is for everything and everybody.
    static let welcome = "cpb-sample-welcome"

    private static let minute: Int64 = 60_000
    private static let day: Int64 = 1440 * minute

    let coupons: Coupons
    let clock: WallClock

    /// Makes those that are not there yet.
    func publish(_ file: URL, in environment: EnvironmentID) async throws {
        let now = clock.now()
        for item in try JSON(parsing: Array(Data(contentsOf: file))).arrayValue ?? [] {
            guard let sample = item.objectValue, var batch = try sample.optionalObject("batch") else { continue }
            // Times of a seed are counted from when the shop is made: the last one is seen to open.
            let opens = now + Int64(try sample.optionalInt("opensAfterMinutes", in: 0...10_080) ?? 0) * Self.minute
            let days = Int64(try sample.optionalInt("openDays", in: 1...3650) ?? 365)
            batch["claim"] = ["from": .int(opens), "until": .int(opens + days * Self.day)]
            try await coupons.publishSample(sample.text("id"), batch, environment)
        }
    }
}
