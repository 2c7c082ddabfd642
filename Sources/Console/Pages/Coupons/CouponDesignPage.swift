internal import Coupons
internal import HTTPSupport
internal import HTTPTypes
internal import Kernel
internal import Tenancy

/// `/console/env/{env}/coupons/new` and `…/batches/{batch}/edit`: one form for a new draft and for a draft that is there, with what it may cost;
/// for what was published the few things that may still change.
struct CouponDesignPage: Sendable {
    let tenancy: Tenancy
    let coupons: Coupons

    var pages: [ConsolePage] {
        [
            .show("new", needs: .couponsManage, showNew), .act("new", needs: .couponsManage, back: path, make),
            .show("batches/:batch/edit", needs: .couponsManage, showEdit), .act("batches/:batch/edit", needs: .couponsManage, back: path, change),
        ]
    }

    @Sendable private func path(_ visit: Visit) throws -> String { Address.environment(try visit.environment(), "coupons") }

    // MARK: A new one

    private func showNew(_ visit: Visit) async throws -> Page {
        var form = CouponForm.new(now: WallClock.system.now())
        // A copy begins as the batch that it is a copy of.
        if let copied = visit.query("copy") {
            form = CouponForm(try BatchDefinition(ofShown: await coupons.batch(copied, visit.environment())))
        }
        return try await page(form, visit)
    }

    private func make(_ visit: Visit, _ sent: Form) async throws -> Outcome {
        var form = CouponForm(fields: sent.fields)
        if sent["do"] == "estimate" { return .draw(try await page(form, visit, estimates: true)) }
        guard let definition = form.definition() else { return .draw(try await page(form, visit)) }
        let batch = try await coupons.makeBatch(definition.request, visit.environment())
        return .go("\(try path(visit))/batches/\(batch["id"]?.stringValue ?? "")", Flash(Phrases.batchSaved))
    }

    // MARK: One that is there

    private func showEdit(_ visit: Visit) async throws -> Page {
        let batch = try await coupons.batch(visit.name("batch"), visit.environment())
        var form = CouponForm(try BatchDefinition(ofShown: batch))
        form.fill(["revision": batch["revision"]?.text ?? ""])
        return try await page(form, visit, of: batch)
    }

    private func change(_ visit: Visit, _ sent: Form) async throws -> Outcome {
        let (id, environment) = (try visit.name("batch"), try visit.environment())
        let batch = try await coupons.batch(id, environment)
        var form = CouponForm(fields: sent.fields)
        if sent["do"] == "estimate" { return .draw(try await page(form, visit, of: batch, estimates: true)) }
        guard var request = batch["status"] == "draft" ? form.definition()?.request : form.laterChange() else {
            return .draw(try await page(form, visit, of: batch))
        }
        // What somebody else has changed since the form was drawn is not written over.
        if let revision = Int64(sent["revision"]) { request["revision"] = .int(revision) }
        do {
            _ = try await coupons.changeBatch(id, request, environment)
        } catch let error where SampanError(reporting: error).status < 500 {
            form.note(error)
            return .draw(try await page(form, visit, of: batch))
        }
        return .go("\(try path(visit))/batches/\(id)", Flash(batch["status"] == "draft" ? Phrases.batchSaved : Phrases.batchChanged))
    }

    // MARK: What is shown

    /// The batches of which whoever invites somebody may get a coupon.
    private func rewards(_ chosen: String, besides own: String?, _ visit: Visit) async throws -> JSON {
        let batches = try await coupons.batches(visit.environment())["batches"]?.arrayValue ?? []
        return .array(
            batches.filter { $0["status"] != "stopped" && $0["id"]?.stringValue != own }.map { batch in
                ["value": batch["id"] ?? "", "label": batch["name"] ?? "", "isChosen": .bool(batch["id"]?.stringValue == chosen)]
            })
    }

    private func page(_ typed: CouponForm, _ visit: Visit, of batch: JSON? = nil, estimates: Bool = false) async throws -> Page {
        var form = typed
        let language = visit.language
        form.assumeTheUsual()
        let estimate = estimates ? self.estimate(&form, language) : nil
        var model = try tenancy.environment(visit.environment()).shown(language)
        model.merge(form.model(language))
        let problems = form.problemList(language)
        model["problems"] = .array(problems)
        // Beside the button that was pressed.
        model[estimates ? "lacksForEstimate" : "hasProblems"] = .bool(!problems.isEmpty)
        model["estimate"] = estimate.map { .object($0) }
        model["path"] = .string(visit.path)
        model["backPath"] = .string(try batch.map { "\(try path(visit))/batches/\($0["id"]?.stringValue ?? "")" } ?? path(visit))
        model["hasProof"] = .bool(!form["needs"].isEmpty || form.isOn("ownCodes"))
        model["rewards"] = try await rewards(form["reward"], besides: batch?["id"]?.stringValue, visit)
        let isLater = batch.map { $0["status"] != "draft" } ?? false
        model["isNew"] = .bool(batch == nil)
        model["hasBudget"] = .bool(batch?["budget"] != nil || !isLater)
        let title = Catalogue.phrase(batch == nil ? "newBatch" : "changeBatch", language)
        model["heading"] = .string(title)
        let crumbs = try batch.map { [("\(try path(visit))/batches/\($0["id"]?.stringValue ?? "")", $0["name"]?.stringValue ?? "")] } ?? []
        return Page(
            template: isLater ? "coupon-change" : "coupon-design", title: title, model: model, crumbs: crumbs,
            // A page of the estimate is exchanged in place, which a refusal would not be.
            status: problems.isEmpty || estimates ? .ok : .unprocessableContent)
    }

    private func estimate(_ form: inout CouponForm, _ language: Language) -> JSONObject? {
        guard let definition = form.definition(), let assumptions = form.assumptions(for: definition) else { return nil }
        return CouponEstimateView.model(definition, assumptions, language)
    }
}

extension BatchDefinition {
    /// As the management API takes it.
    fileprivate var request: JSONObject { json.objectValue ?? [:] }
}
