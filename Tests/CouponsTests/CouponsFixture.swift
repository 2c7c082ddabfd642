import Crypto
import Foundation
import Kernel
import Storage
import Synchronization
import Testing

@testable import Coupons

/// What the same tests run on.
enum TestEngine: String, CaseIterable, Sendable {
    case files
    case postgres
}

/// A clock that only a test turns; at first it is noon in China.
final class TurnedClock: Sendable {
    static let hour: Int64 = 3_600_000
    static let day: Int64 = 24 * hour

    private let time = Mutex<Int64>(1_795_752_000_000)

    var now: Int64 { time.withLock { $0 } }
    var clock: WallClock { WallClock { self.now } }

    func advance(_ milliseconds: Int64) { time.withLock { $0 += milliseconds } }
}

/// One place for the coupons of an environment, gone after the test, and as many nodes over it as a test opens.
final class CouponsFixture: Sendable {
    let engine: TestEngine
    let time = TurnedClock()
    private let path: String
    private let namespace = "test_" + UUID().uuidString.lowercased()
    private let server: PostgresServer?

    private init(_ engine: TestEngine, _ folder: URL) throws {
        self.engine = engine
        path = folder.appendingPathComponent("coupons.sqlite").path
        switch engine {
        case .files: server = nil
        case .postgres:
            guard let url = ProcessInfo.processInfo.environment["SAMPAN_TEST_POSTGRES"] else {
                try Test.cancel("SAMPAN_TEST_POSTGRES is not set: run it with scripts/with-postgres.sh")
            }
            var configuration = try PostgresConfiguration(url)
            configuration.readersMax = 4
            server = PostgresServer(configuration.readingByIndex)
        }
    }

    static func with(_ engine: TestEngine, _ body: (CouponsFixture) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sampan-coupons-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let fixture = try CouponsFixture(engine, folder)
        try await body(fixture)
        if let server = fixture.server {
            try Database.destroy(namespace: fixture.namespace, of: server)
            server.close()
        }
    }

    /// A node: it finds what others have left.
    func open(limits: Limits = Limits()) throws -> EnvironmentCoupons {
        let database: Database
        if let server { database = try Database(postgres: server, namespace: namespace) } else { database = try Database(path: path) }
        return try EnvironmentCoupons(database, secret: SymmetricKey(data: Array(repeating: 7, count: 32)), limits: limits, clock: time.clock)
    }

    /// Closes a node in good order and answers another one.
    func again(_ node: EnvironmentCoupons) throws -> EnvironmentCoupons {
        try node.database.close()
        return try open()
    }

    /// A definition that can be claimed for ten days, each coupon valid for two.
    func definition(stock: Int64 = 1000, _ value: CouponValue = .amount(500), _ change: (inout BatchDefinition) -> Void = { _ in }) -> BatchDefinition {
        var definition = BatchDefinition(
            name: "b", terms: CouponTerms(value), stock: stock, opensAt: time.now - TurnedClock.day, closesAt: time.now + 10 * TurnedClock.day,
            validity: .relative(afterDays: 0, days: 2, wholeDays: false))
        definition.limits.perUser = 3
        change(&definition)
        return definition
    }
}

extension EnvironmentCoupons {
    /// Makes a batch that can be claimed.
    @discardableResult
    func publish(_ definition: BatchDefinition) async throws -> Int64 {
        let change = LedgerCommand.BatchChange(
            batch: nil,
            change: { batch throws(LedgerRefusal) in
                var batch = batch
                batch.status = .published
                return batch
            }, new: ("cpb-\(UUID().uuidString.prefix(8))", definition))
        guard case .batch(let batch) = try await writer.submit(.batch(change)) else { throw Unexpected() }
        return batch.number
    }

    struct Unexpected: Error {}

    func outcome(_ batch: Int64, _ user: String, key: String = "", device: String = "") async throws -> LedgerOutcome {
        var claim = LedgerCommand.Claim(batch: batch, user: user)
        claim.key = key
        claim.device = device
        return try await writer.submit(.claim(claim))
    }

    /// The coupon that a claim gave.
    func claim(_ batch: Int64, _ user: String, key: String = "", device: String = "") async throws -> Coupon {
        guard case .claimed(let coupon, _) = try await outcome(batch, user, key: key, device: device) else { throw Unexpected() }
        return coupon
    }

    /// Why a claim was refused; `nil` where it was not.
    func refusal(_ batch: Int64, _ user: String, key: String = "", device: String = "") async throws -> LedgerRefusal? {
        if case .refused(let refusal) = try await outcome(batch, user, key: key, device: device) { refusal } else { nil }
    }

    /// A step; its key stands for what is sent with it as well.
    func outcome(_ kind: LedgerEntry.Kind, _ coupons: [Int64], order: String = "o", key: String = "", hash: UInt64 = 1, amounts: [Int64] = [])
        async throws -> LedgerOutcome
    {
        var move = LedgerCommand.Move(kind: kind, coupons: coupons)
        (move.order, move.key, move.hash, move.amounts, move.milliseconds) = (order, key, hash, amounts, 900_000)
        return try await writer.submit(.move(move))
    }

    /// What a step did.
    @discardableResult
    func move(_ kind: LedgerEntry.Kind, _ coupons: [Int64], order: String = "o", key: String = "", amounts: [Int64] = []) async throws -> [Receipt] {
        guard case .moved(let receipts, _) = try await outcome(kind, coupons, order: order, key: key, amounts: amounts) else { throw Unexpected() }
        return receipts
    }

    /// Settles everything: what has been calm for long enough is settled.
    func settleAll() async throws {
        for _ in 0..<10 { try await settle() }
    }

    /// Settles the oldest pages only, so that a part of what somebody has lies in tables and a part in the journal.
    func settle(atMost entries: Int) async throws {
        try await writer.turn { turn, tables in
            try turn.catchUp()
            let piece = try tables.settle(entriesMax: entries)
            try turn.memory.forget(piece)
        }
    }

    var unsettled: Int { writer.memory.look { $0.unsettled } ?? -1 }

    func batchNow(_ number: Int64) async throws -> Batch {
        guard let batch = try await ledger({ $0.batch(number) }) else { throw Unexpected() }
        return batch
    }

    /// What tables say of every coupon.
    func settledCoupons() throws -> [Coupon] {
        try database.read { connection in
            let tables = CouponTables(connection: connection)
            let count = try tables.settled().nextCoupon
            return try tables.coupons(Set(1..<max(2, count))).sorted { $0.number < $1.number }
        }
    }

    func pagesInJournal() throws -> Int64 { try database.read { try $0.first("SELECT count(*) FROM journal") { $0.int(0) } ?? -1 } }
}
