import TestSupport
import Testing

@testable import Coupons

/// Pages come back as they were written, or not at all.
@Suite struct JournalPageTests {
    private static func entry(_ chance: inout SeededGenerator) -> LedgerEntry {
        func number() -> Int64 {
            switch chance.below(4) {
            case 0: Int64(chance.below(100))
            case 1: Int64(bitPattern: chance.next())
            case 2: chance.choose([.min, .max, 0, -1, 63, 64, -64, -65])
            default: 1_795_752_000_000 + Int64(chance.below(1_000_000))
            }
        }
        func text() -> String { chance.choose(["", "o", "\u{0}", "优惠券", String(repeating: "é", count: chance.below(200)), "{\"a\":1}"]) }
        var entry = LedgerEntry(
            kind: chance.choose(LedgerEntry.Kind.allCases), batch: number(), coupon: number(), at: number(), account: chance.choose(CouponAccount.allCases))
        (entry.amount, entry.balance, entry.from, entry.until, entry.code) = (number(), number(), number(), number(), number())
        (entry.text, entry.order, entry.key, entry.hash) = (text(), text(), text(), chance.next())
        return entry
    }

    private static func read(_ bytes: [UInt8]) throws -> [LedgerEntry] {
        var entries: [LedgerEntry] = []
        try bytes.withUnsafeBytes { try JournalPage.entries(in: $0) { entries.append($0) } }
        return entries
    }

    @Test func everyPageComesBack() throws {
        var chance = SeededGenerator(seed: 1)
        for _ in 0..<500 {
            let entries = (0..<chance.below(20)).map { _ in Self.entry(&chance) }
            #expect(try Self.read(JournalPage.bytes(of: entries)) == entries)
        }
    }

    @Test func aChangedByteIsNoticed() {
        var chance = SeededGenerator(seed: 2)
        for _ in 0..<40 {
            let bytes = JournalPage.bytes(of: (0...chance.below(4)).map { _ in Self.entry(&chance) })
            for position in bytes.indices {
                var changed = bytes
                changed[position] ^= UInt8(1 + chance.below(255))
                #expect(throws: JournalPage.Damage.checksum) { try Self.read(changed) }
            }
        }
    }

    @Test func aPageOfWhichAPartIsMissingIsNoticed() {
        var chance = SeededGenerator(seed: 3)
        for _ in 0..<40 {
            let bytes = JournalPage.bytes(of: (0...chance.below(4)).map { _ in Self.entry(&chance) })
            for count in bytes.indices {
                #expect(throws: JournalPage.Damage.self) { try Self.read(Array(bytes.prefix(count))) }
                // A file system may know the length before the content.
                let torn = Array(bytes.prefix(count)) + [UInt8](repeating: 0, count: bytes.count - count)
                if torn != bytes { #expect(throws: JournalPage.Damage.self) { try Self.read(torn) } }
            }
            #expect(throws: JournalPage.Damage.self) { try Self.read(bytes + [0]) }
        }
    }
}
