import Foundation
import Kernel
import Testing

@testable import CLI

/// `sampan coupon`.
struct CouponCommandTests {
    private static let base = "/admin/v1/environments/env-1/coupons"
    private static let batch: JSON = [
        "id": "cpb-a", "name": "满50减5", "status": "published", "value": ["type": "amount", "amount": 505], "minimumSpend": 5000, "stock": 100,
        "claim": ["from": 0, "until": 86_400_000, "public": true], "revision": 3, "submittedBy": "account acc-1",
        "accounts": [
            "left": 93, "claimed": 7, "held": 5, "locked": 1, "redeemed": 1, "expired": 0, "voided": 0, "reserved": 3030, "spent": 505,
        ],
    ]
    private static let receipts: JSON = ["coupons": [["id": "cpn-1", "status": "redeemed", "amount": 505, "balance": 0, "at": 1]], "repeat": false]

    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func run(
        _ arguments: [String], _ answer: JSON, console: RecordingConsole = .init(), language: Language = .en
    ) async throws -> (CommandLineRun, [RecordingServer.Request]) {
        try await RecordingServer.run({ _ in .json(answer) }) { server in
            let run = try await CommandLineRun(["coupon"] + arguments, in: folder, server: server, language: language, console: console)
            return (run, server.requests)
        }
    }

    private func words(_ line: Substring) -> [Substring] { line.split(separator: " ") }

    @Test func batchesAreShown() async throws {
        let (list, asked) = try await run(["list"], ["batches": [Self.batch]])
        #expect(asked.map(\.line) == ["GET \(Self.base)/batches"])
        let rows = list.output.split(separator: "\n").map(words)
        #expect(rows.last == ["cpb-a", "满50减5", "published", "-5.05", "93", "7", "1", "1970-01-02T00:00:00.000Z"])
        let (show, one) = try await run(["show", "cpb-a"], Self.batch)
        #expect(one.map(\.line) == ["GET \(Self.base)/batches/cpb-a"])
        let lines = show.output.split(separator: "\n").map(words)
        #expect(lines.contains(["spent", "5.05"]) && lines.contains(["minimumSpend", "50.00"]) && lines.contains(["left", "93"]))
        let (json, _) = try await run(["show", "cpb-a", "--json"], Self.batch)
        #expect(json.json == Self.batch)
    }

    @Test func aBatchIsMadeAndChanged() async throws {
        let file = folder.url.appendingPathComponent("batch.json")
        try Data(#"{"name":"x","stock":5}"#.utf8).write(to: file)
        let (made, requests) = try await run(["create", "--file", file.path], ["id": "cpb-b", "status": "draft"])
        #expect(requests.map(\.line) == ["POST \(Self.base)/batches"] && requests.first?.json == ["name": "x", "stock": 5])
        #expect(made.output.contains("sampan coupon submit cpb-b"))
        let (missing, none) = try await run(["create", "--file", "nowhere.json"], [:])
        #expect(!missing.succeeded && none.isEmpty && missing.notices.contains("nowhere.json"))
        let (changed, patches) = try await run(["change", "cpb-a", #"{"stock":200}"#], Self.batch)
        #expect(patches.map(\.line) == ["PATCH \(Self.base)/batches/cpb-a"] && patches.first?.json == ["stock": 200])
        #expect(changed.output.contains("revision"))
        let (wrong, unsent) = try await run(["change", "cpb-a", "{stock"], Self.batch)
        #expect(!wrong.succeeded && unsent.isEmpty)
    }

    @Test func theCostIsEstimated() async throws {
        let answer: JSON = [
            "worst": 1_000_000, "expected": 320_000, "claimed": 800, "redeemed": 320, "costPerOrder": 1000, "orderValue": 6000, "orders": 320,
            "reaching": 100, "budgetEndsFirst": true, "budgetCoupons": 900,
        ]
        let (told, asked) = try await run(["estimate", "cpb-a", "--redeemed", "30", "--order", "6800", "--order", "3000", "--margin", "35.5"], answer)
        #expect(asked.map(\.line) == ["POST \(Self.base)/estimate"])
        #expect(
            asked.first?.json == ["batch": "cpb-a", "assume": ["redeemed": 30.0, "margin": 35.5, "orders": [["value": 6800], ["value": 3000]]]])
        let lines = told.output.split(separator: "\n").map(words)
        #expect(lines.contains(["worst", "10000.00"]) && lines.contains(["expected", "3200.00"]) && lines.contains(["budgetEndsFirst", "yes"]))
        let (unbounded, _) = try await run(["estimate", "cpb-a"], ["expected": 1])
        #expect(unbounded.output.contains("no bound"))
        let file = folder.url.appendingPathComponent("estimated.json")
        try Data(#"{"name":"x"}"#.utf8).write(to: file)
        let (_, sent) = try await run(["estimate", "--file", file.path, "--claimed", "50"], answer)
        #expect(sent.first?.json == ["batch": ["name": "x"], "assume": ["claimed": 50.0]])
        for wrong in [["estimate"], ["estimate", "cpb-a", "--file", file.path]] {
            let (refused, none) = try await run(wrong, answer)
            #expect(!refused.succeeded && none.isEmpty)
        }
    }

    @Test(arguments: ["submit", "approve", "reject", "pause", "resume"]) func stepsAreTaken(_ step: String) async throws {
        let (run, requests) = try await run([step, "cpb-a"], Self.batch)
        #expect(requests.map(\.line) == ["POST \(Self.base)/batches/cpb-a/\(step)"])
        #expect(run.output == "cpb-a: published\n")
    }

    @Test func whatCannotBeUndoneIsAsked() async throws {
        let (refused, none) = try await run(["stop", "cpb-a"], Self.batch, console: .init(answers: ["no"]))
        #expect(!refused.succeeded && none.isEmpty)
        let (_, stopped) = try await run(["stop", "cpb-a"], Self.batch, console: .init(answers: ["yes"]))
        #expect(stopped.map(\.line) == ["POST \(Self.base)/batches/cpb-a/stop"])
        let (kept, nothing) = try await run(["void", "cpn-1"], Self.receipts, console: .init(answers: [""]), language: .zh)
        #expect(!kept.succeeded && nothing.isEmpty && kept.notices.contains("--yes"))
        let (_, voided) = try await run(["void", "cpn-1", "cpn-2", "--yes"], Self.receipts)
        #expect(voided.map(\.line) == ["POST \(Self.base)/void"] && voided.first?.json == ["coupons": ["cpn-1", "cpn-2"]])
    }

    @Test func couponsAreGivenAndShown() async throws {
        let (given, gifts) = try await run(
            ["give", "cpb-a", "--user", "o-1", "--level", "gold", "--number", "n"], ["coupon": ["id": "cpn-1"], "repeat": false])
        #expect(gifts.map(\.line) == ["POST \(Self.base)/batches/cpb-a/claims"])
        #expect(gifts.first?.json == ["user": "o-1", "level": "gold", "outBizNo": "n"] && given.output == "cpn-1\n")
        let coupon: JSON = [
            "id": "cpn-1", "status": "held", "batch": "cpb-a", "name": "卡", "value": ["type": "storedValue", "amount": 1000], "balance": 750, "claimedAt": 0,
            "from": 0, "until": 86_400_000, "uses": [["order": "o-17", "amount": 250, "refunded": true]],
        ]
        let (list, lists) = try await run(["of", "--user", "o-1", "--status", "held"], ["coupons": [coupon]])
        #expect(lists.map(\.line) == ["GET \(Self.base)"] && lists.first?.query == ["user": "o-1", "status": "held", "limit": "1000"])
        #expect(list.output.split(separator: "\n").last.map(words) == ["cpn-1", "卡", "held", "-10.00", "1970-01-02T00:00:00.000Z"])
        let (get, gets) = try await run(["get", "cpn-1"], coupon)
        #expect(gets.map(\.line) == ["GET \(Self.base)/cpn-1"])
        #expect(get.output.contains("o-17 2.50 refunded") && get.output.contains("7.50"))
    }

    @Test func couponsAreRedeemedAndRefunded() async throws {
        let (redeemed, uses) = try await run(
            ["redeem", "cpn-1", "cpn-2", "--order", "o-17", "--amount", "505", "--amount", "0", "--number", "n"], Self.receipts)
        #expect(uses.map(\.line) == ["POST \(Self.base)/redeem"])
        #expect(uses.first?.json == ["coupons": ["cpn-1", "cpn-2"], "outBizNo": "n", "order": "o-17", "amounts": [505, 0]])
        #expect(redeemed.output.split(separator: "\n").last.map(words) == ["cpn-1", "redeemed", "5.05", "0.00"])
        let (json, refunds) = try await run(["refund", "cpn-1", "--order", "o-17", "--json"], Self.receipts)
        #expect(refunds.first?.json == ["coupons": ["cpn-1"], "order": "o-17"] && json.json == Self.receipts)
    }
}
