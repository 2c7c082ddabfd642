import Kernel
import Testing

@testable import HTTPSupport
@testable import Rush

@Suite struct RushPlanTests {
    @Test func aPlanIsMergedAndComesBackAsItWas() throws {
        var plan = RushPlan()
        try plan.apply(["classes": ["order": "pay", "/notify": "pay", "track": "analytics"], "standIns": [["name": "recommend", "body": ["goods": []]]]])
        try plan.apply(["classes": ["track": .null], "share": 3])
        #expect(plan.classes == ["order": .pay, "/notify": .pay] && plan.share == 3 && plan.standIns.count == 1)
        #expect(String(decoding: plan.standIns[0].body, as: UTF8.self) == #"{"goods":[]}"#)
        var again = RushPlan()
        try again.apply(plan.json.objectValue ?? [:])
        #expect(again == plan)
    }

    @Test(
        arguments: [
            ["classes": ["x": "vip"]], ["classes": ["": "pay"]], ["share": 0], ["share": "2"], ["standIns": ["name": "x"]], ["standIns": [["name": "x"]]],
            ["standIns": [["name": "", "body": 1]]], ["standIns": [["name": "x", "type": "text/html", "body": 1]]],
            ["standIns": [["name": "x", "type": "text/html\r\nset-cookie: a=b", "body": ""]]], ["other": 1],
            ["standIns": [["name": "x", "body": .string(String(repeating: "a", count: 70_000))]]],
        ] as [JSONObject])
    func whatIsWrongIsRefused(_ patch: JSONObject) {
        var plan = RushPlan()
        #expect(throws: SampanError.self) { try plan.apply(patch) }
    }

    @Test func theLongestPathCounts() throws {
        var plan = RushPlan()
        try plan.apply(["classes": ["/": "browse", "/pay": "pay", "/pay/history": "batch"]])
        #expect(plan.kind(ofPath: "/pay") == .pay && plan.kind(ofPath: "/pay/notify") == .pay && plan.kind(ofPath: "/payment") == .browse)
        #expect(plan.kind(ofPath: "/pay/history/3") == .batch)
    }
}

@Suite struct PressureTests {
    @Test func itRisesBySecondsAndFallsSlowly() {
        var pressure = Pressure()
        var levels: [Int] = []
        for second in 0..<20 {
            pressure.tick(wasShed: second < 4, most: 3)
            levels.append(pressure.level)
        }
        #expect(levels == [1, 2, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 0, 0])
    }
}

@Suite struct RushTests {
    private static let shop = EnvironmentID(wellFormed: "env-shop")

    private func rush(_ patch: JSONObject) throws -> Rush {
        var plan = RushPlan()
        try plan.apply(patch)
        let plans: Rush.Plans = { [plan] in $0 == Self.shop ? plan : nil }
        return Rush(
            targetMilliseconds: 5,
            doorkeeper: Doorkeeper(verify: { _ in (Self.shop, User(openid: "u")) }, mayUse: { _, _ in true }, plans: plans, clock: .system),
            plans: plans, clock: .system)
    }

    private func call(_ rush: Rush, _ path: String) -> (Arrival, RushPlan.StandIn?) {
        let glance = AdmissionControl.Glance(method: "POST", path: path, bearer: "t", environment: nil, clientIP: "")
        let arrival = rush.admission.policy.classify(glance)
        return (arrival, rush.admission.policy.standIn(glance, arrival))
    }

    private func shed(_ rush: Rush, _ count: Int) {
        var counted = AdmissionCounts.Count()
        counted.shed[.full] = count
        counted.longestWait = 12_345
        rush.admission.counts.add([.init(environment: Self.shop, kind: .browse): counted])
    }

    @Test func functionsAndPathsHaveTheClassesThatTheirOwnerSays() throws {
        let rush = try rush(["classes": ["order": "pay", "/notify": "pay"], "share": 7])
        #expect(call(rush, "/v1/functions/order").0.kind == .pay)
        #expect(call(rush, "/v1/functions/other").0.kind == .browse)
        #expect(call(rush, "/http/env-shop/notify/alipay").0.kind == .pay)
        #expect(call(rush, "/http/env-other/notify").0.kind == .browse)
        #expect(rush.admission.policy.weight(Self.shop) == 7 && rush.admission.policy.weight(nil) == 1)
    }

    /// What can be done without is switched off one by one while people are turned away, and comes back.
    @Test func whatCanBeDoneWithoutIsSwitchedOffInOrder() throws {
        let rush = try rush(["standIns": [["name": "recommend", "body": []], ["name": "/home", "type": "text/html", "body": "<p>soon</p>"]]])
        #expect(call(rush, "/v1/functions/recommend").1 == nil)
        shed(rush, 3)
        rush.tick()
        #expect(call(rush, "/v1/functions/recommend").1?.body == Array("[]".utf8))
        #expect(call(rush, "/http/env-shop/home").1 == nil)
        shed(rush, 1)
        rush.tick()
        #expect(call(rush, "/http/env-shop/home").1?.type == "text/html")
        #expect(call(rush, "/v1/functions/order").1 == nil && call(rush, "/http/env-other/home").1 == nil)
        let board = rush.shown(Self.shop)
        #expect(board["switchedOff"] == ["recommend", "/home"])
        #expect(board["seconds"]?.arrayValue?.compactMap { $0["shed"]?["browse"]?.intValue } == [3, 1])
        #expect(board["seconds"]?.arrayValue?.first?["longestWaitMilliseconds"] == 12.345)
        for _ in 0..<10 { rush.tick() }
        #expect(call(rush, "/v1/functions/recommend").1 == nil)
        #expect(rush.shown(Self.shop)["pressure"] == 0)
    }

    @Test func aQuietEnvironmentIsForgotten() throws {
        let rush = try rush([:])
        shed(rush, 1)
        for _ in 0..<70 { rush.tick() }
        #expect(rush.shown(Self.shop)["seconds"] == [])
    }
}
