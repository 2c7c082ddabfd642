public import Foundation
public import Kernel
public import Storage
internal import Synchronization

/// Organizations with their people, environments with their settings and keys, and who may manage what.
///
/// Everything that a request needs to know is held in memory and written through to `control.sqlite`.
public final class Tenancy: Sendable {
    /// The people.
    public let accounts: Accounts
    /// What they work in.
    public let organizations: Organizations
    /// What they did.
    public let audit: AuditLog
    let environmentStore: EnvironmentStore
    let environmentState: Mutex<EnvironmentState>
    let changes = Turns<EnvironmentID>()
    let keyStore: KeyStore
    let answers: AnswerStore
    let keyState = Mutex(KeyState())
    let sealer: Sealer
    let clock: WallClock
    let operatorKeyHash: String
    private let signInTokens = Mutex<Set<String>>([])

    /// Opens tenancy in the control database.
    /// - Parameters:
    ///   - commonPasswords: a sorted list of passwords that nobody may use; `nil` where there is none.
    ///   - mail: how accounts send mail.
    public init(control: Database, sealer: Sealer, operatorKey: String, commonPasswords: URL? = nil, mail: any AccountMail, clock: WallClock) throws {
        try control.migrate(tenancyMigrations)
        environmentStore = EnvironmentStore(control: control)
        keyStore = KeyStore(control: control)
        answers = AnswerStore(control: control)
        audit = AuditLog(control: control, clock: clock)
        accounts = Accounts(control: control, sealer: sealer, rules: PasswordRules(commonPasswords: commonPasswords), mail: mail, clock: clock)
        organizations = try Organizations(control: control, accounts: accounts, mail: mail, clock: clock)
        self.sealer = sealer
        self.clock = clock
        operatorKeyHash = operatorKey.sha256Hex
        try environmentStore.adoptEnvironments(by: organizations.first())
        var state = EnvironmentState()
        for (environment, settings, quotas) in try environmentStore.environments() {
            state.environments[environment.id] = environment
            state.settings[environment.id] = try EnvironmentSettings(stored: settings, sealer)
            state.quotas[environment.id] = try EnvironmentQuotas(stored: quotas)
        }
        state.abandoned = Set(try environmentStore.unfinished())
        environmentState = Mutex(state)
    }

    /// A token for one sign-in to the console, valid until used or until the server stops.
    public func makeSignInToken() -> String {
        let token = RandomText.make(32)
        signInTokens.withLock { _ = $0.insert(token.sha256Hex) }
        return token
    }

    /// Trades a sign-in token, or the operator's key, for a session.
    /// - Returns: the session's token for a cookie, `nil` when the token is unknown or was used.
    public func signIn(with token: String, _ client: Accounts.Client = .init(userAgent: "", ip: "")) async throws -> String? {
        let hash = token.sha256Hex
        guard hash == operatorKeyHash || signInTokens.withLock({ $0.remove(hash) != nil }) else { return nil }
        return try await accounts.beginOperatorSession(client)
    }

    /// Ends a console session.
    public func signOut(_ token: String) async throws { try await accounts.signOut(token) }

    /// Writes down which keys and sessions were used, and removes sessions and kept answers that have expired.
    public func sweep() async throws {
        let uses = keyState.withLock { state in
            defer { state.keyUses = [:] }
            return state.keyUses
        }
        for (key, at) in uses { try await keyStore.touchKey(key, now: at) }
        try await accounts.sweep()
        try await RepeatMiddleware.sweep(answers, now: clock.now())
    }
}
