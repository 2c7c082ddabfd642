internal import HTTPSupport
public import Kernel
internal import Storage
internal import Synchronization

extension Coupons {
    /// Gives somebody a coupon of a batch.
    ///
    /// The same `outBizNo` of the same user and batch answers the coupon that it gave the first time.
    /// - Parameter request: `outBizNo`, `device`, `channel`, and where the batch needs it `code`, `link` or `invitation`; of functions and keys `user`
    ///   and `level` as well.
    /// - Returns: `{"coupon":{…},"repeat":false}`.
    public func claim(_ batch: String, _ request: JSONObject, _ context: CallContext) async throws -> JSON {
        let store = try store(context.environment)
        guard let number = try await store.batchNumber(batch) else { throw SampanError.noCouponBatch }
        var claim = try CouponRequest.claim(request, batch: number, context)
        if Self.needsProving(request) { try await prove(&claim, request, store, context) }
        if risk.isAsked { try await ask(.claim(batch: batch, user: claim.user, device: claim.device), context) }
        let outcome =
            if let outcome = Self.answerAtOnce(claim, store, now: clock.now()) { outcome } else { try await submit(.claim(claim), store) }
        guard case .claimed(let coupon, let isRepeat) = outcome, coupon.code >= 0 else { return try answer(outcome, store) }
        let code = try await codes(of: [coupon], store)[coupon.number]
        return ["coupon": Self.shownAlone(coupon, store, code: code, now: clock.now()), "repeat": .bool(isRepeat)]
    }

    /// What needs no turn of the writer.
    static func answerAtOnce(_ claim: LedgerCommand.Claim, _ store: EnvironmentCoupons, now: Int64) -> LedgerOutcome? {
        let outcome = store.writer.memory.look { $0.answerAtOnce(claim, now: now) }
        // Another node may have just given what this one refuses: whoever asks again with a number hears the answer of then.
        if store.database.isShared, !claim.key.isEmpty, case .refused = outcome { return nil }
        return outcome
    }

    /// Keeps coupons for an order: `{"coupons":[…],"order":"…","outBizNo":"…","seconds":900}`.
    public func lock(_ request: JSONObject, _ context: CallContext) async throws -> JSON { try await move(.lock, request, context) }

    /// Gives coupons back that an order had locked.
    public func release(_ request: JSONObject, _ context: CallContext) async throws -> JSON { try await move(.release, request, context) }

    /// Uses coupons up: `{"coupons":[…],"order":"…","outBizNo":"…","amounts":[…]}`; what amounts are not said is what a coupon is worth.
    public func redeem(_ request: JSONObject, _ context: CallContext) async throws -> JSON { try await move(.redeem, request, context) }

    /// Takes the uses in an order back.
    public func refund(_ request: JSONObject, _ context: CallContext) async throws -> JSON { try await move(.refund, request, context) }

    /// Makes coupons worthless.
    public func void(_ request: JSONObject, _ context: CallContext) async throws -> JSON { try await move(.void, request, context) }

    /// Lets nobody use coupons until they are unfrozen.
    public func freeze(_ request: JSONObject, _ context: CallContext) async throws -> JSON { try await move(.freeze, request, context) }

    /// Lets frozen coupons be used again.
    public func unfreeze(_ request: JSONObject, _ context: CallContext) async throws -> JSON { try await move(.unfreeze, request, context) }

    private func move(_ kind: LedgerEntry.Kind, _ request: JSONObject, _ context: CallContext) async throws -> JSON {
        // A client keeps coupons for its order; only the shop's own code knows that it was paid.
        guard !context.caller.isClient || kind == .lock || kind == .release else { throw SampanError.couponsByFunctionOnly }
        let store = try store(context.environment)
        let move = try CouponRequest.move(kind, request, store.numbers, limits, context)
        if risk.isAsked, kind == .lock || kind == .redeem { try await ask(.use(coupons: move.coupons.map(store.numbers.id), order: move.order), context) }
        return try answer(try await submit(.move(move), store), store)
    }

    private func ask(_ action: CouponAction, _ context: CallContext) async throws {
        if case .refuse = try await risk.assess(action, context) { throw SampanError.couponRiskRefused }
    }

    func submit(_ command: LedgerCommand, _ store: EnvironmentCoupons) async throws -> LedgerOutcome {
        do { return try await store.writer.submit(command) } catch { throw Self.told(error) }
    }

    func answer(_ outcome: LedgerOutcome, _ store: EnvironmentCoupons) throws -> JSON {
        switch outcome {
        case .claimed(let coupon, let isRepeat):
            return ["coupon": shown(coupon, batch: nil, store, now: clock.now()), "repeat": .bool(isRepeat)]
        case .moved(let receipts, let isRepeat):
            return ["coupons": .array(receipts.map { shown($0, store) }), "repeat": .bool(isRepeat)]
        case .batch(let batch): return shown(batch)
        case .refused(let refusal): throw refusal.sampanError(store.numbers.id)
        }
    }

    // MARK: Reading

    /// The coupons of a user, the newest first.
    /// - Parameter status: only those that are `held`, `locked`, `redeemed`, `expired` or `voided`.
    public func coupons(of user: String, status: CouponAccount?, limit: Int, _ environment: EnvironmentID) async throws -> JSON {
        let store = try store(environment)
        let now = clock.now()
        let found = try await couponsOf(user, store).filter { status == nil || $0.0.standing(at: now) == status }
        let codes = try await codes(of: found.prefix(limit).map(\.0), store)
        return ["coupons": .array(found.prefix(limit).map { shown($0.0, batch: $0.1, store, code: codes[$0.0.number], now: now) }), "now": .int(now)]
    }

    /// A user's coupons with their batches, the newest first.
    func couponsOf(_ user: String, _ store: EnvironmentCoupons) async throws -> [(Coupon, Batch)] {
        // First memory, then the tables: what is settled in between is found twice, and the one that changed last counts.
        let fresh = try await store.ledger { $0.couponsInMemory(of: user) }
        let tables = try await reading(store) { try $0.coupons(ofUser: user) }
        var byNumber: [Int64: Coupon] = [:]
        for coupon in tables + fresh where (byNumber[coupon.number]?.page ?? -1) < coupon.page { byNumber[coupon.number] = coupon }
        let all = byNumber.values.sorted { $0.number > $1.number }
        return try await store.ledger { ledger in all.compactMap { coupon in ledger.batch(coupon.batch).map { (coupon, $0) } } }
    }

    private func offEventLoopIfShared<T: Sendable>(_ store: EnvironmentCoupons, _ body: @escaping @Sendable () throws -> T) async throws -> T {
        do { return store.database.isShared ? try await offEventLoop(body) : try body() } catch { throw Self.told(error) }
    }

    /// A coupon with its uses.
    public func coupon(_ id: String, of user: String?, _ environment: EnvironmentID) async throws -> JSON {
        let store = try store(environment)
        guard let number = store.numbers.number(id), let coupon = try await newest(number, store), user == nil || user == coupon.user else {
            throw SampanError.noCoupon(id)
        }
        let batch = try await store.ledger { $0.batch(coupon.batch) }
        return shown(coupon, batch: batch, store, code: try await codes(of: [coupon], store)[number], now: clock.now())
    }

    /// The coupon that goes by an uploaded code, or was claimed with a code.
    public func coupon(code: String, _ context: CallContext) async throws -> JSON {
        let store = try store(context.environment)
        let place = try await place(ofCode: code, store, context)
        let fresh = try await store.ledger { $0.takers[.code(place.batch, place.index)]?.numbers.first }
        let settled = fresh == nil ? try await reading(store) { try $0.coupons(of: [.code(place.batch, place.index)]).first?.number } : fresh
        guard let number = settled else { throw SampanError.couponCodeUnclaimed }
        return try await coupon(store.numbers.id(number), of: nil, context.environment)
    }

    /// A coupon as it is now.
    func newest(_ number: Int64, _ store: EnvironmentCoupons) async throws -> Coupon? {
        let fresh = try await store.ledger { $0.coupons[number] }
        let settled = try await reading(store) { try $0.coupons([number]) }
        return (settled + (fresh.map { [$0] } ?? [])).max { $0.page < $1.page }
    }

    /// The uploaded codes by which coupons go.
    func codes(of coupons: [Coupon], _ store: EnvironmentCoupons) async throws -> [Int64: String] {
        let coded = coupons.filter { $0.code >= 0 }
        guard !coded.isEmpty else { return [:] }
        let named = try await store.ledger { ledger in coded.filter { ledger.batch($0.batch)?.definition.namesCoupons == true } }
        guard !named.isEmpty else { return [:] }
        let texts = try await reading(store) { tables in
            try tables.codes(at: Set(named.map { GeneratedCodes.Place(batch: $0.batch, index: $0.code) }))
        }
        return Dictionary(
            uniqueKeysWithValues: named.compactMap { coupon in
                texts[GeneratedCodes.Place(batch: coupon.batch, index: coupon.code)].map { (coupon.number, $0) }
            })
    }

    /// Reads what may be much, never on an event loop.
    func readingAside<T: Sendable>(_ store: EnvironmentCoupons, _ body: @escaping @Sendable (CouponTables) throws -> T) async throws -> T {
        do {
            return try await offEventLoop { try store.database.readMoment { try body(CouponTables(connection: $0)) } }
        } catch {
            throw Self.told(error)
        }
    }

    /// Reads the tables.
    func reading<T: Sendable>(_ store: EnvironmentCoupons, _ body: @escaping @Sendable (CouponTables) throws -> T) async throws -> T {
        try await offEventLoopIfShared(store) { try store.database.read { try body(CouponTables(connection: $0)) } }
    }
}

extension Ledger {
    func couponsInMemory(of user: String) -> [Coupon] {
        batches.flatMap { batch in takers[TakerKey(batch: batch.number, holder: user)]?.numbers.compactMap { coupons[$0] } ?? [] }
    }
}

extension SampanError {
    static let couponCodeUnclaimed = notFound(
        "COUPON_NOT_FOUND", Localized("Nobody has claimed the coupon of this code.", zh: "该券码对应的优惠券尚未被领取。"),
        remedy: Localized("Check the code.", zh: "请核对券码。"))

    static let couponsByFunctionOnly = forbidden(
        "COUPON_FUNCTION_ONLY",
        Localized("A client can claim, lock and release coupons; it cannot use them up or give them back.", zh: "客户端只能领取、锁定和释放优惠券，不能核销或退回。"),
        remedy: Localized("Do it in the cloud function that knows that the order was paid.", zh: "请在确认订单支付的云函数中操作。"))
}
