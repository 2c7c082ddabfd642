import Kernel
import TestSupport
import Testing

@testable import Coupons

/// Whole bodies of both platforms: what they become, and what is shown of that again.
@Suite struct FacadeMappingTests {
    private static let second: Int64 = 1000
    private static let now: Int64 = 1_795_752_000_000

    /// Whatever Alipay's fields can say, in either of their generations.
    private static func random(_ chance: inout SeededGenerator, isNew: Bool) -> BatchDefinition {
        let money = Int64(1 + chance.below(1_000_000))
        let value: CouponValue =
            switch chance.below(4) {
            case 0: .amount(money)
            case 1: .discount(basisPoints: Int64(1 + chance.below(9999)), ceiling: chance.below(2) == 0 ? nil : money)
            case 2: .specialPrice(money, quantity: 1)
            default: .exchange(quantity: 1)
            }
        var terms = CouponTerms(value)
        terms.minimumSpend = chance.below(2) == 0 ? 0 : 1_000_000 + money
        let opens = now + Int64(chance.below(1_000_000)) * second
        let closes = opens + Int64(1 + chance.below(1_000_000)) * second
        let validity: Validity
        switch chance.below(isNew ? 3 : 2) {
        case 0: validity = .absolute(from: opens - 5 * second, until: closes + 7 * second)
        case 1: validity = .relative(afterDays: Int64(chance.below(30)), days: Int64(1 + chance.below(300)), wholeDays: false)
        default:
            let after = Int64(chance.below(3))
            validity = .relative(afterDays: after, days: Int64((after == 0 ? 0 : 1) + chance.below(300)), wholeDays: true)
        }
        var definition = BatchDefinition(name: "满50减5", terms: terms, stock: Int64(chance.below(9999)), opensAt: opens, closesAt: closes, validity: validity)
        definition.description = chance.choose(["", "工作日可用\n每单一张"])
        definition.codes = chance.below(2) == 0 ? nil : .uploaded
        definition.limits.perUser = chance.below(2) == 0 ? nil : 1 + chance.below(1000)
        definition.terms.scope.shops = chance.below(2) == 0 ? [] : ["s-1", "s-2"]
        guard isNew else { return definition }
        definition.limits.perDay = chance.below(2) == 0 ? nil : 1 + chance.below(1000)
        definition.limits.perWeek = chance.below(2) == 0 ? nil : 1 + chance.below(1000)
        definition.terms.scope.goods = chance.below(2) == 0 ? [] : ["tea"]
        definition.terms.scope.excludedGoods = chance.below(2) == 0 ? [] : ["cup"]
        definition.useTimes.weekdays = chance.below(2) == 0 ? [] : [1, 6, 7]
        definition.useTimes.hours = chance.below(2) == 0 ? [] : [.init(from: 600, until: 840), .init(from: 1320, until: chance.choose([120, 1440]))]
        definition.useTimes.excludedDates = chance.below(2) == 0 ? [] : ["2026-12-31", "2027-01-01"]
        return definition
    }

    /// The body that makes what a query has shown.
    private static func body(_ shown: JSONObject, isNew: Bool) throws -> JSONObject {
        var body: JSONObject = ["out_biz_no": "n-1"]
        body["voucher_display_info"] = shown["voucher_display_info"]
        let mode = shown["activity_base_info"]?["code_mode"]
        guard isNew else {
            for name in ["activity_name", "publish_start_time", "publish_end_time", "voucher_type", "voucher_use_rule", "voucher_send_rule"] {
                body[name] = shown[name]
            }
            body["code_mode"] = mode
            return body
        }
        body["activity_base_info"] = .object(["activity_name": try #require(shown["activity_name"]), "code_mode": try #require(mode)])
        for name in ["voucher_deduct_info", "voucher_send_mode_info", "voucher_use_rule_info", "voucher_available_scope_info"] { body[name] = shown[name] }
        return body
    }

    @Test(arguments: [false, true]) func whatAlipayCanSayComesBack(_ isNew: Bool) throws {
        var chance = SeededGenerator(seed: 11)
        for _ in 0..<500 {
            let definition = Self.random(&chance, isNew: isNew)
            let batch = Batch(number: 1, id: "cpb-a", definition: definition, createdAt: 0)
            let activity = try AlipayActivity(Self.body(AlipayActivity.shown(batch), isNew: isNew))
            #expect(activity.definition == definition)
            #expect(activity.outBizNo == "n-1")
        }
    }

    @Test func whatWeChatCanSayComesBack() throws {
        var chance = SeededGenerator(seed: 13)
        for _ in 0..<500 {
            var definition = Self.random(&chance, isNew: false)
            (definition.terms.scope, definition.stock) = (CouponScope(), definition.stock + 1)
            definition.limits.perUser = definition.limits.perUser ?? 1
            let price = Int64(chance.below(9999))
            definition.terms.value = chance.choose([
                .amount(price + 1), .discount(basisPoints: Int64(1 + chance.below(99)) * 100, ceiling: nil), .specialPrice(price, quantity: 1),
            ])
            if case .amount = definition.terms.value, chance.below(2) == 0 { definition.budget = Int64(1 + chance.below(9999)) }
            definition.useTimes.weekdays = chance.below(2) == 0 ? [] : [3, 7]
            definition.useTimes.hours = chance.below(2) == 0 ? [] : [.init(from: 600, until: 840)]
            let day: Int64 = 86_400_000
            if chance.below(2) == 0 {
                (definition.opensAt, definition.closesAt) = (Self.now, Self.now + 9 * day)
                definition.validity = .absolute(from: Self.now + chance.choose([0, day]), until: Self.now + 9 * day)
            } else {
                let after = Int64(chance.below(3))
                definition.validity = .relative(afterDays: after, days: Int64(1 + chance.below(60)), wholeDays: true)
                definition.opensAt = Self.now - 5 * day
                definition.closesAt = FixedZone.china.startOfDay(Self.now) + 9 * day
            }
            let batch = Batch(number: 1, id: "cpb-a", definition: definition, createdAt: 0)
            var body: JSONObject = ["out_request_no": "n-1"]
            for name in ["stock_name", "stock_type", "coupon_code_mode", "coupon_use_rule", "stock_send_rule", "display_pattern_info"] {
                body[name] = WeChatStock.shown(batch)[name]
            }
            #expect(try WeChatStock(body, now: Self.now).definition == definition)
        }
    }

    /// No coupon outlives the window of its stock, and the last day on which one can be claimed is not given away.
    @Test func couponsEndWithinWeChatsWindow() throws {
        for (after, days) in [(Int64(0), Int64(1)), (0, 3), (2, 1), (2, 5)] {
            let end = try #require(FacadeTime.moment(wechat: "2026-12-10T23:59:59+08:00"))
            let time = FacadeFields([
                "available_begin_time": "2026-11-27T00:00:00+08:00", "available_end_time": "2026-12-10T23:59:59+08:00",
                "available_day_after_receive": .int(days), "wait_days_after_receive": .int(after),
            ])
            let available = try WeChatAvailableTime(time)
            let last = available.claims(Self.now).until - 1
            #expect(available.validity.window(claimedAt: last, zone: .china).until == end + 1000)
            #expect(available.validity.window(claimedAt: last + 1, zone: .china).until > end + 1000)
        }
    }

    private static let alipay: JSONObject = [
        "activity_name": "a", "out_biz_no": "n", "code_mode": "MERCHANT_API", "voucher_type": "FIX_VOUCHER", "publish_start_time": "2026-11-27 00:00:00",
        "publish_end_time": "2026-12-27 00:00:00", "voucher_send_rule": ["voucher_quantity": 1],
        "voucher_use_rule": [
            "fix_voucher": ["amount": "5.00", "floor_amount": "50.00"], "voucher_valid_period": ["type": "RELATIVE", "valid_days_after_receive": "7"],
        ],
    ]

    /// The body with one field, deep inside, set or left out.
    private static func changed(_ body: JSON, _ path: ArraySlice<String>, _ value: JSON?) -> JSON {
        guard let name = path.first else { return value ?? .null }
        var object = body.objectValue ?? [:]
        object[name] = path.count == 1 ? value : changed(object[name] ?? [:], path.dropFirst(), value)
        return .object(object)
    }

    private static func refusal(_ path: String, _ value: JSON?) -> String {
        let body = changed(.object(alipay), path.split(separator: ".").map(String.init)[...], value)
        do {
            _ = try AlipayActivity(body.objectValue ?? [:])
            return "taken"
        } catch {
            let error = error as? SampanError
            return "\(error?.code ?? "") \(error?.members["member"]?.stringValue ?? "")"
        }
    }

    @Test(
        arguments: [
            ("colour", "red"), ("voucher_use_rule.colour", 1), ("voucher_use_rule.fix_voucher.discount", "8.5"), ("merchant_access_mode", "AGENCY_MODE"),
            ("voucher_type", "CUSTOMER_DEFINE_VOUCHER"), ("code_mode", "X"), ("voucher_send_rule.natural_person_limit", true),
            ("voucher_send_rule.phone_number_limit", "true"), ("activity_base_info.out_activity_id", "x"),
            ("voucher_use_rule.voucher_available_scope.order_voucher_available_city_code.city_codes", ["330100"]),
            ("voucher_use_rule_info", ["voucher_use_time_info": ["period_type": "ABSOLUTE"]]),
            ("voucher_send_mode_info.voucher_sale_mode_info", ["sale_amount": "1.00"]), ("voucher_send_mode_info.voucher_send_mode", "SALE_MODE"),
        ] as [(String, JSON)])
    func whatAlipaySaysBeyondIsRefusedByItsName(_ path: String, _ value: JSON) {
        let known = path == "voucher_use_rule_info" ? "voucher_use_rule.voucher_valid_period" : path
        #expect(Self.refusal(path, value) == "COUPON_FIELD_UNSUPPORTED \(known)")
    }

    @Test(
        arguments: [
            ("activity_name", nil), ("out_biz_no", 5), ("publish_end_time", "2026-11-26 00:00:00"), ("publish_start_time", "soon"),
            ("voucher_send_rule.voucher_quantity", -1), ("voucher_use_rule.fix_voucher.amount", 5.5), ("voucher_use_rule.fix_voucher.amount", "50.01"),
            ("voucher_use_rule.fix_voucher", nil), ("voucher_use_rule.voucher_valid_period", nil), ("voucher_use_rule", "x"), ("voucher_send_rule", nil),
            ("voucher_use_rule.voucher_valid_period.valid_days_after_receive", 0), ("voucher_display_info.voucher_description", ["x"]),
        ] as [(String, JSON?)])
    func whatIsWrongIsNamedAsAlipayNamesIt(_ path: String, _ value: JSON?) { #expect(Self.refusal(path, value) == "BAD_MEMBER \(path)") }

    @Test func whatAsksForNothingIsTaken() {
        for (path, value) in [
            ("voucher_send_rule.natural_person_limit", false), ("customer_guide", ["mini_app_id": "1"]), ("voucher_use_rule.fix_voucher.goods_name", "茶"),
            ("belong_merchant_info", ["merchant_id": "2088"]), ("voucher_send_rule.voucher_quantity_limit_per_user", 0), ("code_mode", nil),
            ("voucher_use_rule.voucher_valid_period.valid_begin_time", ""), ("voucher_display_info.brand_logo", "A*x"),
        ] as [(String, JSON?)] {
            #expect(Self.refusal(path, value) == "taken", "\(path)")
        }
    }

    @Test func onlyWhatDaysAndHoursCanSayIsTaken() throws {
        func rule(_ days: String, _ from: String, _ until: String, _ type: JSON = "SAME_DAY") -> JSON {
            let range: JSON = ["begin_time": .string(from), "end_time_info": ["end_time": .string(until), "end_time_type": type]]
            return ["rule_type": "WEEK", "week_rule_info": ["week_day": .string(days), "time_range_info": range]]
        }
        func times(_ rules: JSON...) throws -> UseTimes { try AlipayUseTimes.read(FacadeFields(["usable_period_info": .array(rules)])) }
        let both = try times(rule("1,2", "10:00:00", "14:00:00"), rule("3", "10:00:00", "13:59:59"))
        #expect(both.weekdays == [1, 2, 3] && both.hours == [.init(from: 600, until: 840)])
        #expect(try times(rule("6", "22:00:00", "02:00:00", "NEXT_DAY")).hours == [.init(from: 1320, until: 120)])
        #expect(throws: SampanError.self) { try times(rule("1", "10:00:00", "14:00:00"), rule("2", "11:00:00", "14:00:00")) }
        #expect(throws: SampanError.self) { try times(rule("6", "22:00:00", "02:00:00")) }
        #expect(throws: SampanError.self) { try times(rule("8", "10:00:00", "14:00:00")) }
        #expect(throws: SampanError.self) { try times(["rule_type": "HOLIDAY"]) }
    }

    @Test func statesAreAlipaysOwn() {
        #expect(AlipayActivity.status(.submitted) == ["activity_operation_status": "CREATING"])
        #expect(AlipayActivity.status(.published) == ["activity_status": "ACTIVE"])
        #expect(AlipayActivity.status(.paused) == ["activity_status": "PAUSE"])
        #expect(AlipayActivity.status(.stopped) == ["activity_status": "FINISHED"])
    }

    @Test func aBatchRemembersItsRequests() throws {
        var chance = SeededGenerator(seed: 17)
        var batch = Batch(number: 1, id: "cpb-a", definition: Self.random(&chance, isNew: true), createdAt: 5)
        batch.requests = ["create": "d1", "append n-1": "d2"]
        #expect(try Batch(record: batch.record) == batch)
    }

    @Test func digestsDoNotDependOnTheOrderOfMembers() {
        #expect(CouponFacade.digest(["a": 1, "b": ["c": 2, "d": 3]]) == CouponFacade.digest(["b": ["d": 3, "c": 2], "a": 1]))
        #expect(CouponFacade.digest(["a": [1, 2]]) != CouponFacade.digest(["a": [2, 1]]))
    }
}
