import Kernel
import Testing

@testable import HTTPSupport
@testable import Rush

@Suite struct ClassRulesTests {
    @Test(arguments: [
        ("POST", "/v1/coupons/batches/b-1/claim", RequestClass.claim), ("POST", "/v1/coupons/claim", .claim), ("POST", "/v1/coupons/lock", .pay),
        ("POST", "/v1/coupons/release", .pay), ("GET", "/v1/coupons", .browse), ("POST", "/v1/coupons/best", .browse), ("POST", "/v1/login", .signIn),
        ("POST", "/v1/login/refresh", .signIn), ("POST", "/v1/functions/order", .browse), ("POST", "/v1/database", .browse),
        ("POST", "/admin/v1/environments/env-1/coupons/redeem", .pay), ("POST", "/admin/v1/environments/env-1/coupons/refund", .pay),
        ("POST", "/admin/v1/environments/env-1/coupons/wechat/v3/marketing/busifavor/coupons/use", .pay),
        ("GET", "/admin/v1/environments/env-1/coupons/entries", .batch), ("POST", "/admin/v1/environments/env-1/imports", .batch),
        ("GET", "/admin/v1/environments/env-1/functions", .signIn), ("GET", "/console/environments", .signIn), ("GET", "/", .signIn), ("GET", "", .signIn),
        ("GET", "/healthz", .pay), ("GET", "/files/env-1/a/b.png", .browse), ("GET", "//", .signIn), ("GET", "/v1", .browse), ("GET", "/v1/", .browse),
    ])
    func anAddressHasItsClass(_ method: String, _ path: String, _ kind: RequestClass) {
        #expect(ClassRules.read(method, path).kind == kind)
    }

    @Test func anAddressNamesItsEnvironmentAndFunction() {
        #expect(ClassRules.read("GET", "/http/env-1/pay/notify").environment == "env-1")
        #expect(ClassRules.read("GET", "/files/env-2/x").environment == "env-2")
        #expect(ClassRules.read("GET", "/admin/v1/environments/env-3/logs").environment == "env-3")
        #expect(ClassRules.read("POST", "/v1/functions/order").function == "order")
    }
}

@Suite struct DoorkeeperTests {
    private let ours = EnvironmentID(wellFormed: "env-ours")
    private var keeper: Doorkeeper {
        Doorkeeper(
            verify: { [ours] in $0.hasPrefix("good-") ? (ours, User(openid: String($0.dropFirst(5)))) : nil },
            mayUse: { key, environment in key == environment.text },
            clock: .system)
    }

    private func arrival(_ method: String, _ path: String, bearer: String? = nil, environment: String? = nil) -> Arrival {
        keeper.arrival(AdmissionControl.Glance(method: method, path: path, bearer: bearer, environment: environment, clientIP: "10.0.0.1"))
    }

    @Test func aTokenSaysWhoIsCharged() {
        let arrival = arrival("POST", "/v1/database", bearer: "good-u1", environment: "env-other")
        #expect(arrival.environment == ours && arrival.kind == .browse)
        #expect(arrival.level == self.arrival("POST", "/v1/coupons/lock", bearer: "good-u1").level, "a user is in one group")
    }

    /// Whoever only claims to be somebody, or to belong to somebody, costs nobody their share.
    @Test func whatIsOnlyClaimedIsNobodys() {
        let strangers = [
            arrival("POST", "/v1/coupons/lock", bearer: "forged", environment: "env-ours"), arrival("POST", "/v1/coupons/lock", environment: "env-ours"),
            arrival("POST", "/admin/v1/environments/env-ours/coupons/redeem", bearer: "forged"),
            arrival("POST", "/admin/v1/environments/env-ours/coupons/redeem"),
        ]
        for stranger in strangers { #expect(stranger.environment == nil && stranger.kind == .batch) }
        #expect(arrival("POST", "/admin/v1/environments/env-ours/coupons/redeem", bearer: "env-ours") == Arrival(environment: ours, kind: .pay))
    }

    @Test func whoSignsInIsTheEnvironments() {
        #expect(arrival("POST", "/v1/login", environment: "env-ours").environment == ours)
        #expect(arrival("POST", "/v1/login/refresh", bearer: "old", environment: "env-ours").kind == .signIn)
    }

    @Test func usersFallIntoAllGroups() {
        var levels: [UInt8: Int] = [:]
        for user in 0..<12_800 { levels[arrival("POST", "/v1/database", bearer: "good-\(user)").level, default: 0] += 1 }
        #expect(levels.count == 128 && levels.values.allSatisfy { (50...160).contains($0) })
    }
}
