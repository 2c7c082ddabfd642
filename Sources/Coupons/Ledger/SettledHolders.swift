internal import Synchronization

/// Who may have settled coupons: users, devices and codes, by batch.
///
/// A user who is not in here has none, so nothing has to be loaded to give or refuse them a coupon; of those who are not, one in some hundred
/// is taken for one who may. Two bytes for each coupon. It only grows, so copies of a ledger share it: what one adds too early costs the other a look
/// into tables that finds nothing.
final class SettledHolders: Sendable {
    /// A part with room for so many; each part has twice as much as the one before.
    private struct Part {
        /// Of 512 bits each, a cache line.
        var blocks: [SIMD8<UInt64>]
        var room: Int

        init(room: Int) {
            self.room = room
            // 16 bits for each.
            blocks = Array(repeating: .zero, count: max(1, room / 32))
        }

        func contains(_ hash: UInt64) -> Bool {
            let (block, bits) = Self.place(hash, blocks.count)
            return blocks[block] & bits == bits
        }

        mutating func insert(_ hash: UInt64) {
            let (block, bits) = Self.place(hash, blocks.count)
            blocks[block] |= bits
            room -= 1
        }

        /// Which block, and four bits of it.
        private static func place(_ hash: UInt64, _ count: Int) -> (Int, SIMD8<UInt64>) {
            let block = Int(truncatingIfNeeded: hash.multipliedFullWidth(by: UInt64(count)).high)
            var rest = hash &* 0x9E37_79B9_7F4A_7C15
            rest ^= rest >> 32
            var bits = SIMD8<UInt64>.zero
            for _ in 0..<4 {
                bits[Int(truncatingIfNeeded: rest & 7)] |= 1 << ((rest >> 3) & 63)
                rest >>= 9
            }
            return (block, bits)
        }
    }

    private struct State {
        var parts: [Part] = []
        /// All coupons up to this one are in here.
        var through: Int64 = 0
    }

    private static let firstRoom = 1 << 14
    private let state = Mutex(State())

    /// All coupons up to this one are in here.
    var through: Int64 { state.withLock { $0.through } }

    /// Whether somebody may have a coupon up to the number `settled`.
    func mayHold(_ key: Ledger.TakerKey, settled: Int64) -> Bool {
        let hash = Self.hash(key)
        return state.withLock { state in state.through < settled || state.parts.contains { $0.contains(hash) } }
    }

    /// Nothing is known.
    func forget() { state.withLock { $0 = State() } }

    /// Adds holders of coupons.
    /// - Parameters:
    ///   - first: the coupons from this one on ...
    ///   - last: ... to this one are all among them.
    func add(_ keys: some Sequence<Ledger.TakerKey>, from first: Int64, through last: Int64) {
        let hashes = keys.map(Self.hash)
        state.withLock { state in
            for hash in hashes {
                if state.parts.last.map({ $0.room > 0 }) != true { state.parts.append(Part(room: Self.firstRoom << min(state.parts.count, 12))) }
                state.parts[state.parts.count - 1].insert(hash)
            }
            if first <= state.through + 1 { state.through = max(state.through, last) }
        }
    }

    private static func hash(_ key: Ledger.TakerKey) -> UInt64 {
        var holder = key.holder
        var hash = holder.withUTF8 { JournalPage.hash(UnsafeRawBufferPointer($0)) } ^ UInt64(bitPattern: key.batch) &* 0xD6E8_FEB8_6659_FD93
        hash ^= hash >> 32
        hash = hash &* 0xD6E8_FEB8_6659_FD93
        return hash ^ hash >> 32
    }
}
