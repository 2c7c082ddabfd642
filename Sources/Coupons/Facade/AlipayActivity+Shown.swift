internal import Kernel

extension AlipayActivity {
    /// Where an activity stands in Alipay's words: `activity_status` is absent until somebody has approved it, as it is there until it has been created.
    static func status(_ status: BatchStatus) -> JSONObject {
        switch status {
        case .draft, .submitted: ["activity_operation_status": "CREATING"]
        case .published: ["activity_status": "ACTIVE"]
        case .paused: ["activity_status": "PAUSE"]
        case .stopped: ["activity_status": "FINISHED"]
        }
    }

    private static func audit(_ status: BatchStatus) -> JSON {
        let result: JSON =
            switch status {
            // A draft is what somebody has sent back, or is still writing.
            case .draft: "REJECT"
            case .submitted: "SUBMIT"
            case .published, .paused, .stopped: "APPROVE"
            }
        return ["audit_result": result]
    }

    /// What `…ordervoucher.query` answers, in the fields of both generations.
    static func shown(_ batch: Batch) -> JSONObject {
        let definition = batch.definition
        let mode: JSON = definition.codes == .uploaded ? "MERCHANT_UPLOAD" : "MERCHANT_API"
        let window: [(String, JSON)] = [
            ("publish_start_time", .string(FacadeTime.alipay(definition.opensAt))),
            ("publish_end_time", .string(FacadeTime.alipay(definition.closesAt - 1000))),
        ]
        var base: JSONObject = ["activity_id": .string(batch.id), "activity_name": .string(definition.name), "code_mode": mode]
        var shown: JSONObject = ["activity_id": .string(batch.id), "activity_name": .string(definition.name)]
        for (name, value) in status(batch.status) {
            base[name] = value
            shown[name] = value
        }
        shown["activity_base_info"] = .object(base)
        shown["audit_result_info"] = audit(batch.status)
        for (name, value) in window { shown[name] = value }
        show(definition, &shown)
        showSending(definition, window, &shown)
        if !definition.description.isEmpty { shown["voucher_display_info"] = ["voucher_description": .string(definition.description)] }
        shown["summary"] = ["publish_count": .int(batch.claimed), "used_count": .int(batch.accounts.redeemed)]
        shown["voucher_inventory_info"] = ["send_count": .int(batch.claimed), "use_count": .int(batch.accounts.redeemed)]
        return shown
    }

    private static func show(_ definition: BatchDefinition, _ shown: inout JSONObject) {
        let period = AlipayValidity.shown(definition.validity)
        var (old, new): (JSONObject, JSONObject) = ([:], [:])
        if let terms = AlipayTerms.shown(definition.terms) {
            shown["voucher_type"] = .string(terms.type)
            old[terms.kind] = .object(terms.fields)
            shown["voucher_deduct_info"] = .object(["voucher_type": .string(terms.type), terms.kind + "_info": .object(terms.fields)])
        } else {
            // What was made elsewhere and Alipay has no name for.
            shown["voucher_type"] = "CUSTOMER_DEFINE_VOUCHER"
        }
        var oldPeriod = period.fields
        oldPeriod["type"] = .string(period.type)
        old["voucher_valid_period"] = .object(oldPeriod)
        var newPeriod = period.fields
        if let times = AlipayUseTimes.shown(definition.useTimes) { newPeriod["time_restrict_info"] = .object(times) }
        new["period_type"] = .string(period.type)
        new[period.type == "ABSOLUTE" ? "absolute_period_info" : "relative_period_info"] = .object(newPeriod)
        showScope(definition.terms.scope, &old, &shown)
        shown["voucher_use_rule"] = .object(old)
        shown["voucher_use_rule_info"] = ["voucher_use_time_info": .object(new)]
    }

    private static func showScope(_ scope: CouponScope, _ useRule: inout JSONObject, _ shown: inout JSONObject) {
        func list(_ names: Set<String>) -> JSON { .array(names.sorted().map { .string($0) }) }
        var info: JSONObject = [:]
        if !scope.shops.isEmpty {
            useRule["voucher_available_scope"] = ["voucher_available_type": "SHOP", "order_voucher_available_shop": ["shop_ids": list(scope.shops)]]
            info["voucher_available_geography_scope_info"] = [
                "available_geography_scope_type": "SHOP", "available_geography_shop_info": ["available_shop_ids": list(scope.shops)],
            ]
        }
        if !scope.goods.isEmpty || !scope.excludedGoods.isEmpty {
            var goods: JSONObject = [:]
            if !scope.goods.isEmpty { goods["available_goods_sku_ids"] = list(scope.goods) }
            if !scope.excludedGoods.isEmpty { goods["exclude_goods_sku_ids"] = list(scope.excludedGoods) }
            info["voucher_available_goods_info"] = .object(goods)
        }
        if !info.isEmpty { shown["voucher_available_scope_info"] = .object(info) }
    }

    private static func showSending(_ definition: BatchDefinition, _ window: [(String, JSON)], _ shown: inout JSONObject) {
        func limit(_ limit: Int?) -> JSON { .int(Int64(limit ?? 0)) }
        shown["voucher_send_rule"] = [
            "voucher_quantity": .int(definition.stock), "voucher_quantity_limit_per_user": limit(definition.limits.perUser),
        ]
        var rule: JSONObject = ["quantity": .int(definition.stock), "quantity_limit_per_user": limit(definition.limits.perUser)]
        if definition.limits.perDay != nil { rule["quantity_day_limit_per_user"] = limit(definition.limits.perDay) }
        if definition.limits.perWeek != nil { rule["quantity_week_limit_per_user"] = limit(definition.limits.perWeek) }
        for (name, value) in window { rule[name] = value }
        shown["voucher_send_mode_info"] = ["voucher_send_mode": "DIRECT_SEND_MODE", "voucher_send_rule_info": .object(rule)]
    }
}
