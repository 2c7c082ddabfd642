import HTTPSupport
import Kernel
import Testing

@testable import Tenancy

struct AccountsTests {
    @Test func signsInAndOut() async throws {
        try await TenancyFixture.with { base async throws in
            let account = try await base.join("An@Example.com", as: .developer)
            #expect(account.email == "an@example.com")
            let token = try await base.signIn("AN@example.com")
            let principal = try #require(try base.tenancy.principal(ofKey: token))
            let place = try base.first
            #expect(principal.kind == .account(account.id) && principal.grants == [Grant(.developer, at: .organization(place))])
            #expect(try base.accounts.sessions(of: account.id).count == 1)
            try await base.accounts.signOut(token)
            #expect(try base.tenancy.principal(ofKey: token) == nil)
        }
    }

    /// A wrong password and an unknown email are told alike, and both are slowed down; the right password waits as well.
    @Test func guessingIsSlowedDownWhetherTheAccountExistsOrNot() async throws {
        try await TenancyFixture.with { base async throws in
            _ = try await base.join("an@example.com", as: .viewer)
            for email in ["an@example.com", "nobody@example.com"] {
                for _ in 0...GuessThrottle.freeByName { #expect(await base.code { _ = try await base.signIn(email, "wrong password") } == "SIGN_IN_FAILED") }
                #expect(await base.code { _ = try await base.signIn(email) } == "TOO_MANY_TRIES", "\(email)")
            }
            base.time.advance(61_000)
            _ = try await base.signIn("an@example.com")
            #expect(await base.code { _ = try await base.signIn("an@example.com", "wrong password") } == "SIGN_IN_FAILED", "the slate is clean again")
        }
    }

    @Test func aNewPasswordEndsTheOtherSessions() async throws {
        try await TenancyFixture.with { base async throws in
            let account = try await base.join("an@example.com", as: .viewer)
            let (mine, other) = (try await base.signIn("an@example.com"), try await base.signIn("an@example.com"))
            let session = try #require(try base.tenancy.principal(ofKey: mine)?.session)
            let new = "another window entirely"
            let wrong = await base.code { try await base.accounts.changePassword(account.id, from: "wrong", to: new, keeping: session, TenancyFixture.browser) }
            #expect(wrong == "PASSWORD_WRONG")
            try await base.accounts.changePassword(account.id, from: TenancyFixture.password, to: new, keeping: session, TenancyFixture.browser)
            #expect(try base.tenancy.principal(ofKey: mine) != nil)
            #expect(try base.tenancy.principal(ofKey: other) == nil)
            #expect(await base.code { _ = try await base.signIn("an@example.com") } == "SIGN_IN_FAILED")
            _ = try await base.signIn("an@example.com", new)
        }
    }

    @Test func aForgottenPasswordIsSetByMailOnce() async throws {
        try await TenancyFixture.with { base async throws in
            _ = try await base.join("an@example.com", as: .viewer)
            let session = try await base.signIn("an@example.com")
            try await base.accounts.requestReset(email: "nobody@example.com", language: .zh, TenancyFixture.browser)
            #expect(base.post.sent.count == 1, "the invitation only")
            try await base.accounts.requestReset(email: "an@example.com", language: .zh, TenancyFixture.browser)
            guard case .passwordReset(let token)? = base.post.sent.last?.letter else { return #expect(Bool(false), "no mail") }
            #expect(await base.code { _ = try await base.accounts.completeReset(token: token, password: "short") } == "PASSWORD_REFUSED")
            _ = try await base.accounts.completeReset(token: token, password: "another window entirely")
            #expect(await base.code { _ = try await base.accounts.completeReset(token: token, password: "a third window entirely") } == "LINK_INVALID")
            #expect(try base.tenancy.principal(ofKey: session) == nil)
            _ = try await base.signIn("an@example.com", "another window entirely")

            try await base.accounts.requestReset(email: "an@example.com", language: .zh, TenancyFixture.browser)
            guard case .passwordReset(let late)? = base.post.sent.last?.letter else { return #expect(Bool(false), "no mail") }
            base.time.advance(31 * 60_000)
            #expect(await base.code { _ = try await base.accounts.completeReset(token: late, password: "a third window entirely") } == "LINK_INVALID")
        }
    }

    @Test func theSecondFactorIsAskedForAndEachCodeWorksOnce() async throws {
        try await TenancyFixture.with { base async throws in
            let account = try await base.join("an@example.com", as: .owner)
            let secret = try base.accounts.beginSecondFactor(account.id).secret
            let factor = try #require(TimeBasedCode(secretText: secret))
            func code() -> String { String(decoding: factor.code(ofStep: base.time.now / 30_000), as: UTF8.self) }
            #expect(await base.code { _ = try await base.accounts.confirmSecondFactor(account.id, code: "000000") } == "CODE_WRONG")
            let recovery = try await base.accounts.confirmSecondFactor(account.id, code: code())
            #expect(recovery.count == 10)
            #expect(await base.code { _ = try await base.signIn("an@example.com") } == "SECOND_FACTOR_NEEDED")
            #expect(await base.code { _ = try await base.signIn("an@example.com", code: code()) } == "SIGN_IN_FAILED", "this one was used to turn it on")
            base.time.advance(30_000)
            _ = try await base.signIn("an@example.com", code: code())
            #expect(await base.code { _ = try await base.signIn("an@example.com", code: code()) } == "SIGN_IN_FAILED")
            _ = try await base.signIn("an@example.com", code: recovery[3])
            #expect(await base.code { _ = try await base.signIn("an@example.com", code: recovery[3]) } == "SIGN_IN_FAILED")
            #expect(await base.code { try await base.accounts.removeSecondFactor(account.id, password: "wrong", TenancyFixture.browser) } == "PASSWORD_WRONG")
            try await base.accounts.removeSecondFactor(account.id, password: TenancyFixture.password, TenancyFixture.browser)
            _ = try await base.signIn("an@example.com")
        }
    }

    @Test func aSessionLivesThirtyDaysAfterItWasUsedLast() async throws {
        try await TenancyFixture.with { base async throws in
            _ = try await base.join("an@example.com", as: .viewer)
            let token = try await base.signIn("an@example.com")
            let days: Int64 = 86_400_000
            base.time.advance(29 * days)
            #expect(try base.tenancy.principal(ofKey: token) != nil)
            try await base.tenancy.sweep()
            base.time.advance(29 * days)
            #expect(try base.tenancy.principal(ofKey: token) != nil)
            base.time.advance(31 * days)
            #expect(try base.tenancy.principal(ofKey: token) == nil)
        }
    }

    @Test func withoutMailAResetSaysSo() async throws {
        try await TenancyFixture.with(hasMail: false) { base async throws in
            let code = await base.code { try await base.accounts.requestReset(email: "an@example.com", language: .en, TenancyFixture.browser) }
            #expect(code == "MAIL_NOT_CONFIGURED")
        }
    }
}
