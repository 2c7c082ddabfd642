internal import Coupons
internal import Kernel

/// Coupons in words, and what is said after something was done with them.
extension Phrases {
    // MARK: What one is

    /// 满 50 减 10: what a coupon is worth and from when.
    static func couponTerms(_ value: CouponValue, _ minimum: Int64) -> Localized {
        let (from, full) = (minimum > 0 ? " from ¥\(Yuan.short(minimum))" : "", minimum > 0 ? "满 \(Yuan.short(minimum)) " : "")
        let may = minimum > 0 ? "\(full)可" : ""
        switch value {
        case .amount(let amount):
            return Localized("¥\(Yuan.short(amount)) off\(from)", zh: minimum > 0 ? "\(full)减 \(Yuan.short(amount))" : "立减 \(Yuan.short(amount)) 元")
        case .discount(let points, let ceiling):
            let fold = Yuan.thousandths(10_000 - points)
            let most = ceiling.map { (", at most ¥\(Yuan.short($0))", "，最多减 \(Yuan.short($0))") } ?? ("", "")
            return Localized("\(Yuan.decimal(points)) % off\(from)\(most.0)", zh: "\(full)\(minimum > 0 ? "打 " : "")\(fold) 折\(most.1)")
        case .specialPrice(let price, let quantity):
            return Localized("¥\(Yuan.short(price)) a piece, up to \(quantity)\(from)", zh: "\(may)享特价 \(Yuan.short(price)) 元，至多 \(quantity) 件")
        case .exchange(let quantity):
            return Localized(quantity == 1 ? "1 piece for nothing\(from)" : "\(quantity) pieces for nothing\(from)", zh: "\(may)免费兑换 \(quantity) 件")
        case .gift(let gift): return Localized("\(gift.name) as a gift\(from)", zh: "\(full)赠 \(gift.name)")
        case .storedValue(let amount):
            return Localized("¥\(Yuan.short(amount)) to spend\(from)", zh: "\(may.isEmpty ? "" : "\(may)用 ")储值 \(Yuan.short(amount)) 元")
        }
    }

    static func couponScope(_ scope: CouponScope) -> Localized {
        func list(_ names: Set<String>) -> String { names.sorted().joined(separator: ", ") }
        let parts: [(Set<String>, String, String)] = [
            (scope.goods, "goods", "商品"), (scope.categories, "categories", "类目"), (scope.excludedGoods, "not goods", "不含商品"),
            (scope.excludedCategories, "not categories", "不含类目"), (scope.shops, "shops", "门店"), (scope.channels, "channels", "渠道"),
            (scope.levels, "members of level", "会员等级"),
        ]
        let named = parts.filter { !$0.0.isEmpty }
        if named.isEmpty { return Localized("everything, everywhere, for everybody", zh: "全部商品、门店与用户") }
        return Localized(
            named.map { "\($0.1): \(list($0.0))" }.joined(separator: "; "), zh: named.map { "\($0.2)：\(list($0.0))" }.joined(separator: "；"))
    }

    static func couponStacking(_ stacking: Stacking) -> Localized {
        let (en, zh): (String, String)
        switch stacking.with {
        case nil: (en, zh) = ("together with any others that allow it", "可与其他允许叠加的券同用")
        case let with? where with.isEmpty: (en, zh) = ("not together with others", "不与其他券同用")
        case let with?:
            (en, zh) = ("together with those of the kinds \(with.sorted().joined(separator: ", "))", "可与分组 \(with.sorted().joined(separator: "、")) 的券同用")
        }
        return Localized("\(en); at most \(stacking.perOrder) of it in an order", zh: "\(zh)；每单至多 \(stacking.perOrder) 张")
    }

    static func couponLimits(_ limits: ClaimLimits) -> Localized {
        let parts: [(Int?, String, String)] = [
            (limits.perUser, "for each user", "每人"), (limits.perDay, "a day", "每人每天"), (limits.perWeek, "a week", "每人每周"),
            (limits.perDevice, "on each device", "每台设备"),
        ]
        let said = parts.compactMap { part in part.0.map { ($0, part.1, part.2) } }
        if said.isEmpty { return Localized("no limit", zh: "不限") }
        return Localized(said.map { "\($0.0) \($0.1)" }.joined(separator: ", "), zh: said.map { "\($0.2) \($0.0) 张" }.joined(separator: "，"))
    }

    static func couponWindow(_ definition: BatchDefinition) -> Localized {
        let (from, until) = (CouponForm.clock(definition.opensAt, definition.zone), CouponForm.clock(definition.closesAt, definition.zone))
        return Localized("\(from) to \(until) (UTC\(definition.zone.text))", zh: "\(from) 至 \(until)（UTC\(definition.zone.text)）")
    }

    static func couponValidity(_ definition: BatchDefinition) -> Localized {
        switch definition.validity {
        case .absolute(let from, let until):
            let (begin, end) = (CouponForm.clock(from, definition.zone), CouponForm.clock(until, definition.zone))
            return Localized("\(begin) to \(end)", zh: "\(begin) 至 \(end)")
        case .relative(_, 0, _): return Localized("until the end of the day of the claim", zh: "领取当日 24 点前可用")
        case .relative(let after, let days, let wholeDays):
            let begin = after > 0 ? ("from \(after) days after the claim, ", "领取 \(after) 天后生效，") : ("", "")
            return Localized(
                "\(begin.0)\(days) days from the claim\(wholeDays ? ", the last one whole" : ", to the minute")",
                zh: "\(begin.1)有效 \(days) 天\(wholeDays ? "，到期当天 24 点前可用" : "，精确到领取时刻")")
        }
    }

    /// `nil`: always.
    static func couponUseTimes(_ times: UseTimes) -> Localized? {
        var parts: [(String, String)] = []
        let days = times.weekdays.sorted()
        if !days.isEmpty {
            parts.append(
                (
                    days.map { Catalogue.phrase("weekday-\($0)", .en) }.joined(separator: ", "),
                    days.map { Catalogue.phrase("weekday-\($0)", .zh) }.joined(separator: "、")
                ))
        }
        let hours = times.hours.map { "\(UseTimes.Hours.text($0.from))–\(UseTimes.Hours.text($0.until))" }.joined(separator: ", ")
        if !hours.isEmpty { parts.append((hours, hours)) }
        let not = times.excludedDates.sorted().joined(separator: ", ")
        if !not.isEmpty { parts.append(("not on \(not)", "\(not) 不可用")) }
        return parts.isEmpty ? nil : Localized(parts.map(\.0).joined(separator: "; "), zh: parts.map(\.1).joined(separator: "；"))
    }

    /// `nil`: nothing.
    static func claimNeeds(_ definition: BatchDefinition) -> Localized? {
        switch definition.proof {
        case nil: nil
        case .code?: Localized("a code, each once", zh: "兑换码，每码一次")
        case .link?: Localized("the shop's link", zh: "商家链接")
        case .invitation?: Localized("an invitation of somebody who has one", zh: "已领取用户的邀请")
        }
    }

    static let comesBack = Localized("can be used again while it is valid", zh: "有效期内可再次使用")
    static let doesNotComeBack = Localized("is gone", zh: "不退回")
    static let usersClaim = Localized("users themselves", zh: "用户自行领取")
    static let shopGives = Localized("only the shop gives it (functions, keys)", zh: "仅由商家发放（云函数、密钥）")

    // MARK: What it may cost

    static func worstCase(_ found: CostEstimate, _ definition: BatchDefinition) -> Localized {
        guard let worst = found.worst, let each = found.perCoupon else {
            return Localized("What one coupon costs is only known when it is used.", zh: "单张成本要到使用时才知道。")
        }
        let (most, stock) = (Yuan.sign(worst), Yuan.grouped(definition.stock))
        let (all, overflows) = definition.stock.multipliedReportingOverflow(by: each)
        if let budget = definition.budget, overflows || budget < all {
            return Localized("It can never cost more than \(most): that is the budget.", zh: "任何情况下都不超过 \(most)：这是设定的预算。")
        }
        return Localized(
            "It can never cost more than \(most): all \(stock) coupons used, \(Yuan.sign(each)) each.",
            zh: "任何情况下都不超过 \(most)：\(stock) 张全部用掉，每张最多 \(Yuan.sign(each))。")
    }

    static func expectedCase(_ found: CostEstimate, _ definition: BatchDefinition, _ assumptions: CostAssumptions) -> Localized {
        let (claimed, stock, redeemed) = (Yuan.grouped(found.claimed), Yuan.grouped(definition.stock), Yuan.grouped(found.redeemed))
        let (share, used) = (Yuan.decimal(assumptions.claimed), Yuan.decimal(assumptions.redeemed))
        let (bound, zhBound) = definition.budget == nil ? ("", "") : (", as far as the budget goes", "，以预算为限")
        return Localized(
            "Assumed: \(claimed) of \(stock) are claimed (\(share) % of the stock\(bound)), and \(used) % of these, \(redeemed), are used.",
            zh: "假设：\(stock) 张中领取 \(claimed) 张（库存的 \(share)%\(zhBound)），其中 \(used)% 即 \(redeemed) 张被使用。")
    }

    static func perOrderCase(_ found: CostEstimate) -> Localized {
        let (order, cost) = (Yuan.sign(found.orderValue), Yuan.sign(found.costPerOrder))
        let share = found.orderValue > 0 ? Yuan.decimal(found.costPerOrder * 10_000 / found.orderValue) : "0"
        return Localized(
            "An order with a coupon comes to \(order) before it, and you give \(cost) of that: \(share) %. Each order takes one coupon of this batch.",
            zh: "用券订单优惠前平均 \(order)，您让利 \(cost)，占 \(share)%。假设每单使用本批次一张券。")
    }

    static func raisedOrders(_ reaching: Int64) -> Localized {
        Localized(
            "\(Yuan.decimal(reaching)) % of your typical orders reach the minimum as they are; the others are taken to be raised to it.",
            zh: "您的典型订单中有 \(Yuan.decimal(reaching))% 本来就达到门槛；其余按凑单到门槛计算。")
    }

    static func budgetLasts(_ coupons: Int64) -> Localized {
        Localized("The budget is enough for \(Yuan.grouped(coupons)) coupons: for all in stock.", zh: "预算够发 \(Yuan.grouped(coupons)) 张，足以发完全部库存。")
    }

    static func budgetEndsFirst(_ coupons: Int64, _ stock: Int64) -> Localized {
        Localized(
            "The budget ends before the stock does: it is enough for \(Yuan.grouped(coupons)) of the \(Yuan.grouped(stock)) coupons. After that nobody can claim until some expire.",
            zh: "预算会先于库存用完：\(Yuan.grouped(stock)) 张中只够发 \(Yuan.grouped(coupons)) 张，之后须等已领的券过期才能继续领取。")
    }

    static func leftPerOrder(_ left: Int64) -> Localized {
        Localized("Of the margin of such an order \(Yuan.sign(left)) are left to you.", zh: "这样一单扣除优惠后，毛利还剩 \(Yuan.sign(left))。")
    }

    static func losesPerOrder(_ loss: Int64) -> Localized {
        Localized("You lose \(Yuan.sign(loss)) on each order that uses the coupon.", zh: "每个用券订单会亏损 \(Yuan.sign(loss))。")
    }

    static func ordersToEarn(_ orders: Int64, _ expected: Int64) -> Localized {
        Localized(
            "The margin of \(Yuan.grouped(orders)) ordinary orders without a coupon earns the expected \(Yuan.sign(expected)).",
            zh: "预计成本 \(Yuan.sign(expected))，相当于 \(Yuan.grouped(orders)) 个无券普通订单的毛利。")
    }

    static let setABound = Localized(
        "Nothing bounds what this may cost. A discount has a bound when you set its maximum; for special prices and exchanges keep the stock small.",
        zh: "成本没有上限。折扣券请设置最高优惠金额；特价与兑换券请控制库存。")

    // MARK: What is wrong with a field

    static let needed = Localized("Please fill this in.", zh: "请填写。")
    static let chooseOne = Localized("Please choose one.", zh: "请选择一项。")
    static let tooLong = Localized("This is too long.", zh: "内容过长。")
    static let wrongMoney = Localized("A sum in yuan with at most two decimals, such as 9.90.", zh: "请填写金额（元），最多两位小数，例如 9.90。")
    static let moreThanNothing = Localized("More than 0.", zh: "须大于 0。")
    static let moreThanMinimum = Localized("No more than the minimum spend, or else the order would cost nothing.", zh: "不能大于使用门槛，否则订单金额为零。")
    static let wrongMoment = Localized("A day and time, please.", zh: "请填写日期和时间。")
    static let endsBeforeItBegins = Localized("The end has to be after the beginning.", zh: "结束时间须晚于开始时间。")
    static let validBeforeClaims = Localized("It would end before anybody can claim one.", zh: "有效期在开始领取之前就已结束。")
    static let wrongHours = Localized("Both a beginning and an end, and not the same.", zh: "请同时填写开始和结束时间，且两者不同。")
    static let wrongDates = Localized("Dates such as 2026-10-01, with commas between them.", zh: "日期格式如 2026-10-01，用逗号分隔。")
    static let budgetNeedsBound = Localized(
        "A budget needs coupons whose cost has a bound: set the most that the discount gives, or leave the budget empty.",
        zh: "设置预算须先限定每张券的最高成本：请填写最高优惠金额，或将预算留空。")

    static func wrongNumber(_ range: ClosedRange<Int64>) -> Localized {
        let (low, high) = (Yuan.grouped(range.lowerBound), Yuan.grouped(range.upperBound))
        return Localized("A whole number from \(low) to \(high).", zh: "请填写 \(low) 到 \(high) 的整数。")
    }

    static func wrongPercent(_ range: ClosedRange<Int64>) -> Localized {
        let (low, high) = (Yuan.decimal(range.lowerBound), Yuan.decimal(range.upperBound))
        return Localized("A number from \(low) to \(high) with at most two decimals.", zh: "请填写 \(low) 到 \(high) 的数，最多两位小数。")
    }

    // MARK: After something was done

    static let batchSaved = Localized("The draft is saved. Next: look at what it may cost, then submit it.", zh: "草稿已保存。下一步：查看成本预估，然后提交审批。")
    static let batchChanged = Localized("The batch is changed.", zh: "批次已修改。")
    static let couponVoided = Localized("The coupon is void now.", zh: "优惠券已作废。")
    static let couponFrozen = Localized("The coupon is frozen.", zh: "优惠券已冻结。")
    static let couponUnfrozen = Localized("The coupon can be used again.", zh: "优惠券已解冻。")

    static func batchStepped(_ step: BatchStep) -> Localized {
        switch step {
        case .submit: Localized("It waits for approval now.", zh: "已提交，等待审批。")
        case .approve: Localized("It is published.", zh: "已通过并发布。")
        case .reject: Localized("It is a draft again.", zh: "已驳回，退回草稿。")
        case .pause: Localized("Nobody can claim for the moment.", zh: "已暂停领取。")
        case .resume: Localized("Users can claim again.", zh: "已恢复领取。")
        case .stop: Localized("The batch is ended.", zh: "批次已终止。")
        }
    }

    static func codesAdded(_ count: Int64) -> Localized { Localized("\(Yuan.grouped(count)) codes are in force.", zh: "已添加 \(Yuan.grouped(count)) 个码。") }

    static func codesOf(_ count: Int64, used: Int64, isUploaded: Bool) -> Localized {
        let (all, gone) = (Yuan.grouped(count), Yuan.grouped(used))
        return isUploaded
            ? Localized("\(all) codes were brought, \(gone) of them are used.", zh: "已上传 \(all) 个码，已使用 \(gone) 个。")
            : Localized("\(all) codes were made, \(gone) of them are used.", zh: "已生成 \(all) 个码，已使用 \(gone) 个。")
    }

    static func stockAdded(_ count: Int64) -> Localized { Localized("\(Yuan.grouped(count)) coupons more.", zh: "已追加 \(Yuan.grouped(count)) 张库存。") }

    static func budgetAdded(_ sum: Int64) -> Localized { Localized("\(Yuan.sign(sum)) more budget.", zh: "已追加预算 \(Yuan.sign(sum))。") }

    // MARK: Who did what

    static func submittedBy(_ name: String) -> Localized { Localized("Submitted by \(name).", zh: "由 \(name) 提交。") }

    static func approvedBy(_ approver: String, submittedBy: String) -> Localized {
        approver == submittedBy
            ? Localized(
                "Submitted and approved by \(approver): nobody else could approve it then.", zh: "由 \(approver) 提交并审批：当时没有其他有权限的人。")
            : Localized("Submitted by \(submittedBy), approved by \(approver).", zh: "由 \(submittedBy) 提交，\(approver) 审批。")
    }
}
