internal import Foundation
public import HTTPSupport
public import Kernel
internal import Storage
internal import Synchronization

/// The people who use the console and the management API: passwords, second factors, sessions.
public final class Accounts: Sendable {
    /// From where somebody signs in.
    public struct Client: Sendable {
        /// The browser or CLI, as it calls itself.
        public var userAgent: String
        /// Its address.
        public var ip: String

        /// A browser or CLI.
        public init(userAgent: String, ip: String) {
            self.userAgent = userAgent
            self.ip = ip
        }
    }

    private static let sessionMilliseconds: Int64 = 30 * 86_400_000
    private static let seenMilliseconds: Int64 = 60_000
    private static let resetMilliseconds: Int64 = 30 * 60_000
    private static let pendingFactorsMax = 1000

    private struct State {
        var throttle = GuessThrottle()
        /// Second factors that were begun and not confirmed yet.
        var pendingFactors: [AccountID: TimeBasedCode] = [:]
        /// When sessions were used since that was last written down.
        var seen: [String: Int64] = [:]
    }

    let store: AccountStore
    let hasher: PasswordHasher
    private let rules: PasswordRules
    private let sealer: Sealer
    private let mail: any AccountMail
    let clock: WallClock
    private let state = Mutex(State())
    private let changes = Turns<AccountID>()

    init(control: Database, sealer: Sealer, rules: PasswordRules, mail: any AccountMail, clock: WallClock) {
        store = AccountStore(control: control)
        hasher = PasswordHasher()
        self.rules = rules
        self.sealer = sealer
        self.mail = mail
        self.clock = clock
    }

    /// Whether passwords that many people use are known, and refused.
    public var knowsCommonPasswords: Bool { rules.knowsCommonPasswords }

    /// The account, if there is one.
    public func find(_ id: AccountID) throws -> Account? { try store.find(id)?.account }

    // MARK: Signing in

    /// Begins a session.
    /// - Parameter code: of the second factor, or a recovery code, where the account has one.
    /// - Returns: the session's token and who signed in.
    /// - Throws: 401 `SIGN_IN_FAILED`, the same for a wrong password and an unknown email; 401 `SECOND_FACTOR_NEEDED`; 429 `TOO_MANY_TRIES`.
    public func signIn(email: String, password: String, code: String?, _ client: Client) async throws -> (token: String, Account) {
        let name = email.lowercased()
        try requirePatience(name, client)
        guard let found = try store.find(email: name) else {
            // As long as a real one would take.
            try await hasher.verifyNothing(password)
            throw failed(name, client)
        }
        guard try await hasher.verify(password, against: found.passwordHash) else { throw failed(name, client) }
        if found.account.hasSecondFactor {
            guard let code, !code.isEmpty else { throw SampanError.secondFactorNeeded }
            guard try await accepts(code, of: found) else { throw failed(name, client) }
        }
        state.withLock { $0.throttle.succeeded(name: name) }
        if hasher.needsRehash(found.passwordHash) { try await store.rehash(found.account.id, hash: hasher.hash(password)) }
        return (try await begin(found.account.id, client), found.account)
    }

    /// Begins a session without an account: with the operator's key or a one-time link.
    func beginOperatorSession(_ client: Client) async throws -> String { try await begin(nil, client) }

    /// Begins a session without asking for anything.
    func begin(_ account: AccountID?, _ client: Client) async throws -> String {
        let token = Self.newToken()
        let now = clock.now()
        try await store.control.write { connection in
            try AccountStore.insertSession(
                Self.newSessionID(), tokenHash: token.sha256Hex, account: account, now: now, expiresAt: now + Self.sessionMilliseconds,
                userAgent: client.userAgent, clientIP: client.ip, connection)
        }
        return token
    }

    static func newToken() -> String { "st-" + RandomText.make(40) }
    static func newSessionID() -> String { "ses-" + RandomText.make(12, alphabet: RandomText.readable) }

    private func requirePatience(_ name: String, _ client: Client) throws {
        let now = clock.now()
        guard let wait = state.withLock({ $0.throttle.wait(name: name, address: client.ip, now: now) }) else { return }
        throw SampanError.tooManyTries(seconds: Int((wait + 999) / 1000))
    }

    private func failed(_ name: String, _ client: Client) -> SampanError {
        let now = clock.now()
        state.withLock { $0.throttle.failed(name: name, address: client.ip, now: now) }
        return .signInFailed
    }

    private func accepts(_ code: String, of found: AccountStore.Credentials) async throws -> Bool {
        guard let sealed = found.sealedSecondFactor else { return false }
        guard let factor = TimeBasedCode(secretText: try sealer.open(sealed)) else { throw SealerError.damagedSecret }
        if let step = factor.accept(code, at: clock.now(), after: found.secondFactorStep) {
            return try await store.useStep(step, of: found.account.id)
        }
        guard let hash = RecoveryCodes.hash(code) else { return false }
        return try await store.useRecovery(hash, of: found.account.id)
    }

    // MARK: Sessions

    /// The session that a token opens; using it keeps it alive, which `sweep` writes down.
    func session(_ token: String) throws -> AccountStore.Session? {
        let now = clock.now()
        guard let session = try store.session(token.sha256Hex, now: now) else { return nil }
        if now - session.lastSeenAt >= Self.seenMilliseconds { state.withLock { $0.seen[session.id] = now } }
        return session
    }

    /// Sessions of an account, the one used last first.
    public func sessions(of account: AccountID) throws -> [AccountSession] { try store.sessions(of: account, now: clock.now()) }

    /// Ends a session at once.
    public func endSession(_ id: String, of account: AccountID) async throws {
        guard try await store.removeSession(id, of: account) else {
            throw SampanError.notFound(
                "SESSION_NOT_FOUND", Localized("There is no session \(id.prefix(40)).", zh: "不存在会话 \(id.prefix(40))。"),
                remedy: Localized("It may have ended already.", zh: "它可能已经结束。"))
        }
        AuditNote.changed("session \(id)")
    }

    /// Ends the session that a token opens.
    public func signOut(_ token: String) async throws { try await store.removeSession(tokenHash: token.sha256Hex) }

    // MARK: Oneself

    /// Changes the name.
    public func rename(_ id: AccountID, _ name: String, if precondition: Precondition = .none) async throws {
        let name = try PeopleName.checked(name)
        try await changes.inTurn(id) { [self] in
            let before = try credentials(id).account
            try precondition.require(EntityTag(of: .object(before.json)))
            try await store.rename(id, name)
            AuditNote.changed("account \(id)", from: ["name": .string(before.name)], to: ["name": .string(name)])
        }
    }

    /// Changes the password, and ends all other sessions.
    public func changePassword(_ id: AccountID, from old: String, to new: String, keeping session: String?, _ client: Client) async throws {
        let found = try await confirm(id, password: old, client)
        try rules.check(new, email: found.account.email, name: found.account.name)
        try await store.setPassword(id, hash: hasher.hash(new), keeping: session)
        AuditNote.changed("password of \(id)")
    }

    /// Asks for the password again before something that a stolen session must not do.
    func confirm(_ id: AccountID, password: String, _ client: Client) async throws -> AccountStore.Credentials {
        let found = try credentials(id)
        try requirePatience(found.account.email, client)
        guard try await hasher.verify(password, against: found.passwordHash) else {
            _ = failed(found.account.email, client)
            throw SampanError.forbidden(
                "PASSWORD_WRONG", Localized("The password is wrong.", zh: "密码不正确。"),
                remedy: Localized("Type your present password.", zh: "请输入当前密码。"))
        }
        return found
    }

    func credentials(_ id: AccountID) throws -> AccountStore.Credentials {
        guard let found = try store.find(id) else { throw SampanError.noAccount(id.text) }
        return found
    }

    // MARK: Second factor

    /// Begins a second factor; it counts once a code of it was confirmed.
    /// - Returns: the secret, and the address that authenticator apps read.
    public func beginSecondFactor(_ id: AccountID) throws -> (secret: String, uri: String) {
        let account = try credentials(id).account
        guard !account.hasSecondFactor else { throw SampanError.secondFactorIsOn }
        let factor = TimeBasedCode()
        state.withLock { state in
            if state.pendingFactors.count >= Self.pendingFactorsMax { state.pendingFactors.removeAll() }
            state.pendingFactors[id] = factor
        }
        return (factor.secretText, factor.uri(account: account.email))
    }

    /// Turns the second factor on.
    /// - Returns: recovery codes, shown once.
    public func confirmSecondFactor(_ id: AccountID, code: String) async throws -> [String] {
        guard let factor = state.withLock({ $0.pendingFactors[id] }) else { throw SampanError.secondFactorNotBegun }
        guard let step = factor.accept(code, at: clock.now(), after: nil) else { throw SampanError.codeWrong }
        let recovery = RecoveryCodes.make()
        try await store.setSecondFactor(
            id, sealed: sealer.seal(factor.secretText), step: step, recoveryHashes: recovery.compactMap(RecoveryCodes.hash))
        state.withLock { _ = $0.pendingFactors.removeValue(forKey: id) }
        AuditNote.changed("second factor of \(id)", from: false, to: true)
        return recovery
    }

    /// Turns the second factor off.
    public func removeSecondFactor(_ id: AccountID, password: String, _ client: Client) async throws {
        _ = try await confirm(id, password: password, client)
        try await store.setSecondFactor(id, sealed: nil, step: 0, recoveryHashes: [])
        AuditNote.changed("second factor of \(id)", from: true, to: false)
    }

    // MARK: A forgotten password

    /// Mails a link that sets a new password, if there is such an account.
    ///
    /// The answer is the same if there is none, and comes before the mail has gone.
    /// - Throws: `MAIL_NOT_CONFIGURED`; 429 `TOO_MANY_TRIES`.
    public func requestReset(email: String, language: Language, _ client: Client) async throws {
        let name = try EmailAddress.checked(email)
        try mail.requireConfigured()
        // Counted apart: whoever is locked out may still ask for a new password.
        try requirePatience("reset \(name)", client)
        _ = failed("reset \(name)", client)
        guard let found = try store.find(email: name) else { return }
        let token = "pr-" + RandomText.make(40)
        try await store.insertReset(token.sha256Hex, of: found.account.id, expiresAt: clock.now() + Self.resetMilliseconds)
        try mail.send(.passwordReset(token: token), to: name, language)
    }

    /// Sets a new password with the token of such a mail; ends all sessions.
    public func completeReset(token: String, password: String) async throws -> Account {
        let hash = token.sha256Hex
        guard let id = try store.resetAccount(hash, now: clock.now()), let found = try store.find(id) else { throw SampanError.linkUsed }
        try rules.check(password, email: found.account.email, name: found.account.name)
        guard try await store.completeReset(hash, of: id, passwordHash: hasher.hash(password)) else { throw SampanError.linkUsed }
        state.withLock { $0.throttle.succeeded(name: found.account.email) }
        return found.account
    }

    // MARK: New people

    /// Checks what a new account is to have, and hashes its password.
    func prepare(email: String, name: String, password: String) async throws -> (Account, passwordHash: String) {
        let email = try EmailAddress.checked(email)
        let name = try PeopleName.checked(name)
        try rules.check(password, email: email, name: name)
        let account = Account(id: .random(), email: email, name: name, hasSecondFactor: false, createdAt: clock.now())
        return (account, try await hasher.hash(password))
    }

    /// Writes down which sessions were used; removes those, and resets, that have expired.
    func sweep() async throws {
        let seen = state.withLock { state in
            defer { state.seen = [:] }
            return state.seen
        }
        for (session, at) in seen { try await store.touchSession(session, now: at, expiresAt: at + Self.sessionMilliseconds) }
        try await store.sweep(now: clock.now())
    }
}

/// The mails that accounts need; the composition root says how they go.
public protocol AccountMail: Sendable {
    /// Throws `MAIL_NOT_CONFIGURED` when no mail can be sent.
    func requireConfigured() throws
    /// Hands a mail over; returns before it has gone.
    func send(_ letter: AccountLetter, to email: String, _ language: Language) throws
}

/// What is written to people.
public enum AccountLetter: Sendable, Hashable {
    /// A link that sets a new password.
    case passwordReset(token: String)
    /// A link that lets somebody into an organization.
    case invitation(token: String, organization: String, from: String)
}

/// Names of people, organizations, apps and environments.
enum PeopleName {
    static func checked(_ text: String, member: String = "name") throws -> String {
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !trimmed.isEmpty, trimmed.count <= 60, !trimmed.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) else {
            throw SampanError.badMember(member, Localized("1 to 60 characters", zh: " 1 到 60 个字符"))
        }
        return trimmed
    }
}
