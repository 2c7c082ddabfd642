internal import HTTPSupport
public import Kernel

/// What the platform's operator does for people, and how an account ends.
extension Accounts {
    /// Long enough to hand a link over by another way than mail.
    private static let handedResetMilliseconds: Int64 = 24 * 3_600_000

    /// Accounts whose email or name has `search`, oldest first.
    /// - Parameters:
    ///   - after: a position of `ListWindow`.
    ///   - limit: how many at most.
    public func list(search: String?, after: String?, limit: Int) throws -> [Account] { try store.accounts(search: search, after: after, limit: limit) }

    /// Makes a link's token that sets a new password, for somebody whom no mail reaches.
    /// - Returns: the token, shown once, and until when it can be used, in milliseconds.
    public func makeReset(of id: AccountID) async throws -> (token: String, expiresAt: Int64) {
        _ = try credentials(id)
        let token = "pr-" + RandomText.make(40)
        let expiresAt = clock.now() + Self.handedResetMilliseconds
        try await store.insertReset(token.sha256Hex, of: id, expiresAt: expiresAt)
        AuditNote.changed("password reset of \(id)")
        return (token, expiresAt)
    }

    /// Turns the second factor of somebody off who has lost the device and the recovery codes.
    public func clearSecondFactor(of id: AccountID) async throws {
        let before = try credentials(id).account.hasSecondFactor
        try await store.setSecondFactor(id, sealed: nil, step: 0, recoveryHashes: [])
        AuditNote.changed("second factor of \(id)", from: .bool(before), to: false)
    }

    /// Removes an account; its sessions end at once.
    /// - Throws: 409 `LAST_OWNER` where an organization would be left without an owner.
    func remove(_ id: AccountID) async throws {
        let before = try credentials(id).account
        try await store.remove(id)
        AuditNote.changed("account \(id)", from: .object(before.json))
    }
}
