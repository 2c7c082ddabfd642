internal import Kernel

/// What an Alipay voucher is worth, in the fields of both of its generations: `fix_voucher` and `fix_voucher_info`.
enum AlipayTerms {
    private static let kinds: KeyValuePairs<String, String> = [
        "FIX_VOUCHER": "fix_voucher", "DISCOUNT_VOUCHER": "discount_voucher", "SPECIAL_VOUCHER": "special_voucher", "EXCHANGE_VOUCHER": "exchange_voucher",
    ]

    /// Reads `voucher_type` out of `place`, and what belongs to it out of `holder`.
    /// - Parameter suffix: `_info` for the newer generation.
    static func read(_ place: FacadeFields, _ holder: FacadeFields, suffix: String) throws -> CouponTerms {
        let kind = try place.word("voucher_type", kinds)
        guard let fields = try holder.object(kind + suffix) else { throw holder.wrong(kind + suffix, "an object", "对象") }
        let floor = try fields.yuan("floor_amount") ?? 0
        var terms = CouponTerms(try value(kind, fields))
        if case .amount(let amount) = terms.value, floor > 0, amount > floor {
            throw fields.wrong("amount", "no more than floor_amount", "不超过 floor_amount 的金额")
        }
        terms.minimumSpend = floor
        fields.ignore("goods_name", "origin_amount")
        try fields.refuse("voucher_deduct_threshold_info")
        return terms
    }

    private static func value(_ kind: String, _ fields: FacadeFields) throws -> CouponValue {
        let money = 1...BatchDefinition.moneyMax
        switch kind {
        case "fix_voucher":
            guard let amount = try fields.yuan("amount", in: money) else { throw fields.wrong("amount", "yuan such as 5.00", "金额，例如 5.00") }
            return .amount(amount)
        case "discount_voucher":
            let text = fields.take("discount")
            guard let points = (text?.stringValue ?? text?.intValue.map { "\($0)" }).flatMap(FacadeNumber.basisPointsOff) else {
                throw fields.wrong("discount", "8.5 for 8.5折, or a rate such as 0.85; not a bare 1", " 8.5（8.5 折）或折扣率 0.85；不可仅写 1")
            }
            return .discount(basisPoints: points, ceiling: try fields.yuan("ceiling_amount", in: money))
        case "special_voucher":
            guard let price = try fields.yuan("special_amount") else { throw fields.wrong("special_amount", "yuan such as 5.00", "金额，例如 5.00") }
            return .specialPrice(price, quantity: 1)
        default:
            // Its face value, the name of what is exchanged and whom to ring are for showing; being sold for money is not.
            fields.ignore("amount", "voucher_name", "voucher_detail_url", "customer_service_mobile", "customer_service_url", "exchange_goods_info")
            try fields.refuse("sale_amount", "refundable", "overdue_refundable", "payee_pid", "settle_type", "biz_type")
            return .exchange(quantity: 1)
        }
    }

    /// `voucher_type` and the object that belongs to it with its name; `nil` for values that Alipay has none for.
    static func shown(_ terms: CouponTerms) -> (type: String, kind: String, fields: JSONObject)? {
        var fields: JSONObject = [:]
        let kind: String
        switch terms.value {
        case .amount(let amount):
            kind = "fix_voucher"
            fields["amount"] = .string(FacadeNumber.yuan(amount))
        case .discount(let points, let ceiling):
            kind = "discount_voucher"
            fields["discount"] = .string(FacadeNumber.discount(points))
            if let ceiling { fields["ceiling_amount"] = .string(FacadeNumber.yuan(ceiling)) }
        case .specialPrice(let price, quantity: 1):
            kind = "special_voucher"
            fields["special_amount"] = .string(FacadeNumber.yuan(price))
        case .exchange(quantity: 1): kind = "exchange_voucher"
        case .specialPrice, .exchange, .gift, .storedValue: return nil
        }
        if terms.minimumSpend > 0 { fields["floor_amount"] = .string(FacadeNumber.yuan(terms.minimumSpend)) }
        guard let type = kinds.first(where: { $0.value == kind })?.key else { return nil }
        return (type, kind, fields)
    }
}

/// What a use takes off an order whose total is known.
enum FacadeAmount {
    /// - Parameters:
    ///   - said: what the client says itself.
    ///   - total: what the order comes to, in fen.
    /// - Returns: `nil` where the ledger's own rule is right.
    static func used(_ value: CouponValue, said: Int64?, total: Int64?) -> Int64? {
        if let said { return said }
        guard let total else { return nil }
        switch value {
        case .amount(let amount): return min(amount, total)
        case .discount(let points, let ceiling): return min(CouponEffect.part(points, of: total), ceiling ?? .max)
        case .specialPrice, .exchange, .gift, .storedValue: return nil
        }
    }
}
