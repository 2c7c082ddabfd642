internal import Coupons
internal import HTTPSupport
internal import Kernel
internal import NIOCore
internal import Tenancy

/// `/console/env/{env}/coupons/batches/{batch}`: one batch as it lives, what it may cost, who did what, and its next step.
struct CouponBatchPage: Sendable {
    private static let auditShown: Int64 = 20

    let tenancy: Tenancy
    let coupons: Coupons
    let approval: BatchApproval

    var pages: [ConsolePage] {
        [
            .show("batches/:batch", needs: .couponsRead, show), step(.submit, needs: .couponsManage),
            step(.approve, needs: .couponsApprove, asks: "confirmApprove"), step(.reject, needs: .couponsApprove),
            step(.pause, needs: .couponsManage, asks: "confirmPause"), step(.resume, needs: .couponsManage, asks: "confirmResume"),
            step(.stop, needs: .couponsManage, asks: "confirmStop"),
            .act("batches/:batch/stock", needs: .couponsManage, back: path, addStock),
            .act("batches/:batch/budget", needs: .couponsManage, back: path, addBudget),
            .act("batches/:batch/codes", needs: .couponsManage, back: path, addCodes),
        ]
    }

    @Sendable private func path(_ visit: Visit) throws -> String { Address.environment(try visit.environment(), "coupons", "batches", try visit.name("batch")) }

    // MARK: What can be done

    private func step(_ step: BatchStep, needs permission: Permission, asks question: String? = nil) -> ConsolePage {
        .act("batches/:batch/\(step.rawValue)", needs: permission, asks: question, back: path) { visit, _ in
            _ = try await approval.take(step, visit.name("batch"), by: visit.context.requirePrincipal(), visit.environment())
            return .go(try path(visit), Flash(Phrases.batchStepped(step)))
        }
    }

    private func addStock(_ visit: Visit, _ form: Form) async throws -> Outcome {
        let most = BatchDefinition.stockMax
        guard let count = Int64(form["count"].filter { $0 != "," && !$0.isWhitespace }), (1...most).contains(count) else {
            throw SampanError.badField("moreStock", Phrases.wrongNumber(1...most))
        }
        try await add(visit) { batch in ["stock": .int((batch["stock"]?.intValue ?? 0) + count)] }
        return .go(try path(visit), Flash(Phrases.stockAdded(count)))
    }

    private func addBudget(_ visit: Visit, _ form: Form) async throws -> Outcome {
        guard let sum = Yuan.fen(form["sum"]), sum > 0 else { throw SampanError.badField("moreBudget", Phrases.wrongMoney) }
        try await add(visit) { batch in ["budget": .int((batch["budget"]?.intValue ?? 0) + sum)] }
        return .go(try path(visit), Flash(Phrases.budgetAdded(sum)))
    }

    /// Codes that somebody has pasted, one a line.
    private func addCodes(_ visit: Visit, _ form: Form) async throws -> Outcome {
        let (pasted, feed) = AsyncThrowingStream<ByteBuffer, any Error>.makeStream()
        feed.yield(ByteBuffer(string: form["codes"]))
        feed.finish()
        let before = try await coupons.codes(of: visit.name("batch"), visit.environment())["count"]?.intValue ?? 0
        let after = try await coupons.uploadCodes(to: visit.name("batch"), pasted, skips: form["skip"] == "true", visit.environment())
        return .go("\(try path(visit))#codes", Flash(Phrases.codesAdded((after["count"]?.intValue ?? 0) - before)))
    }

    /// Adds to what there is, not to what somebody else made of it meanwhile.
    private func add(_ visit: Visit, _ change: (JSON) -> JSONObject) async throws {
        let batch = try await coupons.batch(visit.name("batch"), visit.environment())
        var request = change(batch)
        request["revision"] = batch["revision"]
        _ = try await coupons.changeBatch(visit.name("batch"), request, visit.environment())
    }

    // MARK: What is shown

    private func show(_ visit: Visit) async throws -> Page {
        let environment = try tenancy.environment(visit.environment())
        let batch = try await coupons.batch(visit.name("batch"), environment.id)
        let definition = try BatchDefinition(ofShown: batch)
        let language = visit.language
        var model = environment.shown(language)
        model.merge(CouponWords.shown(batch, now: WallClock.system.now(), language))
        model["path"] = .string(try path(visit))
        model["couponsPath"] = .string(Address.environment(environment.id, "coupons"))
        model["live"] = .object(CouponLive.model(batch, language))
        model.merge(steps(batch, visit))
        let page = Page(
            template: "coupon-batch", title: batch["name"]?.stringValue ?? "", model: model, scripts: CouponLive.isLive(batch) ? ["live.js"] : [])
        // Asked for every few seconds: what does not live is not made for that.
        return visit.part == "live" ? page : try await whole(page, batch, definition, environment, visit)
    }

    private func whole(
        _ page: Page, _ batch: JSON, _ definition: BatchDefinition, _ environment: Environment, _ visit: Visit
    ) async throws -> Page {
        var (page, model) = (page, page.model)
        model["facts"] = .array(CouponWords.facts(definition, visit.language))
        model.merge(try approvals(batch, visit))
        if batch["status"] == "draft" || batch["status"] == "submitted" { model.merge(estimate(definition, visit)) }
        if let sharing = try await CouponSharing(tenancy: tenancy, coupons: coupons).model(batch, environment, visit) { model["sharing"] = .object(sharing) }
        model["codes"] = try await codes(batch, visit)
        model["exports"] = .string("\(Address.api(environment.id))/coupons")
        model.merge(try history(batch, environment, visit))
        page.model = model
        return page
    }

    /// What the visitor may do next.
    private func steps(_ batch: JSON, _ visit: Visit) -> JSONObject {
        let (status, mayManage) = (batch["status"]?.stringValue ?? "", visit.may(.couponsManage))
        let isOut = status == "published" || status == "paused"
        return [
            "mayEdit": .bool(mayManage && (status == "draft" || isOut)), "maySubmit": .bool(mayManage && status == "draft"),
            "mayPause": .bool(mayManage && status == "published"), "mayResume": .bool(mayManage && status == "paused"),
            "mayStop": .bool(mayManage && isOut), "mayAdd": .bool(mayManage && isOut), "mayAddBudget": .bool(mayManage && isOut && batch["budget"] != nil),
            "mayCopy": .bool(mayManage), "isDraft": .bool(status == "draft"), "isOut": .bool(isOut || status == "stopped"),
        ]
    }

    /// Who submitted and approved it, and what the visitor can do about that.
    private func approvals(_ batch: JSON, _ visit: Visit) throws -> JSONObject {
        let (submitter, approver) = (batch["submittedBy"]?.stringValue ?? "", batch["approvedBy"]?.stringValue ?? "")
        guard !submitter.isEmpty else { return [:] }
        let name = person(submitter, visit.language)
        guard batch["status"] == "submitted" else {
            return approver.isEmpty ? [:] : ["whoDid": .string(Phrases.approvedBy(person(approver, visit.language), submittedBy: name)[visit.language])]
        }
        var model: JSONObject = ["isSubmitted": true, "whoSubmitted": .string(Phrases.submittedBy(name)[visit.language])]
        guard visit.may(.couponsApprove) else {
            model["waits"] = .string(Catalogue.phrase("waitsForApprover", visit.language))
            return model
        }
        switch try approval.standing(of: visit.context.requirePrincipal(), submittedBy: submitter, visit.environment()) {
        case .mayApprove: model["mayApprove"] = .string(Catalogue.phrase("yoursToApprove", visit.language))
        case .mayApproveAlone: model["mayApprove"] = .string(Catalogue.phrase("approveAlone", visit.language))
        case .waitsForOther: model["waits"] = .string(Catalogue.phrase("waitsForOther", visit.language))
        }
        return model
    }

    /// The name of whom the ledger knows by an id.
    private func person(_ text: String, _ language: Language) -> String {
        let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return Catalogue.phrase("operatorWithKey", language) }
        if parts[0] == "account", let id = AccountID(parts[1]), let account = try? tenancy.accounts.find(id) { return account.name }
        return parts[0] == "key" ? "\(Catalogue.phrase("keyOf", language)) \(parts[1])" : parts[1]
    }

    private func estimate(_ definition: BatchDefinition, _ visit: Visit) -> JSONObject {
        var form = CouponForm(definition)
        let names = ["assumeClaimed", "assumeRedeemed", "assumeMargin", "assumePiece"] + (0..<CouponForm.orderRows).flatMap { ["order\($0)", "share\($0)"] }
        form.fill(Dictionary(uniqueKeysWithValues: names.map { ($0, visit.query($0) ?? "") }))
        form.assumeTheUsual()
        let found = form.assumptions(for: definition).map { CouponEstimateView.model(definition, $0, visit.language) }
        let shown = form.model(visit.language)
        let problems = form.problemList(visit.language)
        return [
            "showsEstimate": true, "estimate": found.map { .object($0) } ?? .null, "f": shown["f"] ?? .null, "hasOrders": shown["hasOrders"] ?? false,
            "problems": .array(problems), "lacksForEstimate": .bool(!problems.isEmpty),
        ]
    }

    /// The codes of a batch that has any: how many, and where they are got or brought.
    private func codes(_ batch: JSON, _ visit: Visit) async throws -> JSON? {
        guard batch["codes"] != nil, batch["status"] != "stopped" else { return nil }
        let codes = try await coupons.codes(of: visit.name("batch"), visit.environment())
        let (count, used, isUploaded) = (codes["count"]?.intValue ?? 0, codes["used"]?.intValue ?? 0, codes["source"] == "uploaded")
        return [
            "text": .string(Phrases.codesOf(count, used: used, isUploaded: isUploaded)[visit.language]),
            "mayUpload": .bool(isUploaded && visit.may(.couponsManage)), "mayDownload": .bool(!isUploaded && visit.may(.couponsIssue)),
        ]
    }

    /// What was done with the batch, for those who may read the audit log.
    private func history(_ batch: JSON, _ environment: Environment, _ visit: Visit) throws -> JSONObject {
        guard visit.may(.auditRead) else { return [:] }
        var query = AuditLog.Query()
        query.environment = environment.id
        query.target = "coupon batch \(batch["id"]?.stringValue ?? "")"
        query.limit = Self.auditShown
        let entries = try tenancy.audit.entries(of: environment.organization, query)
        return ["hasHistory": .bool(!entries.isEmpty), "history": .array(entries.map { CouponHistory.entry($0, visit.language) })]
    }
}

/// What the audit log has of a batch, in words.
private enum CouponHistory {
    private static let steps = Set(BatchStep.allCases.map(\.rawValue))

    static func entry(_ entry: JSON, _ language: Language) -> JSON {
        var shown: JSONObject = [
            "did": .string(Catalogue.phrase("batchDid-\(did(entry["action"]?.stringValue ?? ""))", language)), "actorName": entry["actor"]?["name"] ?? "",
            "at": Showing.time(entry["at"]?.intValue ?? 0),
        ]
        for (member, name) in [("before", "was"), ("after", "became")] {
            if let value = entry[member], !value.isNull { shown[name] = .string(value.forReading) }
        }
        shown["hasDetails"] = .bool(shown["was"] != nil || shown["became"] != nil)
        return .object(shown)
    }

    /// The address of the console or of the management API ends with what was done.
    private static func did(_ action: String) -> String {
        let last = action.split(separator: "/").last.map(String.init) ?? ""
        if steps.contains(last) || last == "codes" { return last }
        return last == "new" || last == "batches" ? "make" : "change"
    }
}

extension SampanError {
    /// 400 for a field of a form, named by its phrase.
    static func badField(_ label: String, _ problem: Localized) -> SampanError {
        badRequest(
            "BAD_MEMBER", Localized("\(Catalogue.phrase(label, .en)): \(problem.en)", zh: "\(Catalogue.phrase(label, .zh))：\(problem.zh)"),
            remedy: Localized("Nothing was changed.", zh: "未做任何更改。"))
    }
}
