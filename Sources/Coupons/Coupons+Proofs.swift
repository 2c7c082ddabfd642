internal import Foundation
internal import HTTPSupport
public import Kernel
internal import Synchronization

extension Coupons {
    /// Gives the coupon for which somebody brings a code, of whichever batch that is.
    /// - Parameter request: `code`, and what else a claim has.
    public func claimByCode(_ request: JSONObject, _ context: CallContext) async throws -> JSON {
        let store = try store(context.environment)
        let place = try await place(ofCode: request.text("code"), store, context)
        guard let batch = try await store.ledger({ $0.batch(place.batch) }) else { throw SampanError.couponCodeUnknown }
        return try await claim(batch.id, request, context)
    }

    /// What a claim brings beside who makes it: a code, the token of a link, an invitation.
    func prove(_ claim: inout LedgerCommand.Claim, _ request: JSONObject, _ store: EnvironmentCoupons, _ context: CallContext) async throws {
        let batch = claim.batch
        guard let (id, definition) = try await store.ledger({ ledger in ledger.batch(batch).map { ($0.id, $0.definition) } }) else { return }
        if let code = try request.optionalText("code") {
            guard definition.proof == .code else { throw SampanError.badMember("code", Localized("nothing: this batch takes no codes", zh: "该批次不使用兑换码")) }
            let place = try await place(ofCode: code, store, context)
            guard place.batch == batch else { throw SampanError.couponCodeUnknown }
            claim.code = place.index
        }
        if let token = try request.optionalText("link") {
            guard store.links.accepts(token, batch: id, channel: claim.channel) else { throw SampanError.couponLinkInvalid }
            claim.hasLink = true
        }
        if let invitation = try request.optionalText("invitation") {
            claim.inviter = try await inviter(invitation, definition, store, context)
        }
    }

    /// Whether a claim says more than what memory alone can check.
    static func needsProving(_ request: JSONObject) -> Bool { request["code"] != nil || request["link"] != nil || request["invitation"] != nil }

    private func inviter(
        _ invitation: String, _ definition: BatchDefinition, _ store: EnvironmentCoupons, _ context: CallContext
    ) async throws -> LedgerCommand.Inviter {
        let found = try await guess(context) { () -> Coupon? in
            guard let number = store.invitations.number(invitation), let coupon = try await self.newest(number, store) else { return nil }
            return coupon.account == .voided ? nil : coupon
        }
        guard let coupon = found else { throw SampanError.couponInvitationInvalid }
        var reward: Int64?
        if let id = definition.inviterReward { reward = try await store.batchNumber(id) }
        return LedgerCommand.Inviter(coupon: coupon.number, user: coupon.user, reward: reward)
    }

    /// Which code a text is.
    func place(ofCode text: String, _ store: EnvironmentCoupons, _ context: CallContext) async throws -> GeneratedCodes.Place {
        let text = text.trimmingCharacters(in: .whitespaces)
        let found = try await guess(context) { () -> GeneratedCodes.Place? in
            if let place = store.codes.place(text), let batch = try await store.ledger({ $0.batch(place.batch) }),
                case .generated(let count) = batch.definition.codes, place.index < count
            {
                return place
            }
            return CodeUploader.isCode(text) ? try await self.uploadedPlace(text, store) : nil
        }
        guard let found else { throw SampanError.couponCodeUnknown }
        return found
    }

    /// Where an uploaded code is that is in force: what an upload under way has brought is not.
    func uploadedPlace(_ code: String, _ store: EnvironmentCoupons) async throws -> GeneratedCodes.Place? {
        let found = try await reading(store) { try $0.places(ofCodes: [code])[code] }
        guard let place = found, let batch = try await store.ledger({ $0.batch(place.batch) }), place.index < batch.codes else { return nil }
        return place
    }

    // MARK: Guessing

    /// Looks for what somebody has typed or been given; whoever is wrong too often has to wait.
    ///
    /// Counted before it is looked for, so that many at once are not all the first. Only users guess; the shop's own functions and keys make mistakes.
    private func guess<Found>(_ context: CallContext, _ find: () async throws -> Found?) async throws -> Found? {
        guard context.caller.isClient, let user = context.caller.user else { return try await find() }
        let (name, address) = ("\(context.environment) \(user.openid)", context.clientIP)
        let wait: Int64? = guesses.withLock { guesses in
            let wait = guesses.wait(name: name, address: address, now: clock.now())
            if wait == nil { guesses.failed(name: name, address: address, now: clock.now()) }
            return wait
        }
        if let wait { throw SampanError.couponGuesses(seconds: Int((wait + 999) / 1000)) }
        do {
            let found = try await find()
            if found != nil { guesses.withLock { $0.excuse(name: name, address: address) } }
            return found
        } catch {
            guesses.withLock { $0.excuse(name: name, address: address) }
            throw error
        }
    }
}

extension Coupons {
    /// The invitation that a user who has a coupon of a batch can give to others: `{"invitation":"inv-…","invited":3}`.
    public func invitation(_ batch: String, _ request: JSONObject, _ context: CallContext) async throws -> JSON {
        try request.refuseUnknown(["user"], in: "invitation's request")
        let user = try CouponRequest.user(request, context)
        let store = try store(context.environment)
        let found = try await found(batch, store)
        let mine = try await couponsOf(user, store).filter { $0.1.number == found.number }.map(\.0.number)
        guard let oldest = mine.min() else { throw SampanError.couponNeededToInvite }
        // Counted in the tables, which follow within a second where there is no rush.
        let invited = try await readingAside(store) { try $0.invited(by: oldest) }
        return ["invitation": .string(store.invitations.id(oldest)), "invited": .int(invited)]
    }

    /// What a link of the shop to a batch carries: `{"batch":"cpb-…","channel":"…","link":"…"}`.
    /// - Parameter channel: where the link will be shown; claims that come by it count for that channel.
    public func link(_ batch: String, channel: String, _ environment: EnvironmentID) async throws -> JSON {
        let store = try store(environment)
        let found = try await found(batch, store)
        guard channel.utf8.count <= 128, channel.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) else {
            throw SampanError.badMember("channel", Localized("at most 128 bytes without control characters", zh: "不超过 128 字节且不含控制字符"))
        }
        let token = store.links.token(batch: found.id, channel: channel)
        // As a page of a mini program gets it: my.query, options.
        var query = URLComponents()
        query.queryItems =
            [URLQueryItem(name: "batch", value: found.id)] + (channel.isEmpty ? [] : [URLQueryItem(name: "channel", value: channel)])
            + [URLQueryItem(name: "link", value: token)]
        return [
            "batch": .string(found.id), "channel": .string(channel), "link": .string(token),
            "query": .string(query.percentEncodedQuery ?? ""),
        ]
    }
}
