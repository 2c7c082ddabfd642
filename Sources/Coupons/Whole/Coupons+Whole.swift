public import Foundation
internal import HTTPSupport
public import Kernel
internal import Storage

/// What is done with all coupons of an environment: counting, copying, writing them into an archive.
extension Coupons {
    private static let atOnce = 1000

    /// How many coupons an environment's batches may give in all.
    public func usage(_ environment: EnvironmentID) throws -> Int64 {
        guard try place.exists(environment) else { return 0 }
        return try store(environment).writer.memory.look { $0.stock } ?? 0
    }

    /// Makes the batches of one environment in a new one, as drafts with the ids that functions know them by; what was claimed stays where it is.
    public func copyBatches(_ source: EnvironmentID, to copy: EnvironmentID) async throws {
        guard try place.exists(source) else { return }
        let batches = try await store(source).ledger { $0.batches.map { ($0.id, $0.definition) } }
        let store = try store(copy)
        for batch in batches {
            let change = LedgerCommand.BatchChange(batch: nil, change: { batch throws(LedgerRefusal) in batch }, new: batch)
            if case .refused(let refusal) = try await submit(.batch(change), store) { throw refusal.sampanError(store.numbers.id) }
        }
    }

    /// Writes everything of one moment as JSON lines: `batches.jsonl`, `coupons.jsonl`, `entries.jsonl`.
    /// - Returns: the names of the files; none where an environment has no coupons.
    public func write(_ environment: EnvironmentID, into folder: URL) async throws -> [String] {
        guard try place.exists(environment) else { return [] }
        let store = try store(environment)
        try await store.settleNow()
        let now = clock.now()
        try await offEventLoop { [self] in
            try store.database.readMoment { connection in
                let tables = CouponTables(connection: connection)
                let batches = try tables.settled().batches
                try Self.write(batches.map(shown), to: folder.appendingPathComponent("batches.jsonl"))
                try Self.write(to: folder.appendingPathComponent("coupons.jsonl"), from: 0) { last in
                    let coupons = try tables.coupons(behind: last, limit: Self.atOnce)
                    return (
                        coupons.map { coupon in
                            var json = shown(coupon, batch: batches.first { $0.number == coupon.batch }, store, now: now).objectValue ?? [:]
                            json["user"] = .string(coupon.user)
                            return .object(json)
                        }, coupons.last?.number
                    )
                }
                let ids = batches.map(\.id)
                try Self.write(to: folder.appendingPathComponent("entries.jsonl"), from: 0) { last in
                    let entries = try tables.entries(EntryQuery(after: last, limit: Self.atOnce))
                    return (entries.map { Self.shown($0, ids, store) }, entries.last?.sequence)
                }
            }
        }
        return ["batches.jsonl", "coupons.jsonl", "entries.jsonl"]
    }

    private static func write(_ lines: [JSON], to file: URL) throws {
        var isFirst = true
        try write(to: file, from: 0) { _ in
            defer { isFirst = false }
            return isFirst ? (lines, 1) : ([], nil)
        }
    }

    /// - Parameter more: gets where to go on; answers lines, and where to go on behind them or `nil`.
    private static func write(to file: URL, from start: Int64, _ more: (Int64) throws -> ([JSON], Int64?)) throws {
        guard FileManager.default.createFile(atPath: file.path, contents: nil, attributes: [.posixPermissions: 0o600]) else {
            throw DurableFile.Failure("cannot create \(file.path)")
        }
        let handle = try FileHandle(forWritingTo: file)
        defer { try? handle.close() }
        var place = start
        while true {
            let (lines, next) = try more(place)
            guard let next else { return }
            try handle.write(contentsOf: lines.flatMap { $0.serialized() + [10] })
            place = next
        }
    }
}

extension Ledger {
    /// How many coupons all batches may give; of those that were stopped, what they gave.
    var stock: Int64 { batches.reduce(0) { $0 + ($1.status == .stopped ? $1.claimed : $1.definition.stock) } }
}
