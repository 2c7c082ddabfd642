import Crypto
import Foundation
import Kernel
import Logging
import NIOCore
import TestSupport
import Testing

@testable import Coupons

/// Codes that the server makes, and what claims bring: codes, links, invitations.
@Suite struct GeneratedCodesTests {
    private let codes = GeneratedCodes(secret: SymmetricKey(data: Array(repeating: 9, count: 32)))

    @Test func eachPlaceHasItsOwnCodeAndComesBack() throws {
        var seen: Set<String> = []
        for batch in [1, 2, 9_999] as [Int64] {
            for index in [0, 1, 2, 77, 9_999_999] as [Int64] {
                let place = GeneratedCodes.Place(batch: batch, index: index)
                let code = codes.code(place)
                #expect(code.count == 14)
                #expect(codes.place(code) == place)
                #expect(seen.insert(code).inserted)
            }
        }
    }

    @Test func howeverItIsTyped() {
        let place = GeneratedCodes.Place(batch: 3, index: 4)
        let code = codes.code(place)
        #expect(codes.place(code.lowercased()) == place)
        #expect(codes.place(code.replacing("-", with: " ")) == place)
        #expect(codes.place(code.replacing("-", with: "").replacing("0", with: "o").replacing("1", with: "l")) == place)
    }

    @Test func whatWasNotMadeIsNone() {
        let code = codes.code(GeneratedCodes.Place(batch: 1, index: 1))
        for text in ["", "1", code + "0", String(code.dropLast()), "U" + code.dropFirst(), "ä" + code.dropFirst()] { #expect(codes.place(text) == nil) }
        // One letter is changed in each place to each other letter: none of these was made.
        let plain = Array(code.replacing("-", with: ""))
        for place in plain.indices {
            for letter in "0123456789ABCDEFGHJKMNPQRSTVWXYZ" where letter != plain[place] {
                var other = plain
                other[place] = letter
                #expect(codes.place(String(other)) == nil)
            }
        }
        let elsewhere = GeneratedCodes(secret: SymmetricKey(data: Array(repeating: 8, count: 32)))
        #expect(elsewhere.place(code) == nil)
    }

    @Test func linksAreGoodForTheirBatchAndChannelOnly() {
        let links = ClaimLinks(secret: SymmetricKey(data: Array(repeating: 9, count: 32)))
        let token = links.token(batch: "cpb-a", channel: "poster")
        #expect(links.accepts(token, batch: "cpb-a", channel: "poster"))
        #expect(!links.accepts(token, batch: "cpb-a", channel: ""))
        #expect(!links.accepts(token, batch: "cpb-b", channel: "poster"))
        #expect(!links.accepts("", batch: "cpb-a", channel: "poster"))
        #expect(!links.accepts(String(token.dropLast()) + "0", batch: "cpb-a", channel: "poster") || token.hasSuffix("0"))
    }

    @Test func linesHoweverTheyArrive() throws {
        let file = Array("\u{FEFF}a1\r\nb2\n\nc3".utf8)
        for size in 1...file.count {
            var lines = TextLines()
            var found: [(Int64, String)] = []
            for start in stride(from: 0, to: file.count, by: size) {
                let piece = ByteBuffer(bytes: file[start..<min(start + size, file.count)])
                found += try lines.take(piece.readableBytesView).map { ($0.number, $0.text) }
            }
            found += lines.finish().map { ($0.number, $0.text) }
            #expect(found.map(\.1) == ["a1", "b2", "", "c3"])
            #expect(found.map(\.0) == [1, 2, 3, 4])
        }
    }

    @Test func spreadsheetsRunNothing() {
        #expect(CSVText.line(["=1+1", "-5", "a,b", "say \"x\"", "@a", "-a"]) == "'=1+1,-5,\"a,b\",\"say \"\"x\"\"\",'@a,'-a\r\n")
    }
}

/// A capability over one place, for what needs more than the ledger.
final class CouponsRoom: Sendable {
    let coupons: Coupons
    let time = TurnedClock()
    let environment = EnvironmentID(wellFormed: "env-coupons12345")
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("sampan-coupons-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = folder.appendingPathComponent("coupons.sqlite").path
        coupons = Coupons(
            engine: .files { _ in path }, secret: { _ in SymmetricKey(data: Array(repeating: 7, count: 32)) }, limits: Limits(), clock: time.clock,
            logger: Logger(label: "test"))
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    var shop: CallContext { CallContext(environment: environment, caller: .key, requestID: "r") }

    func user(_ name: String, ip: String = "10.0.0.1") -> CallContext {
        CallContext(environment: environment, caller: .user(User(openid: name)), requestID: "r", clientIP: ip)
    }

    /// A published batch's id.
    func batch(_ change: JSONObject = [:]) async throws -> String {
        var definition: JSONObject = [
            "name": "b", "value": ["type": "amount", "amount": 500], "stock": 1000,
            "claim": ["from": .int(time.now - 1000), "until": .int(time.now + TurnedClock.day)], "validity": ["days": 7],
        ]
        for (name, value) in change { definition[name] = value }
        if let needs = change["needs"] {
            definition["needs"] = nil
            definition["claim"] = ["from": .int(time.now - 1000), "until": .int(time.now + TurnedClock.day), "needs": needs]
        }
        let id = try #require(try await coupons.makeBatch(definition, environment)["id"]?.stringValue)
        _ = try await coupons.step(.submit, id, by: "account a", needsSecond: false, environment)
        _ = try await coupons.step(.approve, id, by: "account b", needsSecond: true, environment)
        return id
    }

    /// The code of the refusal; empty where there was none.
    func refusal(_ body: () async throws -> some Any) async throws -> String {
        do {
            _ = try await body()
            return ""
        } catch let error as SampanError {
            return error.code
        }
    }

    /// A file in pieces of so many bytes.
    static func file(_ text: String, by size: Int = 10_000) -> AsyncThrowingStream<ByteBuffer, any Error> {
        let bytes = Array(text.utf8)
        return AsyncThrowingStream { continuation in
            for start in stride(from: 0, to: bytes.count, by: size) { continuation.yield(ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)])) }
            continuation.finish()
        }
    }

    struct Broken: Error {}

    /// A file of which only the beginning arrives.
    static func broken(_ text: String) -> AsyncThrowingStream<ByteBuffer, any Error> {
        AsyncThrowingStream { continuation in
            continuation.yield(ByteBuffer(string: text))
            continuation.finish(throwing: Broken())
        }
    }
}

@Suite struct ClaimProofTests {
    @Test func aGeneratedCodeGivesOneCoupon() async throws {
        let room = try CouponsRoom()
        let batch = try await room.batch(["needs": "code", "codes": ["source": "generated", "count": 3]])
        let codes = try await room.coupons.generatedCodes(of: batch, from: 0, limit: 10, room.environment)
        #expect(codes.count == 3)
        #expect(try await room.refusal { try await room.coupons.claim(batch, [:], room.user("u")) } == "COUPON_PROOF_NEEDED")
        let first: JSONObject = ["code": .string(codes[0]), "outBizNo": "1"]
        let given = try await room.coupons.claimByCode(first, room.user("u"))
        #expect(try await room.coupons.claimByCode(first, room.user("u"))["repeat"] == true)
        #expect(try await room.coupons.claim(batch, first, room.user("u"))["coupon"]?["id"] == given["coupon"]?["id"])
        #expect(try await room.refusal { try await room.coupons.claimByCode(["code": .string(codes[0])], room.user("v")) } == "COUPON_CODE_USED")
        // Also when the first claim lies in the tables.
        _ = try await room.coupons.entries(Coupons.EntriesWanted(), room.environment)
        #expect(try await room.refusal { try await room.coupons.claim(batch, ["code": .string(codes[0])], room.user("w")) } == "COUPON_CODE_USED")
        #expect(try await room.coupons.coupon(code: codes[0], room.shop)["id"] == given["coupon"]?["id"])
        #expect(try await room.refusal { try await room.coupons.coupon(code: codes[1], room.shop) } == "COUPON_NOT_FOUND")
    }

    @Test func codesAreNotGuessed() async throws {
        let room = try CouponsRoom()
        _ = try await room.batch(["needs": "code", "codes": ["source": "generated", "count": 3]])
        func guess(_ user: String) async throws -> String {
            try await room.refusal { try await room.coupons.claimByCode(["code": "7K3M-9QXD-2F8W"], room.user(user)) }
        }
        for _ in 0...GuessThrottle.freeByName { #expect(try await guess("u") == "COUPON_CODE_UNKNOWN") }
        #expect(try await guess("u") == "COUPON_GUESSES")
        #expect(try await guess("v") == "COUPON_CODE_UNKNOWN")
        room.time.advance(61_000)
        #expect(try await guess("u") == "COUPON_CODE_UNKNOWN")
        // Many users of one address are one guesser.
        for number in 0..<Coupons.guessesOfAddress { _ = try await guess("w\(number)") }
        #expect(try await guess("x") == "COUPON_GUESSES")
    }

    @Test func linksBringTheirChannel() async throws {
        let room = try CouponsRoom()
        let batch = try await room.batch(["needs": "link"])
        let link = try await room.coupons.link(batch, channel: "poster", room.environment)
        #expect(link["query"]?.stringValue?.contains("channel=poster") == true)
        let token = link["link"] ?? .null
        #expect(try await room.refusal { try await room.coupons.claim(batch, ["channel": "poster"], room.user("u")) } == "COUPON_PROOF_NEEDED")
        #expect(try await room.refusal { try await room.coupons.claim(batch, ["channel": "tv", "link": token], room.user("u")) } == "COUPON_LINK_INVALID")
        _ = try await room.coupons.claim(batch, ["channel": "poster", "link": token], room.user("u"))
        // The shop itself needs no proof.
        _ = try await room.coupons.claim(batch, ["user": "v"], room.shop)
        let report = try await room.coupons.report(of: batch, from: nil, until: nil, room.environment)
        #expect(report["channels"] == [["channel": "", "claimed": 1], ["channel": "poster", "claimed": 1]])
    }

    @Test func invitationsRewardOnceEach() async throws {
        let room = try CouponsRoom()
        let reward = try await room.batch([
            "limits": ["perUser": 2], "claim": ["from": .int(room.time.now - 1), "until": .int(room.time.now + 9_999_999), "public": false],
        ])
        let open = try await room.batch()
        let batch = try await room.batch(["needs": "invitation", "invitation": ["reward": .string(reward)]])
        #expect(try await room.refusal { try await room.coupons.invitation(open, [:], room.user("host")) } == "COUPON_NEEDED_TO_INVITE")
        _ = try await room.coupons.claim(open, [:], room.user("host"))
        let invitation = try await room.coupons.invitation(open, [:], room.user("host"))["invitation"] ?? .null
        #expect(try await room.refusal { try await room.coupons.claim(batch, ["invitation": invitation], room.user("host")) } == "COUPON_OWN_INVITATION")
        #expect(
            try await room.refusal { try await room.coupons.claim(batch, ["invitation": "inv-0000000000000"], room.user("g")) } == "COUPON_INVITATION_INVALID")
        for guest in ["a", "b", "c"] {
            let claim: JSONObject = ["invitation": invitation, "outBizNo": "1"]
            _ = try await room.coupons.claim(batch, claim, room.user(guest))
            #expect(try await room.coupons.claim(batch, claim, room.user(guest))["repeat"] == true)
            // What was settled is loaded, and counts.
            _ = try await room.coupons.entries(Coupons.EntriesWanted(), room.environment)
        }
        let mine = try await room.coupons.coupons(of: "host", status: nil, limit: 10, room.environment)["coupons"]?.arrayValue ?? []
        #expect(mine.filter { $0["batch"]?.stringValue == reward }.count == 2, "as many as one user may have")
        #expect(try await room.coupons.invitation(open, [:], room.user("host"))["invited"] == 3)
        let accounts = try await room.coupons.batch(reward, room.environment)["accounts"]
        #expect(accounts?["claimed"] == 2)
    }

    @Test func oneFriendIsOneFriend() async throws {
        let room = try CouponsRoom()
        let reward = try await room.batch(["limits": ["perUser": .null]])
        let batch = try await room.batch(["invitation": ["reward": .string(reward)], "limits": ["perUser": 5]])
        _ = try await room.coupons.claim(batch, [:], room.user("host"))
        let invitation = try await room.coupons.invitation(batch, [:], room.user("host"))["invitation"] ?? .null
        for _ in 0..<5 {
            _ = try await room.coupons.claim(batch, ["invitation": invitation], room.user("friend"))
            _ = try await room.coupons.entries(Coupons.EntriesWanted(), room.environment)
        }
        #expect(try await room.coupons.batch(reward, room.environment)["accounts"]?["claimed"] == 1)
        #expect(try await room.coupons.invitation(batch, [:], room.user("host"))["invited"] == 1)
    }

    @Test func whoIsRightIsNeverHeldBack() async throws {
        let room = try CouponsRoom()
        let batch = try await room.batch(["needs": "code", "limits": ["perUser": .null], "codes": ["source": "generated", "count": 50]])
        for code in try await room.coupons.generatedCodes(of: batch, from: 0, limit: 50, room.environment) {
            for _ in 0..<GuessThrottle.freeByName {
                #expect(try await room.refusal { try await room.coupons.claimByCode(["code": "no such code"], room.user("u")) } == "COUPON_CODE_UNKNOWN")
            }
            _ = try await room.coupons.claimByCode(["code": .string(code)], room.user("u"))
        }
    }
}

@Suite struct CodeUploadTests {
    @Test func couponsGoByTheCodesInTheirOrder() async throws {
        let room = try CouponsRoom()
        let batch = try await room.batch(["codes": ["source": "uploaded"], "stock": 5])
        #expect(try await room.refusal { try await room.coupons.claim(batch, [:], room.user("early")) } == "COUPON_SOLD_OUT")
        let answer = try await room.coupons.uploadCodes(to: batch, CouponsRoom.file("c-1\r\nc-2\n\nc-3"), skips: false, room.environment)
        #expect(answer["count"] == 3)
        for (user, code) in [("a", "c-1"), ("b", "c-2"), ("c", "c-3")] {
            let claim: JSONObject = ["outBizNo": "1"]
            #expect(try await room.coupons.claim(batch, claim, room.user(user))["coupon"]?["code"]?.stringValue == code)
            #expect(try await room.coupons.claim(batch, claim, room.user(user))["coupon"]?["code"]?.stringValue == code, "a repeat")
        }
        #expect(try await room.refusal { try await room.coupons.claim(batch, [:], room.user("d")) } == "COUPON_SOLD_OUT")
        let more = try await room.coupons.uploadCodes(to: batch, CouponsRoom.file("c-4\n"), skips: false, room.environment)
        #expect(more["count"] == 4)
        #expect(try await room.coupons.claim(batch, [:], room.user("d"))["coupon"]?["code"] == "c-4")
        #expect(try await room.coupons.coupon(code: "c-2", room.shop)["name"] == "b")
    }

    @Test func faultsKeepTheWholeFileOut() async throws {
        let room = try CouponsRoom()
        let (first, second) = (try await room.batch(["codes": ["source": "uploaded"]]), try await room.batch(["codes": ["source": "uploaded"]]))
        _ = try await room.coupons.uploadCodes(to: first, CouponsRoom.file("taken\n"), skips: false, room.environment)
        let file = "good\ntaken\ngood\nhas space\n\(String(repeating: "x", count: 65))\nfine\n"
        do {
            _ = try await room.coupons.uploadCodes(to: second, CouponsRoom.file(file, by: 3), skips: false, room.environment)
            Issue.record("the file has faults")
        } catch let error as SampanError {
            #expect(error.code == "COUPON_CODES_FAULTY")
            #expect(error.members["faults"] == 4)
            #expect(
                error.members["samples"] == [
                    ["line": 2, "fault": "taken"], ["line": 3, "fault": "duplicate"], ["line": 4, "fault": "form"], ["line": 5, "fault": "form"],
                ])
        }
        #expect(try await room.coupons.codes(of: second, room.environment)["count"] == 0)
        #expect(try await room.coupons.codes(of: second, room.environment)["upload"] == nil)
        let skipped = try await room.coupons.uploadCodes(to: second, CouponsRoom.file(file, by: 3), skips: true, room.environment)
        #expect(skipped["count"] == 2)
    }

    @Test func whatBrokeOffGoesOn() async throws {
        let room = try CouponsRoom()
        let batch = try await room.batch(["codes": ["source": "uploaded"], "stock": 10_000])
        let lines = (0..<4321).map { "code-\($0)\n" }
        await #expect(throws: CouponsRoom.Broken.self) {
            try await room.coupons.uploadCodes(to: batch, CouponsRoom.broken(lines.prefix(2500).joined()), skips: false, room.environment)
        }
        let upload = try await room.coupons.codes(of: batch, room.environment)["upload"]
        #expect(upload?["lines"] == 2000)
        #expect(try await room.refusal { try await room.coupons.claim(batch, [:], room.user("u")) } == "COUPON_SOLD_OUT", "nothing is in force yet")
        let other = "other\n" + lines.dropFirst().joined()
        #expect(
            try await room.refusal { try await room.coupons.uploadCodes(to: batch, CouponsRoom.file(other), skips: false, room.environment) }
                == "COUPON_CODES_UNFINISHED")
        #expect(
            try await room.refusal { try await room.coupons.uploadCodes(to: batch, CouponsRoom.file("code-0\n"), skips: false, room.environment) }
                == "COUPON_CODES_UNFINISHED")
        let answer = try await room.coupons.uploadCodes(to: batch, CouponsRoom.file(lines.joined()), skips: false, room.environment)
        #expect(answer["count"] == 4321)
        #expect(answer["upload"] == nil)
        // Abandoned: another file may come.
        await #expect(throws: CouponsRoom.Broken.self) {
            try await room.coupons.uploadCodes(to: batch, CouponsRoom.broken((0..<1500).map { "more-\($0)\n" }.joined()), skips: false, room.environment)
        }
        try await room.coupons.abandonUpload(batch, room.environment)
        #expect(try await room.coupons.uploadCodes(to: batch, CouponsRoom.file("more-7\n"), skips: false, room.environment)["count"] == 4322)
    }

    /// Whoever abandons while codes are put into force gets all of them or none, and what is in force has its text.
    @Test func abandoningNeverTakesCodesThatAreInForce() async throws {
        for _ in 0..<20 {
            let room = try CouponsRoom()
            let batch = try await room.batch(["codes": ["source": "uploaded"], "stock": 3000])
            let file = CouponsRoom.file((0..<1500).map { "code-\($0)\n" }.joined())
            async let uploaded = room.refusal { try await room.coupons.uploadCodes(to: batch, file, skips: false, room.environment) }
            async let abandoned: Void = room.coupons.abandonUpload(batch, room.environment)
            let (outcome, _) = (try await uploaded, try await abandoned)
            let count = try await room.coupons.codes(of: batch, room.environment)["count"]?.intValue ?? -1
            #expect(outcome.isEmpty ? count == 1500 : count == 0, "\(outcome)")
            guard count > 0 else { continue }
            #expect(try await room.coupons.claim(batch, [:], room.user("u"))["coupon"]?["code"] == "code-0")
        }
    }

    @Test func codesThatUsersBringAreLong() async throws {
        let room = try CouponsRoom()
        let batch = try await room.batch(["needs": "code", "codes": ["source": "uploaded"]])
        #expect(
            try await room.refusal { try await room.coupons.uploadCodes(to: batch, CouponsRoom.file("1234567\n"), skips: false, room.environment) }
                == "COUPON_CODES_FAULTY")
        _ = try await room.coupons.uploadCodes(to: batch, CouponsRoom.file("12345678\n23456789\n"), skips: false, room.environment)
        _ = try await room.coupons.claimByCode(["code": " 12345678 "], room.user("u"))
        #expect(try await room.refusal { try await room.coupons.claimByCode(["code": "12345678"], room.user("v")) } == "COUPON_CODE_USED")
        #expect(try await room.coupons.codes(of: batch, room.environment)["used"] == 1)
    }

    @Test func grantsGiveEachOnce() async throws {
        let room = try CouponsRoom()
        let batch = try await room.batch(["stock": 1200])
        let users = (0..<1000).map { "user-\($0)\n" }.joined()
        let first = try await room.coupons.grant("spring", of: batch, to: CouponsRoom.file(users, by: 777), room.shop)
        #expect(first["given"] == 1000)
        let again = try await room.coupons.grant("spring", of: batch, to: CouponsRoom.file(users + "late\nbad\u{1}\n"), room.shop)
        #expect(again["given"] == 1)
        #expect(again["repeated"] == 1000)
        #expect(again["samples"] == [["line": 1002, "code": "BAD_MEMBER"]])
        #expect(try await room.coupons.grant("summer", of: batch, to: CouponsRoom.file("late\n"), room.shop)["refusals"] == ["COUPON_LIMIT": 1])
        #expect(try await room.coupons.batch(batch, room.environment)["accounts"]?["claimed"] == 1001)
    }

    @Test func theReportIsWhatHappened() async throws {
        let room = try CouponsRoom()
        let batch = try await room.batch()
        var coupons: [JSON] = []
        for user in ["a", "b", "c"] { coupons.append(try await room.coupons.claim(batch, [:], room.user(user))["coupon"]?["id"] ?? .null) }
        func step(_ perform: (JSONObject, CallContext) async throws -> JSON, _ coupon: JSON, _ more: JSONObject) async throws {
            var request: JSONObject = ["coupons": [coupon], "order": "o"]
            for (name, value) in more { request[name] = value }
            _ = try await perform(request, room.shop)
        }
        try await step(room.coupons.redeem, coupons[0], ["shop": "s1", "outBizNo": "p1"])
        try await step(room.coupons.redeem, coupons[1], ["shop": "s2", "amount": 300])
        room.time.advance(TurnedClock.day)
        try await step(room.coupons.refund, coupons[1], [:])
        try await step(room.coupons.void, coupons[2], [:])
        let report = try await room.coupons.report(of: batch, from: nil, until: nil, room.environment)
        #expect(report["days"]?.arrayValue?.map { $0["net"] } == [800, -300])
        #expect(report["total"]?["claimed"] == 3)
        #expect(report["total"]?["voided"] == 1)
        #expect(report["shops"]?.arrayValue?.map { $0["net"] } == [500, 0])
        let entries = try await room.coupons.entries(Coupons.EntriesWanted(), room.environment)["entries"]?.arrayValue ?? []
        #expect(entries.compactMap { $0["step"]?.stringValue } == ["batch", "batch", "batch", "claim", "claim", "claim", "redeem", "redeem", "refund", "void"])
        #expect(entries[6]["outBizNo"] == "p1")
        #expect(entries[8]["shop"] == "s2")
        let listed = try await room.coupons.coupons(ofBatch: batch, after: "", status: .held, limit: 10, room.environment)
        #expect(listed["coupons"]?.arrayValue?.map { $0["user"] } == ["b"])
    }
}
