import Foundation
import Kernel
import Testing

@testable import Tenancy

@Suite("How passwords are stored")
struct PasswordHasherTests {
    /// As quick as argon2 allows, for what is not about the cost.
    private static let cheap = PasswordHasher.Cost(memoryKiB: 8, passes: 1, lanes: 1)

    /// From the tests of the reference implementation (phc-winner-argon2, src/test.c, version 0x13).
    @Test(
        arguments: [
            (65_536, 2, 1, "password", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"),
            (256, 2, 1, "password", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"),
            (256, 2, 2, "password", "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"),
            (65_536, 2, 1, "differentpassword", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$C4TWUs9rDEvq7w3+J4umqA32aWKB1+DSiRuBfYxFj94"),
        ] as [(UInt32, UInt32, UInt32, String, String)])
    func agreesWithTheReference(memory: UInt32, passes: UInt32, lanes: UInt32, password: String, expected: String) async throws {
        let cost = PasswordHasher.Cost(memoryKiB: memory, passes: passes, lanes: lanes)
        #expect(try PasswordHasher.encode(Array(password.utf8), salt: Array("somesalt".utf8), cost: cost) == expected)
        #expect(try await PasswordHasher().verify(password, against: expected))
        #expect(try await !PasswordHasher().verify(password + "x", against: expected))
    }

    @Test func theCostIsWhatIsRecommended() async throws {
        let hasher = PasswordHasher()
        let stored = try await hasher.hash("correct horse battery staple")
        #expect(stored.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
        #expect(!hasher.needsRehash(stored))
        #expect(try await hasher.verify("correct horse battery staple", against: stored))
        #expect(try await !hasher.verify("Correct horse battery staple", against: stored))
    }

    @Test func eachHashHasASaltOfItsOwn() async throws {
        let hasher = PasswordHasher(cost: Self.cheap)
        #expect(try await hasher.hash("one password") != hasher.hash("one password"))
    }

    @Test func saysWhenAHashHasAnotherCost() async throws {
        let old = try await PasswordHasher(cost: Self.cheap).hash("one password")
        #expect(PasswordHasher().needsRehash(old))
        #expect(try await PasswordHasher().verify("one password", against: old), "it still works")
    }

    /// A Mac sends é as two characters, a phone as one; full-width digits come from Chinese keyboards.
    @Test func theSameCharactersAreTheSamePassword() async throws {
        let hasher = PasswordHasher(cost: Self.cheap)
        let stored = try await hasher.hash("caf\u{e9} 密码 123")
        #expect(try await hasher.verify("cafe\u{301} 密码 １２３", against: stored))
        #expect(try await !hasher.verify("cafe 密码 123", against: stored))
    }

    @Test func aDamagedHashIsAnErrorAndNoMismatch() async throws {
        let hasher = PasswordHasher(cost: Self.cheap)
        for stored in ["", "plain", "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ", "$argon2i$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAA"] {
            await #expect(throws: PasswordHasherError.self) { try await hasher.verify("x", against: stored) }
        }
    }

    /// What is too long to be a password is refused, and is not taken for the empty one.
    @Test func aTextThatIsTooLongFitsNothing() async throws {
        let hasher = PasswordHasher(cost: Self.cheap)
        let empty = try await hasher.hash("")
        #expect(try await !hasher.verify(String(repeating: "a", count: 1 << 20), against: empty))
    }

    /// Who asks for an account that does not exist must wait as long: the same work with the same cost, so that nobody can list the accounts
    /// by the clock.
    @Test func absentAccountsTakeTheSameWork() async throws {
        for hasher in [PasswordHasher(), PasswordHasher(cost: Self.cheap)] {
            let stored = try await hasher.hash("correct horse battery staple")
            #expect(!hasher.needsRehash(hasher.decoy) && hasher.decoy.count == stored.count)
            for password in ["", "wrong password", "correct horse battery staple"] {
                #expect(try await !hasher.verify(password, against: hasher.decoy))
            }
        }
    }

    @Test func aFloodIsTurnedAway() async throws {
        let hasher = PasswordHasher()
        let outcomes = await withTaskGroup(of: SampanError?.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    do {
                        try await hasher.verifyNothing("some password")
                        return nil
                    } catch {
                        return error as? SampanError
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let refusals = outcomes.compactMap(\.self)
        #expect(outcomes.count - refusals.count >= PasswordHasher.waitingMax, "those who may wait are served")
        #expect(refusals.count > 0)
        #expect(refusals.allSatisfy { $0.code == "SIGN_IN_BUSY" && $0.status == 503 && $0.retryAfter != nil })
        try await hasher.verifyNothing("some password")
    }
}
