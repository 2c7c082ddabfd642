internal import Coupons
internal import Documents
internal import Foundation
internal import Functions
internal import HTTPSupport
internal import Identity
internal import Kernel
internal import NIOCore
internal import Tenancy

/// A few customers of the sample shop, who log in, take a coupon, browse, order and pay through its own functions.
///
/// A newcomer then finds users, coupons, orders, runs and log lines on every page of the console, made in the way that real ones are.
struct SampleCustomers: Sendable {
    /// Who comes, what each puts into the basket, and who has enough in it for the coupon that all of them take.
    private static let baskets: [(user: String, goods: [(id: String, quantity: Int64)], usesCoupon: Bool)] = [
        ("sample-an", [("jasmine-milk-tea", 1)], false), ("sample-bo", [("hojicha-milk", 2), ("jasmine-milk-tea", 1)], true),
        ("sample-li", [("hojicha-milk", 1)], false),
    ]

    let tenancy: Tenancy
    let identity: Identity
    let functions: Functions
    let documents: Documents
    let coupons: Coupons

    /// Lets them come once; nobody comes where orders are there already, or where nobody may log in under any name.
    func visit(_ environment: EnvironmentID) async throws {
        guard try tenancy.settings(environment).developmentLogin, try documents.isEmpty("orders", environment) else { return }
        for basket in Self.baskets { try await buy(basket.goods, as: basket.user, usesCoupon: basket.usesCoupon, environment) }
    }

    private func buy(_ goods: [(id: String, quantity: Int64)], as user: String, usesCoupon: Bool, _ environment: EnvironmentID) async throws {
        let session = try await identity.login(["platform": "development", "user": .string(user)], to: environment)
        let context = CallContext(environment: environment, caller: .user(session.user), requestID: RequestID.make())
        func call(_ function: String, _ event: JSON) async throws -> JSON {
            let answer = try await functions.call(function, ByteBuffer(bytes: event.serialized()), source: "client", context)
            return try JSON(answer)
        }
        let coupon = try await coupons.claim(SampleCoupons.welcome, ["outBizNo": "claim-1"], context)["coupon"]?["id"]
        _ = try await call("goods", ["action": "list"])
        for good in goods { _ = try await call("goods", ["action": "detail", "id": .string(good.id)]) }
        let items = goods.map { JSON.object(["id": .string($0.id), "quantity": .int($0.quantity)]) }
        let chosen = usesCoupon ? [coupon].compactMap(\.self) : []
        let placed = try await call("order", ["action": "create", "items": .array(items), "coupons": .array(chosen), "token": "first-visit"])
        if let order = placed["order"]?["_id"] { _ = try await call("order", ["action": "pay", "id": order]) }
        _ = try await call("member", ["action": "profile"])
    }
}
