internal import Documents
internal import Files
internal import Foundation
internal import Functions
internal import HTTPSupport
internal import Identity
internal import Kernel
internal import NIOCore
internal import Tenancy

/// A few customers of the sample shop, who log in, browse, order and pay through its own functions.
///
/// A newcomer then finds users, orders, runs and log lines on every page of the console, made in the way that real ones are.
struct SampleCustomers: Sendable {
    /// Who comes, and what each puts into the basket.
    private static let baskets: [(user: String, goods: [(id: String, quantity: Int64)])] = [
        ("sample-an", [("jasmine-milk-tea", 1)]), ("sample-bo", [("hojicha-milk", 2), ("jasmine-milk-tea", 1)]), ("sample-li", [("hojicha-milk", 1)]),
    ]

    let tenancy: Tenancy
    let identity: Identity
    let functions: Functions
    let documents: Documents
    let files: Files

    /// Lets them come once; nobody comes where orders are there already, or where nobody may log in under any name.
    func visit(_ environment: EnvironmentID) async throws {
        guard try tenancy.settings(environment).developmentLogin, try documents.isEmpty("orders", environment) else { return }
        for basket in Self.baskets { try await buy(basket.goods, as: basket.user, environment) }
        try await publishPrices(environment)
    }

    private func buy(_ goods: [(id: String, quantity: Int64)], as user: String, _ environment: EnvironmentID) async throws {
        let session = try await identity.login(["platform": "development", "user": .string(user)], to: environment)
        func call(_ function: String, _ event: JSON) async throws -> JSON {
            let context = CallContext(environment: environment, caller: .user(session.user), requestID: RequestID.make())
            let answer = try await functions.call(function, ByteBuffer(bytes: event.serialized()), source: "client", context)
            return try JSON(answer)
        }
        _ = try await call("goods", ["action": "list"])
        for good in goods { _ = try await call("goods", ["action": "detail", "id": .string(good.id)]) }
        let items = goods.map { JSON.object(["id": .string($0.id), "quantity": .int($0.quantity)]) }
        let placed = try await call("order", ["action": "create", "items": .array(items), "token": "first-visit"])
        if let order = placed["order"]?["_id"] { _ = try await call("order", ["action": "pay", "id": order]) }
        _ = try await call("member", ["action": "profile"])
    }

    /// A file for the page of files: the price list, as a table.
    private func publishPrices(_ environment: EnvironmentID) async throws {
        let context = CallContext(environment: environment, caller: .key, requestID: RequestID.make())
        let wanted: JSON = ["op": "get", "collection": "goods", "orderBy": [["sort", "asc"]], "limit": 100]
        let goods = try JSON(try await documents.perform(ByteBuffer(bytes: wanted.serialized()), idempotencyKey: nil, context))["data"]?.arrayValue ?? []
        let lines = goods.compactMap { good -> String? in
            guard let id = good["_id"]?.stringValue, let price = good["price"]?.intValue else { return nil }
            return "\(id),\(price / 100).\(price % 100 < 10 ? "0" : "")\(price % 100)"
        }
        _ = try await files.upload("shop/price-list.csv", ByteBuffer(string: (["good,price"] + lines).joined(separator: "\n") + "\n"), context)
    }
}
