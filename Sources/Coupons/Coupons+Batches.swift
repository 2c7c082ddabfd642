internal import HTTPSupport
public import Kernel

extension Coupons {
    private static let batchesMax = 10_000

    /// Makes a batch, as a draft.
    public func makeBatch(_ request: JSONObject, _ environment: EnvironmentID) async throws -> JSON {
        let definition = try BatchDefinition(request)
        let store = try store(environment)
        try await checkReward(definition, store)
        try await requireRoom(store)
        let id = "cpb-" + RandomText.make(10, alphabet: RandomText.readable)
        AuditNote.changed("coupon batch \(id)")
        return try await change(
            LedgerCommand.BatchChange(batch: nil, change: { batch throws(LedgerRefusal) in batch }, new: (id, definition)), store, environment)
    }

    func requireRoom(_ store: EnvironmentCoupons) async throws {
        guard try await store.ledger({ $0.batches.count }) < Self.batchesMax else {
            throw SampanError(
                "LIMIT_EXCEEDED", status: 422, Localized("An environment has at most \(Self.batchesMax) batches.", zh: "每个环境至多 \(Self.batchesMax) 个券批次。"),
                remedy: Localized("Use another environment.", zh: "请使用其他环境。"))
        }
    }

    /// All batches, the newest first.
    public func batches(_ environment: EnvironmentID) async throws -> JSON {
        let batches = try await store(environment).ledger { $0.batches }
        return ["batches": .array(batches.reversed().map(shown))]
    }

    /// One batch.
    public func batch(_ id: String, _ environment: EnvironmentID) async throws -> JSON { shown(try await found(id, store(environment))) }

    /// Changes a batch: a draft as one likes, later only what takes nothing from anybody.
    public func changeBatch(_ id: String, _ request: JSONObject, _ environment: EnvironmentID) async throws -> JSON {
        let store = try store(environment)
        let batch = try await found(id, store)
        var merged = batch.definition.json.objectValue ?? [:]
        var request = request
        let revision = try request.optionalInt("revision", in: 1...Int.max).map(Int64.init)
        request["revision"] = nil
        for (name, value) in request { merged[name] = value.isNull ? nil : value }
        let definition = try BatchDefinition(merged)
        try await checkReward(definition, store)
        let change = LedgerCommand.BatchChange(batch: batch.number, revision: revision ?? batch.revision) { batch throws(LedgerRefusal) in
            try batch.changed(to: definition)
        }
        let (was, becomes) = Self.differing(batch.definition.json, definition.json)
        AuditNote.changed("coupon batch \(id)", from: was, to: becomes)
        return try await self.change(change, store, environment)
    }

    /// The members that two definitions have not in common.
    private static func differing(_ one: JSON, _ other: JSON) -> (JSON, JSON) {
        func only(_ json: JSON, _ than: JSON) -> JSON {
            .object(JSONObject((json.objectValue ?? [:]).filter { than[$0.key] != $0.value }.map { ($0.key, $0.value) }))
        }
        return (only(one, other), only(other, one))
    }

    /// Takes a batch a step further: `submit`, `approve`, `reject`, `pause`, `resume`, `stop`.
    /// - Parameters:
    ///   - person: who does it.
    ///   - needsSecond: whether somebody else could approve, so that whoever submitted it cannot.
    public func step(_ step: BatchStep, _ id: String, by person: String, needsSecond: Bool, _ environment: EnvironmentID) async throws -> JSON {
        let store = try store(environment)
        let batch = try await found(id, store)
        AuditNote.changed("coupon batch \(id)")
        return try await change(
            LedgerCommand.BatchChange(batch: batch.number) { batch throws(LedgerRefusal) in try batch.stepped(step, by: person, needsSecond: needsSecond) },
            store, environment)
    }

    private func checkReward(_ definition: BatchDefinition, _ store: EnvironmentCoupons) async throws {
        guard let reward = definition.inviterReward else { return }
        guard try await store.batchNumber(reward) != nil else {
            throw SampanError.badMember("invitation.reward", Localized("the id of a batch", zh: "券批次编号"))
        }
    }

    private func change(_ change: LedgerCommand.BatchChange, _ store: EnvironmentCoupons, _ environment: EnvironmentID) async throws -> JSON {
        try answer(try await submit(.batch(bounded(change, environment)), store), store)
    }

    /// A change that does not go beyond the environment's quota.
    func bounded(_ change: LedgerCommand.BatchChange, _ environment: EnvironmentID) -> LedgerCommand.BatchChange {
        var change = change
        change.stockMax = quotas.quotas(of: environment)[.coupons]
        return change
    }

    func found(_ id: String, _ store: EnvironmentCoupons) async throws -> Batch {
        guard let batch = try await store.ledger({ $0.batch(id: id) }) else { throw SampanError.noCouponBatch }
        return batch
    }

    // MARK: For users

    /// The batches that users can see: those that can be claimed now or soon, and what the user has of them.
    public func offers(_ user: String, _ environment: EnvironmentID) async throws -> JSON {
        let store = try store(environment)
        let now = clock.now()
        let batches = try await store.ledger { $0.batches.filter { $0.isOffered(at: now) } }
        let mine = try await couponsOf(user, store)
        return ["batches": .array(batches.reversed().map { batch in offered(batch, mine.filter { $0.0.batch == batch.number }.count, now: now) })]
    }

    /// One batch as a user sees it.
    public func offer(_ id: String, to user: String, _ environment: EnvironmentID) async throws -> JSON {
        let store = try store(environment)
        let batch = try await found(id, store)
        guard batch.status != .draft, batch.status != .submitted else { throw SampanError.noCouponBatch }
        let mine = try await couponsOf(user, store).filter { $0.0.batch == batch.number }.count
        return offered(batch, mine, now: clock.now())
    }

    private func offered(_ batch: Batch, _ mine: Int, now: Int64) -> JSON {
        let definition = batch.definition
        let status: String =
            switch LedgerCommand.Claim(batch: batch.number, user: "").refusal(batch, now: now) {
            case nil, .proofNeeded: batch.available > 0 ? "open" : "soldOut"
            case .notYetOpen: "soon"
            case .paused: "paused"
            case .closed, .stopped: "closed"
            default: "open"
            }
        var json: JSONObject = [
            "id": .string(batch.id), "name": .string(definition.name), "description": .string(definition.description), "value": definition.terms.value.json,
            "minimumSpend": .int(definition.terms.minimumSpend), "status": .string(status), "opensAt": .int(definition.opensAt),
            "closesAt": .int(definition.closesAt), "validity": definition.validity.json, "stock": .int(definition.stock), "left": .int(batch.available),
            "mine": .int(Int64(mine)), "now": .int(now),
        ]
        json["limits"] = definition.limits.json
        if definition.terms.scope != CouponScope() { json["scope"] = definition.terms.scope.json }
        if definition.useTimes != UseTimes() { json["useTimes"] = definition.useTimes.json }
        if let proof = definition.proof { json["needs"] = .string(proof.rawValue) }
        return .object(json)
    }
}

/// A step of a batch towards its users, or away from them.
public enum BatchStep: String, Sendable, CaseIterable {
    case submit, approve, reject, pause, resume, stop
}

extension LedgerCommand.Claim {
    func refusal(_ batch: Batch, now: Int64) -> LedgerRefusal? { Ledger.closedFor(self, batch, now: now) }
}

extension BatchDefinition {
    /// Whether codes that were given away stay good: there may be more of them.
    func keepsCodes(of old: BatchDefinition) -> Bool {
        switch (old.codes, codes) {
        case (.generated(let before), .generated(let after)): after >= before
        default: codes == old.codes
        }
    }
}

extension Batch {
    /// Whether users see it: not long over, and not by being told its id only.
    func isOffered(at now: Int64) -> Bool {
        (status == .published || status == .paused) && definition.isPublic && now < definition.closesAt
    }

    /// The batch with another definition.
    func changed(to new: BatchDefinition) throws(LedgerRefusal) -> Batch {
        var batch = self
        batch.definition = new
        switch status {
        case .draft: return batch
        case .stopped: throw .wrongStatus(.stopped)
        // What somebody approves is what somebody else submitted: whoever changes it submits it again.
        case .submitted: throw .wrongStatus(.submitted)
        case .published, .paused: break
        }
        // What people were promised stays; there may be more of it, and it may be told in other words.
        let old = definition
        if new.terms != old.terms { throw .unchangeable("value, minimumSpend, scope, stacking") }
        if new.validity != old.validity || new.useTimes != old.useTimes || new.zone != old.zone { throw .unchangeable("validity, useTimes, timeZone") }
        if new.limits != old.limits || new.returnsOnRefund != old.returnsOnRefund {
            throw .unchangeable("limits, returnsOnRefund")
        }
        if new.proof != old.proof || new.inviterReward != old.inviterReward || !new.keepsCodes(of: old) {
            throw .unchangeable("claim.needs, codes, invitation")
        }
        if new.stock < claimed { throw .stockBelowClaimed(claimed) }
        if let budget = new.budget, budget < accounts.reserved { throw .unchangeable("budget") }
        return batch
    }

    /// The batch after a step.
    func stepped(_ step: BatchStep, by person: String, needsSecond: Bool) throws(LedgerRefusal) -> Batch {
        var batch = self
        switch (step, status) {
        case (.submit, .draft):
            batch.status = .submitted
            batch.submittedBy = person
        case (.reject, .submitted):
            batch.status = .draft
            batch.submittedBy = ""
        case (.approve, .submitted):
            guard Self.mayApprove(person, submittedBy: submittedBy, needsSecond: needsSecond) else { throw .needsSecondPerson }
            batch.status = .published
            batch.approvedBy = person
        case (.pause, .published): batch.status = .paused
        case (.resume, .paused): batch.status = .published
        case (.stop, .published), (.stop, .paused): batch.status = .stopped
        default: throw .wrongStatus(status)
        }
        return batch
    }
}
