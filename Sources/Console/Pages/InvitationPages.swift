internal import HTTPSupport
internal import Hummingbird
internal import Kernel
internal import Tenancy

/// `/console/invitation`: somebody who was invited takes the role, with the account that they have or with a new one.
struct InvitationPages: Sendable {
    let frame: ConsoleFrame
    let tenancy: Tenancy

    func show(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let visit = Visit(request, context)
        do {
            return try page(visit, token: request.queryText("token") ?? "")
        } catch {
            return frame.failure(error, visit)
        }
    }

    func accept(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let visit = Visit(request, context)
        do {
            let form = try await Form(request)
            try form.requireToken(of: visit)
            do {
                if let account = try account(visit) {
                    _ = try await tenancy.organizations.accept(token: form["token"], as: account)
                    return ConsoleFrame.redirect("/console")
                }
                let (account, _) = try await tenancy.organizations.accept(token: form["token"], name: form["name"], password: form["password"])
                try await tenancy.record("invitation-accepted", by: account, context)
                let (token, _) = try await tenancy.accounts.signIn(
                    email: account.email, password: form["password"], code: nil, Accounts.Client(request, context))
                return SignInPages(frame: frame, tenancy: tenancy).entered(token, next: "/console", visit)
            } catch let error as SampanError where error.status < 500 {
                return try page(visit, token: form["token"], name: form["name"], refusal: error)
            }
        } catch {
            return frame.failure(error, visit)
        }
    }

    private func account(_ visit: Visit) throws -> Account? {
        guard case .account(let id)? = visit.context.principal?.kind, visit.session != nil else { return nil }
        return try tenancy.accounts.find(id)
    }

    private func page(_ visit: Visit, token: String, name: String = "", refusal: SampanError? = nil) throws -> Response {
        guard let (invitation, organization) = try tenancy.organizations.invitation(token: token) else { throw SampanError.invitationOver }
        var model: JSONObject = [
            "token": .string(token), "organizationName": .string(organization.name), "email": .string(invitation.email), "name": .string(name),
            "roleName": .string(Catalogue.phrase("role-\(invitation.role.rawValue)", visit.language)),
            "roleMeaning": .string(Catalogue.phrase("roleMeaning-\(invitation.role.rawValue)", visit.language)), "invitedBy": .string(invitation.invitedBy),
            "hasAccount": .bool(try account(visit) != nil),
        ]
        if let refusal { model["refusal"] = .string("\(refusal.detail[visit.language]) \(refusal.remedy[visit.language])") }
        return frame.draw(
            Page(
                template: "invitation", title: Catalogue.phrase("invitationTitle", visit.language), model: model,
                status: .init(code: refusal?.status ?? 200)), visit)
    }
}

extension SampanError {
    fileprivate static let invitationOver = notFound(
        "INVITATION_NOT_FOUND", Localized("This invitation was accepted, taken back, or is too old.", zh: "该邀请已被接受、撤回或已过期。"),
        remedy: Localized("Ask whoever invited you for a new one.", zh: "请联系邀请人重新发送。"))
}
