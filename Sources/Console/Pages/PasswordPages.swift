internal import HTTPSupport
internal import Hummingbird
internal import Kernel
internal import Tenancy

/// `/console/password`: a link by mail for who forgot the password, and the new password that such a link sets.
struct PasswordPages: Sendable {
    let frame: ConsoleFrame
    let tenancy: Tenancy

    func show(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        draw(Visit(request, context), ["token": .string(request.queryText("token") ?? "")])
    }

    /// Mails a link; what is answered does not tell whether there is such an account.
    func ask(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try await answer(request, context) { visit, form in
            try await tenancy.accounts.requestReset(email: form["email"], language: visit.language, Accounts.Client(request, context))
            return draw(visit, ["isSent": true])
        }
    }

    func set(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try await answer(request, context) { visit, form in
            let account = try await tenancy.accounts.completeReset(token: form["token"], password: form["password"])
            try await tenancy.record("password-reset", by: account, context)
            return draw(visit, ["isSet": true, "email": .string(account.email)])
        }
    }

    /// A form that is refused is shown again with the reason.
    private func answer(
        _ request: Request, _ context: SampanRequestContext, _ body: (Visit, Form) async throws -> Response
    ) async throws -> Response {
        let visit = Visit(request, context)
        do {
            let form = try await Form(request)
            try form.requireToken(of: visit)
            do {
                return try await body(visit, form)
            } catch let error as SampanError where error.status < 500 || error.status == 501 {
                let refusal = "\(error.detail[visit.language]) \(error.remedy[visit.language])"
                return draw(visit, ["token": .string(form["token"]), "email": .string(form["email"]), "refusal": .string(refusal)], status: error.status)
            }
        } catch {
            return frame.failure(error, visit)
        }
    }

    private func draw(_ visit: Visit, _ model: JSONObject, status: Int = 200) -> Response {
        var model = model
        if model["token"]?.stringValue?.isEmpty ?? true { model["token"] = nil }
        model["isAsked"] = .bool(model["isSent"] == nil && model["isSet"] == nil)
        return frame.draw(
            Page(template: "password", title: Catalogue.phrase("forgotPassword", visit.language), model: model, status: .init(code: status)), visit)
    }
}
