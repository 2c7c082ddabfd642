/// Slows down whoever guesses passwords or codes: a pure value, told what happened and when.
///
/// It counts by address and by name (an account's, a user's), whether there is such a one or not, so that being locked out tells nothing.
public struct GuessThrottle: Sendable {
    private struct Failures: Sendable {
        var count = 0
        var lockedUntil: Int64 = 0
        var lastAt: Int64 = 0
    }

    /// So many wrong guesses are forgiven.
    public static let freeByName = 5
    /// Several people may sit behind one address.
    public static let freeByAddress = 50
    private static let firstLockMilliseconds: Int64 = 60_000
    private static let longestLockMilliseconds: Int64 = 3_600_000
    /// After so long without a failure everything is forgotten.
    private static let memoryMilliseconds: Int64 = 24 * 3_600_000
    private static let entriesMax = 20_000

    private let freeByAddress: Int
    private var failures: [String: Failures] = [:]

    /// Nobody has guessed yet.
    /// - Parameter freeByAddress: so many wrong guesses of one address are forgiven.
    public init(freeByAddress: Int = Self.freeByAddress) { self.freeByAddress = freeByAddress }

    /// Milliseconds until the next try is allowed; `nil` when it is now.
    public func wait(name: String, address: String, now: Int64) -> Int64? {
        let until = max(failures[Self.key(name: name)]?.lockedUntil ?? 0, failures[Self.key(address: address)]?.lockedUntil ?? 0)
        return until > now ? until - now : nil
    }

    /// A wrong password, code or name.
    public mutating func failed(name: String, address: String, now: Int64) {
        if failures.count >= Self.entriesMax { forget(now) }
        count(Self.key(name: name), free: Self.freeByName, now)
        count(Self.key(address: address), free: freeByAddress, now)
    }

    /// The right one: the account's slate is clean; the address's is not, or one known account would pay for guessing at others.
    public mutating func succeeded(name: String) { failures[Self.key(name: name)] = nil }

    /// What was counted as wrong before anybody could know turned out to be right.
    public mutating func excuse(name: String, address: String) {
        succeeded(name: name)
        let key = Self.key(address: address)
        guard var entry = failures[key] else { return }
        entry.count -= 1
        if entry.count <= freeByAddress { entry.lockedUntil = 0 }
        failures[key] = entry.count > 0 ? entry : nil
    }

    private mutating func count(_ key: String, free: Int, _ now: Int64) {
        var entry = failures[key] ?? Failures()
        if now - entry.lastAt > Self.memoryMilliseconds { entry = Failures() }
        entry.count += 1
        entry.lastAt = now
        if entry.count > free {
            let doubled = Self.firstLockMilliseconds << min(entry.count - free - 1, 10)
            entry.lockedUntil = now + min(doubled, Self.longestLockMilliseconds)
        }
        failures[key] = entry
    }

    private mutating func forget(_ now: Int64) {
        failures = failures.filter { $0.value.lockedUntil > now }
        // All locked: whoever made so many names has to do it again.
        if failures.count >= Self.entriesMax { failures.removeAll() }
    }

    private static func key(name: String) -> String { "n:\(name)" }
    private static func key(address: String) -> String { "a:\(address)" }
}
