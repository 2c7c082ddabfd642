internal import Kernel

extension Coupon {
    /// Where it stands at a moment: what nobody has swept yet has expired all the same.
    func standing(at now: Int64) -> CouponAccount {
        switch account {
        case .locked where lockedUntil <= now: until <= now ? .expired : .held
        case .held where until <= now: .expired
        default: account
        }
    }
}

extension Coupons {
    /// A coupon without what its batch says.
    static func shownAlone(_ coupon: Coupon, _ store: EnvironmentCoupons, code: String? = nil, now: Int64) -> JSON {
        let standing = coupon.standing(at: now)
        var json: JSONObject = [
            "id": .string(store.numbers.id(coupon.number)), "status": .string(standing.word), "claimedAt": .int(coupon.claimedAt), "from": .int(coupon.from),
            "until": .int(coupon.until),
        ]
        if let code { json["code"] = .string(code) }
        if coupon.isFrozen { json["frozen"] = true }
        if standing == .locked {
            json["order"] = .string(coupon.order)
            json["lockedUntil"] = .int(coupon.lockedUntil)
        }
        if !coupon.uses.isEmpty {
            json["uses"] = .array(coupon.uses.map(shown))
        }
        return .object(json)
    }

    private static func shown(_ use: Coupon.Use) -> JSON {
        var json: JSONObject = ["order": .string(use.order), "amount": .int(use.amount), "refunded": .bool(use.isRefunded)]
        if !use.shop.isEmpty { json["shop"] = .string(use.shop) }
        return .object(json)
    }

    /// A coupon as answers have it.
    func shown(_ coupon: Coupon, batch: Batch?, _ store: EnvironmentCoupons, code: String? = nil, now: Int64) -> JSON {
        let alone = Self.shownAlone(coupon, store, code: code, now: now)
        guard let batch, var json = alone.objectValue else { return alone }
        json["batch"] = .string(batch.id)
        json["name"] = .string(batch.definition.name)
        json["value"] = batch.definition.terms.value.json
        if case .storedValue = batch.definition.terms.value { json["balance"] = .int(coupon.balance) }
        if batch.definition.terms.minimumSpend > 0 { json["minimumSpend"] = .int(batch.definition.terms.minimumSpend) }
        if batch.definition.terms.scope != CouponScope() { json["scope"] = batch.definition.terms.scope.json }
        if batch.definition.useTimes != UseTimes() { json["useTimes"] = batch.definition.useTimes.json }
        return .object(json)
    }

    func shown(_ receipt: Receipt, _ store: EnvironmentCoupons) -> JSON {
        [
            "id": .string(store.numbers.id(receipt.coupon)), "status": .string(receipt.account.word), "amount": .int(receipt.amount),
            "balance": .int(receipt.balance), "at": .int(receipt.at),
        ]
    }

    /// A batch as the management API has it.
    func shown(_ batch: Batch) -> JSON {
        let accounts = batch.accounts
        var json: JSONObject = ["id": .string(batch.id), "status": .string(batch.status.rawValue)]
        for (name, value) in batch.definition.json.objectValue ?? [:] { json[name] = value }
        if batch.definition.codes == .uploaded { json["uploadedCodes"] = .int(batch.codes) }
        json["createdAt"] = .int(batch.createdAt)
        json["revision"] = .int(batch.revision)
        if !batch.submittedBy.isEmpty { json["submittedBy"] = .string(batch.submittedBy) }
        if !batch.approvedBy.isEmpty { json["approvedBy"] = .string(batch.approvedBy) }
        json["accounts"] = [
            "left": .int(batch.left), "claimed": .int(batch.claimed), "held": .int(accounts.held), "locked": .int(accounts.locked),
            "redeemed": .int(accounts.redeemed), "expired": .int(accounts.expired), "voided": .int(accounts.voided), "reserved": .int(accounts.reserved),
            "spent": .int(accounts.spent),
        ]
        return .object(json)
    }
}
