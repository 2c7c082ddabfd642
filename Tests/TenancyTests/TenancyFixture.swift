import Foundation
import HTTPSupport
import Kernel
import Storage
import Synchronization
import Testing

@testable import Tenancy

/// Tenancy over a database that is gone after the test, with a clock that the test turns and mail that it can read.
final class TenancyFixture: Sendable {
    /// Keeps what would have been sent.
    final class Post: AccountMail {
        private let letters = Mutex<[(letter: AccountLetter, to: String)]>([])
        let isConfigured: Bool

        init(isConfigured: Bool) { self.isConfigured = isConfigured }

        func requireConfigured() throws {
            guard isConfigured else { throw SampanError("MAIL_NOT_CONFIGURED", status: 501, Localized("", zh: ""), remedy: Localized("", zh: "")) }
        }

        func send(_ letter: AccountLetter, to email: String, _ language: Language) throws { letters.withLock { $0.append((letter, email)) } }
        var sent: [(letter: AccountLetter, to: String)] { letters.withLock { $0 } }
    }

    static let password = "hen bridge window seven"
    static let browser = Accounts.Client(userAgent: "test", ip: "203.0.113.9")

    let post: Post
    let time = Clock()
    let tenancy: Tenancy
    let control: Database
    var accounts: Accounts { tenancy.accounts }
    var organizations: Organizations { tenancy.organizations }

    private init(folder: URL, hasMail: Bool) throws {
        post = Post(isConfigured: hasMail)
        control = try Database(path: folder.appendingPathComponent("control.sqlite").path)
        tenancy = try Tenancy(
            control: control, sealer: Sealer(file: folder.appendingPathComponent("master.key")), operatorKey: "operator-key", mail: post,
            clock: WallClock { [time] in time.now })
    }

    /// A clock that only the test turns.
    final class Clock: Sendable {
        private let time = Mutex<Int64>(1_795_305_600_000)
        var now: Int64 { time.withLock { $0 } }
        func advance(_ milliseconds: Int64) { time.withLock { $0 += milliseconds } }
    }

    static func with(hasMail: Bool = true, _ body: (TenancyFixture) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sampan-tenancy-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let fixture = try TenancyFixture(folder: folder, hasMail: hasMail)
        try await body(fixture)
        try fixture.control.close()
    }

    /// The organization that a new node has.
    var first: OrganizationID { get throws { try #require(organizations.all().first?.id) } }

    /// Somebody who has accepted an invitation.
    func join(_ email: String, as role: Role, app: AppID? = nil, in organization: OrganizationID? = nil) async throws -> Account {
        let place = try organization ?? first
        let (_, token, _) = try await organizations.invite(email, as: role, app: app, to: place, by: "test", .en)
        return try await organizations.accept(token: token, name: "Somebody", password: Self.password).0
    }

    func signIn(_ email: String, _ password: String = password, code: String? = nil) async throws -> String {
        try await accounts.signIn(email: email, password: password, code: code, Self.browser).token
    }

    func code(of body: () async throws -> Void) async -> String? {
        do {
            try await body()
            return nil
        } catch { return (error as? SampanError)?.code ?? "\(error)" }
    }
}
