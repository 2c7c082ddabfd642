import HTTPSupport
import Kernel
import Testing

@testable import Tenancy

struct OrganizationsTests {
    /// An invitation works once, for its email, until it lapses or is taken back.
    @Test func anInvitationIsForOnePersonOnce() async throws {
        try await TenancyFixture.with { base async throws in
            let place = try base.first
            let (invitation, token, isMailed) = try await base.organizations.invite("an@example.com", as: .analyst, app: nil, to: place, by: "x", .zh)
            #expect(isMailed && base.post.sent.last?.to == "an@example.com")
            #expect(try base.organizations.invitations(of: place) == [invitation])
            let stranger = try await base.join("stranger@example.com", as: .viewer)
            #expect(await base.code { _ = try await base.organizations.accept(token: token, as: stranger) } == "NOT_INVITED")
            _ = try await base.organizations.accept(token: token, name: "An", password: TenancyFixture.password)
            #expect(await base.code { _ = try await base.organizations.accept(token: token, name: "An", password: TenancyFixture.password) } == "LINK_INVALID")
            #expect(try base.organizations.members(of: place).first { $0.email == "an@example.com" }?.role == .analyst)

            let (_, late, _) = try await base.organizations.invite("late@example.com", as: .viewer, app: nil, to: place, by: "x", .zh)
            base.time.advance(7 * 86_400_000)
            #expect(try base.organizations.invitation(token: late) == nil)
            let (taken, back, _) = try await base.organizations.invite("back@example.com", as: .viewer, app: nil, to: place, by: "x", .zh)
            try await base.organizations.removeInvitation(taken.id, of: place)
            #expect(try base.organizations.invitation(token: back) == nil)
        }
    }

    /// Somebody with an account takes a further role with it; a new account under a taken email is refused and leaves the invitation.
    @Test func oneAccountWorksInSeveralOrganizations() async throws {
        try await TenancyFixture.with { base async throws in
            let first = try base.first
            let account = try await base.join("an@example.com", as: .viewer)
            let other = try await base.organizations.create(name: "Other", kind: .isv).id
            let (_, token, _) = try await base.organizations.invite("an@example.com", as: .admin, app: nil, to: other, by: "x", .en)
            #expect(await base.code { _ = try await base.organizations.accept(token: token, name: "An", password: TenancyFixture.password) } == "EMAIL_TAKEN")
            _ = try await base.organizations.accept(token: token, as: account)
            let grants = try base.organizations.grants(of: account.id)
            #expect(Set(grants) == [Grant(.viewer, at: .organization(first)), Grant(.admin, at: .organization(other))])
        }
    }

    @Test func thereIsAlwaysAnOwner() async throws {
        try await TenancyFixture.with { base async throws in
            let place = try base.first
            let owner = try await base.join("owner@example.com", as: .owner)
            let next = try await base.join("next@example.com", as: .developer)
            #expect(await base.code { try await base.organizations.setRole(.admin, of: owner.id, in: place, app: nil) } == "LAST_OWNER")
            #expect(await base.code { try await base.organizations.removeMember(owner.id, from: place, app: nil) } == "LAST_OWNER")
            try await base.organizations.transfer(place, from: owner.id, to: next.id)
            let roles = Dictionary(uniqueKeysWithValues: try base.organizations.members(of: place).map { ($0.account, $0.role) })
            #expect(roles == [owner.id: .admin, next.id: .owner])
            try await base.organizations.removeMember(owner.id, from: place, app: nil)
        }
    }

    /// A role in one app reaches that app's environments and no other.
    @Test func aRoleInAnAppEndsAtTheApp() async throws {
        try await TenancyFixture.with { base async throws in
            let place = try base.first
            let app = try await base.organizations.createApp(.init(["name": "Tea", "wechatAppId": "wx1"]), in: place)
            let inside = try await base.tenancy.create(name: "in", in: place, app: app.id)
            let outside = try await base.tenancy.create(name: "out", in: place)
            _ = try await base.join("an@example.com", as: .developer, app: app.id)
            let principal = try #require(try base.tenancy.principal(ofKey: try await base.signIn("an@example.com")))
            #expect(base.tenancy.permissions(of: principal, in: inside.id).contains(.functionsDeploy))
            #expect(base.tenancy.permissions(of: principal, in: outside.id).isEmpty)
            #expect(base.tenancy.permissions(of: principal, in: place).isEmpty)
            #expect(await base.code { try await base.tenancy.removeApp(app.id) } == "APP_IN_USE")
            _ = try await base.tenancy.change(inside.id, ["app": .null])
            try await base.tenancy.removeApp(app.id)
            #expect(base.tenancy.permissions(of: principal, in: inside.id).isEmpty)
        }
    }

    @Test func aSuspendedOrganizationServesNothingAndItsPeopleOnlyLook() async throws {
        try await TenancyFixture.with { base async throws in
            let place = try base.first
            let environment = try await base.tenancy.create(name: "e", in: place)
            _ = try await base.join("an@example.com", as: .owner)
            let principal = try #require(try base.tenancy.principal(ofKey: try await base.signIn("an@example.com")))
            _ = try await base.organizations.setStatus(.suspended, of: place)
            #expect(await base.code { try base.tenancy.requireActive(environment.id) } == "ORGANIZATION_SUSPENDED")
            let permissions = base.tenancy.permissions(of: principal, in: environment.id)
            #expect(permissions.contains(.documentsRead) && !permissions.contains(.documentsWrite) && !permissions.contains(.membersManage))
            _ = try await base.organizations.setStatus(.active, of: place)
            try base.tenancy.requireActive(environment.id)
        }
    }

    @Test func keysExpireAndSayWhenTheyWereUsed() async throws {
        try await TenancyFixture.with { base async throws in
            let place = try base.first
            let (key, secret) = try await base.tenancy.createKey(of: place, name: "ci", role: .developer, expiresAt: base.time.now + 1000)
            #expect(try base.tenancy.principal(ofKey: secret)?.grants == [Grant(.developer, at: .organization(place))])
            #expect(try base.tenancy.keys(of: place).first?.lastUsedAt == base.time.now)
            try await base.tenancy.sweep()
            #expect(try base.tenancy.keys(of: place).first?.lastUsedAt == base.time.now)
            base.time.advance(1000)
            #expect(try base.tenancy.principal(ofKey: secret) == nil)
            let (other, _) = try await base.tenancy.createKey(of: place, name: "ci", role: .viewer)
            #expect(key.id != other.id)
            #expect(await base.code { _ = try await base.tenancy.createKey(of: place, name: "", role: .viewer, expiresAt: 5) } == "BAD_MEMBER")
        }
    }

    /// Changes at the same time do not lose one another.
    @Test func settingsChangedAtOnceAreAllKept() async throws {
        try await TenancyFixture.with { base async throws in
            let environment = try await base.tenancy.create(name: "e")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask { try await base.tenancy.changeSettings(environment.id, ["variables": ["V\(number)": "x"]]) }
                }
                try await group.waitForAll()
            }
            #expect(try base.tenancy.settings(environment.id).variables.count == 40)
        }
    }
}
