import Crypto
import Foundation
import HTTPSupport
import Kernel
import Logging
import Storage
import Testing

@testable import Rush

/// Says what a test wants it to say.
private struct StrictRisk: WaitingRoomRisk {
    let isAsked = true

    func assess(_ applicant: WaitingApplicant) -> WaitingVerdict {
        if applicant.user == "bot" { return .refuse(reason: "too fast") }
        return applicant.proof == "42" ? .allow : .challenge(["question": "6 × 7"])
    }
}

@Suite struct WaitingRoomsTests {
    private let ours = EnvironmentID(wellFormed: "env-ours")
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("rooms-\(RandomText.make(8))")
    private let key = SymmetricKey(size: .bits256)

    private func rooms(risk: any WaitingRoomRisk = TrustingWaitingRoomRisk()) throws -> WaitingRooms {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let control = try Database(path: folder.appendingPathComponent("control.sqlite").path)
        return try WaitingRooms(control: control, key: key, risk: risk, clock: .system, logger: Logger(label: "test")) { [ours] token in
            token.hasPrefix("good-") ? (ours, User(openid: String(token.dropFirst(5)))) : nil
        }
    }

    private func request(_ target: String, method: String = "POST", bearer: String? = nil, pass: String? = nil, cookie: String? = nil, accept: String? = nil)
        -> DoorRequest
    {
        DoorRequest(
            method: method, target: target, arrival: Arrival(environment: ours, kind: .browse), bearer: bearer, environment: nil, pass: pass, cookie: cookie,
            accept: accept, language: .en, clientIP: "10.0.0.1")
    }

    private func guest(_ user: String, proof: String? = nil) -> WaitingRooms.Guest { .init(environment: ours, user: user, proof: proof) }

    @Test func riskIsAskedBeforeATicketIsGiven() async throws {
        let rooms = try rooms(risk: StrictRisk())
        try await rooms.change(ours, ["mode": "on"])
        await #expect { _ = try await rooms.welcome(guest("bot")) } throws: { ($0 as? SampanError)?.code == "WAITING_REFUSED" }
        await #expect { _ = try await rooms.welcome(guest("u")) } throws: { error in
            (error as? SampanError)?.members["challenge"]?["question"]?.stringValue == "6 × 7"
        }
        _ = try await rooms.welcome(guest("u", proof: "42"))
    }

    /// Whoever shows the same ticket again gets in again, and is counted once.
    @Test func aReplayedTicketTakesNobodysPlace() async throws {
        let rooms = try rooms()
        try await rooms.change(ours, ["mode": "on", "ratePerMinute": 600])
        var ticket: WaitingSeal.Ticket?
        for user in 0..<30 {
            if case .wait(let given) = try await rooms.welcome(guest("u\(user)")) { ticket = ticket ?? given }
        }
        let first = try #require(ticket)
        for _ in 0..<40 {
            try await Task.sleep(for: .milliseconds(50))
            await rooms.turn([:])
            if case .come = try rooms.come(first) { break }
        }
        for _ in 0..<500 { guard case .come = try rooms.come(first) else { return #expect(Bool(false), "it was let in before") } }
        let before = rooms.status(ours)["lines"]?["general"]?["called"]?.intValue ?? 0
        try await Task.sleep(for: .milliseconds(1100))
        await rooms.turn([:])
        let after = rooms.status(ours)["lines"]?["general"]?["called"]?.intValue ?? 0
        #expect(after > before, "the others go on")
    }

    @Test func theDoorKnowsWhoMayPass() async throws {
        let rooms = try rooms()
        #expect(!rooms.isWatching)
        try await rooms.change(ours, ["mode": "on", "ratePerMinute": 60_000])
        #expect(rooms.isWatching)
        let held = try #require(rooms.look(request("/v1/functions/x", bearer: "good-u")))
        #expect(held.status == 503)
        #expect(String(decoding: held.body(requestID: "r-1"), as: UTF8.self).contains("\"requestId\":\"r-1\""))
        #expect(rooms.look(request("/v1/functions/x", bearer: "bad")) == nil, "told that their token is not valid")
        #expect(rooms.look(request("/v1/login")) == nil && rooms.look(request("/admin/v1/environments/env-ours/logs")) == nil)
        #expect(rooms.look(request("//v1//functions/x", bearer: "good-u"))?.status == 503, "several slashes are one")
        let seconds = Int64(Date().timeIntervalSince1970)
        func pass(_ user: String, epoch: Int64 = 1, expires: Int64) -> String {
            rooms.seal.sign(WaitingSeal.Pass(environment: ours, epoch: epoch, entered: 0, expires: expires, user: user))
        }
        func isHeld(_ pass: String) -> Bool { rooms.look(request("/v1/functions/x", bearer: "good-u", pass: pass)) != nil }
        #expect(!isHeld(pass("u", expires: seconds + 60)))
        #expect(isHeld(pass("v", expires: seconds + 60)) && isHeld(pass("u", expires: seconds)) && isHeld(pass("u", epoch: 2, expires: seconds + 60)))
    }

    @Test func browsersAreLedToThePageAndBack() async throws {
        let rooms = try rooms()
        try await rooms.change(ours, ["mode": "on"])
        let answer = try #require(rooms.look(request("/http/env-ours/sale?a=1", method: "GET", accept: "text/html")))
        #expect(answer.status == 302)
        #expect(answer.fields.contains { $0.name == "Location" && $0.value == "/waiting/env-ours?to=/http/env-ours/sale%3Fa%3D1" })
        #expect(rooms.look(request("/http/env-ours/data", method: "GET", accept: "application/json"))?.status == 503)
        let seconds = Int64(Date().timeIntervalSince1970)
        let pass = WaitingSeal.Pass(environment: ours, epoch: 1, entered: seconds, expires: seconds + 60, user: "h:b1")
        let cookie = "a=b; sampan-pass-env-ours=\(rooms.seal.sign(pass))"
        #expect(rooms.look(request("/http/env-ours/sale", method: "GET", cookie: cookie, accept: "text/html")) == nil)
        #expect(rooms.look(request("/v1/functions/x", bearer: "good-u", cookie: cookie))?.status == 503, "calls have a user")
        #expect(rooms.followed(pass, by: "u")?.user == "u")
        #expect(rooms.followed(pass, by: "v") == nil, "one browser lets one user in")
    }

    @Test(arguments: [
        ("/http/env-ours/sale?x=1", "/http/env-ours/sale?x=1"), ("/http/env-ours", "/http/env-ours"), ("/samples/retail/?env=env-ours", nil),
        ("https://evil.example/", ""), ("//evil.example/", ""), ("/\\evil.example", ""), ("/http/env-other/", ""), ("/http/env-ours/../../admin", ""),
        ("/console", ""), ("/http/env-ours/a\r\nSet-Cookie: x=y", ""), ("", ""),
    ])
    func thePageLeadsNowhereElse(_ to: String, _ expected: String?) {
        let home = "/samples/retail/?env=env-ours"
        #expect(WaitingPageRoutes.checked(to, ours) == (expected == "" ? home : expected ?? to))
    }

    @Test func anotherServerProcessGoesOnWhereThisOneWas() async throws {
        let first = try rooms()
        try await first.change(ours, ["mode": "on", "ratePerMinute": 1])
        var numbers: [Int] = []
        for user in 0..<250 {
            if case .wait(let ticket) = try await first.welcome(guest("u\(user)")), case .number(let number) = ticket.place { numbers.append(number) }
        }
        // As after SIGKILL: nothing is said to the first one.
        let second = try rooms()
        #expect(second.isWatching && second.settings(ours).mode == .on)
        guard case .wait(let ticket) = try await second.welcome(guest("late")), case .number(let number) = ticket.place else {
            return #expect(Bool(false), "there is a line")
        }
        #expect(number > numbers.max() ?? 0 && ticket.epoch == 1)
    }

    @Test func callbacksOfPaymentProvidersAreNeverHeld() {
        var settings = WaitingRoomSettings()
        settings.paths = ["/http"]
        settings.freePaths = ["/http/open"]
        #expect(settings.guards("/http/sale") && settings.guards("/http"))
        #expect(!settings.guards("/http/pay/notify") && !settings.guards("/http/callback") && !settings.guards("/http/open/x") && !settings.guards("/v1/x"))
        #expect(settings.guards("/http/openings") && !settings.guards("/https"))
    }

    @Test func whatIsShownIsWhatCanBeSet() throws {
        var settings = WaitingRoomSettings()
        try settings.apply(["mode": "auto", "memberShare": 0.5, "opensAt": 5, "message": ["zh": "你好"], "paths": ["/v1/functions/sale"]])
        #expect(try WaitingRoomSettings(stored: settings.json.text) == settings)
        try settings.apply(["mode": .null, "memberShare": .null, "opensAt": .null, "message": .null, "paths": .null])
        #expect(settings == WaitingRoomSettings())
    }
}
