internal import HTTPSupport
internal import HTTPTypes
internal import Hummingbird
internal import Kernel
internal import Tenancy

/// Coming in, going out, language and theme: what needs no session.
struct SignInPages: Sendable {
    private static let sessionSeconds = 30 * 86_400
    private static let choiceSeconds = 365 * 86_400

    let frame: ConsoleFrame
    let tenancy: Tenancy

    /// The form, or the sign-in itself when the address brings a token.
    func show(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let visit = Visit(request, context)
        let next = Self.safe(request.queryText("next") ?? "")
        guard let token = request.queryText("token") else { return form(visit, next: next) }
        // The link was used, and whoever follows it again is already in.
        if visit.session != nil { return ConsoleFrame.redirect(next) }
        return try await enter(with: token, failure: .link, next: next, visit)
    }

    /// Takes the form: email and password, or the operator's key or a token.
    func signIn(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let visit = Visit(request, context)
        let form: Form
        do {
            // Another site must not sign a visitor in as somebody else.
            guard request.headers[.fetchSite] != "cross-site" else { throw SampanError.formOutdated }
            form = try await Form(request)
        } catch {
            return frame.failure(error, visit)
        }
        if let email = form.text("email") { return try await enter(email, form, visit) }
        let key = form["key"].split(whereSeparator: \.isWhitespace).joined()
        return try await enter(with: key, failure: .key, next: Self.safe(form["next"]), visit)
    }

    /// Ends the session.
    func signOut(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let visit = Visit(request, context)
        do {
            try await Form(request).requireToken(of: visit)
        } catch {
            return frame.failure(error, visit)
        }
        if let session = visit.session { try await tenancy.signOut(session) }
        var response = ConsoleFrame.redirect("/console/sign-in")
        response.setCookie(Self.cookie(Visit.sessionCookie, "", seconds: 0, visit))
        return response
    }

    /// Remembers the language and comes back.
    func chooseLanguage(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try await remember(Visit.languageCookie, request, context) { $0["lang"] == Language.en.tag ? Language.en.tag : Language.zh.tag }
    }

    /// Remembers light or dark and comes back.
    func chooseTheme(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try await remember(Visit.themeCookie, request, context) { (Theme(rawValue: $0["theme"]) ?? .auto).rawValue }
    }

    private func remember(
        _ cookie: String, _ request: Request, _ context: SampanRequestContext, _ choice: (Form) -> String
    ) async throws -> Response {
        let visit = Visit(request, context)
        do {
            let form = try await Form(request)
            try form.requireToken(of: visit)
            var response = ConsoleFrame.redirect(Self.safe(form["back"]))
            response.setCookie(Self.cookie(cookie, choice(form), seconds: Self.choiceSeconds, visit))
            return response
        } catch {
            return frame.failure(error, visit)
        }
    }

    /// Why somebody was not let in.
    private enum Refusal: String {
        case link = "linkRefused"
        case key = "keyRefused"
    }

    private func enter(_ email: String, _ form: Form, _ visit: Visit) async throws -> Response {
        do {
            let client = Accounts.Client(visit.request, visit.context)
            let (session, account) = try await tenancy.accounts.signIn(email: email, password: form["password"], code: form.text("code"), client)
            try await tenancy.record("sign-in", by: account, visit.context)
            return entered(session, next: Self.safe(form["next"]), visit)
        } catch let error as SampanError where error.status < 500 {
            let isCodeMissing = error.code == "SECOND_FACTOR_NEEDED"
            let refusal =
                isCodeMissing
                ? Catalogue.phrase("codeNeeded", visit.language) : "\(error.detail[visit.language]) \(error.remedy[visit.language])"
            return self.form(visit, next: Self.safe(form["next"]), email: email, refusal: refusal, isCodeMissing: isCodeMissing)
        }
    }

    private func enter(with token: String, failure: Refusal, next: String, _ visit: Visit) async throws -> Response {
        guard let session = try await tenancy.signIn(with: token, Accounts.Client(visit.request, visit.context)) else {
            return form(visit, next: next, refusal: Catalogue.phrase(failure.rawValue, visit.language))
        }
        return entered(session, next: next, visit)
    }

    /// Goes on with the session's cookie.
    func entered(_ session: String, next: String, _ visit: Visit) -> Response {
        // Browsers keep a SameSite=Strict cookie back on a redirect that another site's link began; a page of our own begins anew.
        let isForeign = visit.request.headers[.fetchSite] == "cross-site"
        var response =
            isForeign
            ? frame.draw(
                Page(template: "continue", title: Catalogue.phrase("signedIn", visit.language), model: ["next": .string(next)]), visit)
            : ConsoleFrame.redirect(next)
        response.setCookie(Self.cookie(Visit.sessionCookie, session, seconds: Self.sessionSeconds, visit))
        return response
    }

    private func form(_ visit: Visit, next: String, email: String = "", refusal: String? = nil, isCodeMissing: Bool = false) -> Response {
        var model: JSONObject = ["next": .string(next), "email": .string(email), "isReturning": .bool(!email.isEmpty), "needsCode": .bool(isCodeMissing)]
        if let refusal { model["refusal"] = .string(refusal) }
        return frame.draw(
            Page(
                template: "sign-in", title: Catalogue.phrase("signIn", visit.language), model: model,
                status: refusal == nil ? .ok : .unauthorized), visit)
    }

    /// Only our own pages are gone on to.
    private static func safe(_ path: String) -> String {
        let isOurs = path == "/console" || path.hasPrefix("/console/") || path.hasPrefix("/console?")
        let isPlain = path.unicodeScalars.allSatisfy { $0.value > 32 && $0.value < 127 && $0 != "\\" }
        return isOurs && isPlain && !path.hasPrefix("/console/sign-in?token") ? path : "/console"
    }

    private static func cookie(_ name: String, _ value: String, seconds: Int, _ visit: Visit) -> Cookie {
        Cookie(name: name, value: value, maxAge: seconds, path: "/", secure: visit.isSecure, httpOnly: true, sameSite: .strict)
    }
}
