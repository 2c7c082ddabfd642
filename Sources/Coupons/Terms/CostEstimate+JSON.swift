internal import HTTPSupport
public import Kernel

extension CostAssumptions {
    private static let ordersMax = 20
    private static let weightMax: Int64 = 10_000

    /// Reads what is assumed; what is not said is as in ``init(for:)``, and shares are percents with at most two places.
    ///
    /// `{"claimed":80,"redeemed":40,"orders":[{"value":6000,"weight":1}],"margin":30,"piecePrice":2000}`
    public init(_ object: JSONObject, for definition: BatchDefinition) throws {
        try object.refuseUnknown(["claimed", "redeemed", "orders", "margin", "piecePrice"], in: "estimate's assumptions")
        self.init(for: definition)
        claimed = try Self.share(object, "claimed") ?? claimed
        redeemed = try Self.share(object, "redeemed") ?? redeemed
        margin = try Self.share(object, "margin")
        piecePrice = try object.money("piecePrice")
        guard let list = try object.optionalList("orders") else { return }
        guard (1...Self.ordersMax).contains(list.count) else {
            throw SampanError.badMember("orders", Localized("1 to \(Self.ordersMax) typical orders", zh: " 1 到 \(Self.ordersMax) 种典型订单"))
        }
        orders = try list.map(Self.order)
    }

    private static func order(_ json: JSON) throws -> Order {
        guard let order = json.objectValue else { throw SampanError.badMember("orders", Localized("objects with a value", zh: "包含 value 的对象")) }
        try order.refuseUnknown(["value", "weight"], in: "typical order")
        let weight = try order["weight"].map { _ in try order.requiredInt("weight", in: 1...weightMax) } ?? 1
        return Order(value: try order.requiredInt("value", in: 0...BatchDefinition.moneyMax), weight: weight)
    }

    /// Percent as hundredths of a percent; whatever is finer is refused instead of rounded.
    private static func share(_ object: JSONObject, _ name: String) throws -> Int64? {
        guard let value = object[name], !value.isNull else { return nil }
        guard let percent = value.doubleValue, (0...100).contains(percent), let points = Int64(exactly: (percent * 100).rounded()),
            abs(Double(points) / 100 - percent) < 1e-9
        else { throw SampanError.badMember(name, Localized("a percentage from 0 to 100 with at most two places", zh: " 0 到 100 之间、至多两位小数的百分数")) }
        return points
    }

    /// As the management API has it.
    public var json: JSON {
        var json: JSONObject = [
            "claimed": Self.percent(claimed), "redeemed": Self.percent(redeemed),
            "orders": .array(orders.map { ["value": .int($0.value), "weight": .int($0.weight)] }),
        ]
        if let margin { json["margin"] = Self.percent(margin) }
        if let piecePrice { json["piecePrice"] = .int(piecePrice) }
        return .object(json)
    }

    static func percent(_ points: Int64) -> JSON { points % 100 == 0 ? .int(points / 100) : .double(Double(points) / 100) }
}

extension CostEstimate {
    /// As the management API has it; what is not known is left out.
    func json(_ definition: BatchDefinition, _ assumptions: CostAssumptions) -> JSON {
        var json: JSONObject = [
            "assumed": assumptions.json, "claimed": .int(claimed), "redeemed": .int(redeemed), "expected": .int(expected),
            "costPerOrder": .int(costPerOrder), "orderValue": .int(orderValue), "orders": .int(orders), "reaching": CostAssumptions.percent(reaching),
            "budgetEndsFirst": .bool(budgetEndsFirst(definition.stock)),
        ]
        let numbers = [
            ("perCoupon", perCoupon), ("worst", worst), ("budgetCoupons", budgetCoupons), ("leftPerOrder", leftPerOrder), ("ordersToEarn", ordersToEarn),
        ]
        for (name, number) in numbers { if let number { json[name] = .int(number) } }
        return .object(json)
    }
}

extension Coupons {
    /// What a batch may cost: `{"batch":{…},"assume":{…}}`, or the id of one that is there as `batch`.
    public func estimate(_ request: JSONObject, _ environment: EnvironmentID) async throws -> JSON {
        try request.refuseUnknown(["batch", "assume"], in: "estimate")
        let definition: BatchDefinition
        if let id = request["batch"]?.stringValue {
            definition = try await found(id, store(environment)).definition
        } else {
            definition = try BatchDefinition(request.requiredObject("batch"))
        }
        let assumptions = try CostAssumptions(request.optionalObject("assume") ?? [:], for: definition)
        return CostEstimate(definition, assumptions).json(definition, assumptions)
    }
}
