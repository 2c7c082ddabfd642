internal import HTTPSupport
internal import Kernel
internal import QRCode
internal import Tenancy

/// `/console/account/second-factor`: the picture and the secret for an authenticator app, a first code, recovery codes; and the way back.
struct SecondFactorPages: Sendable {
    let accounts: Accounts

    var pages: [ConsolePage] {
        [
            .act("second-factor", needs: nil, back: AccountPage.back, begin),
            .act("second-factor/confirm", needs: nil, back: AccountPage.back, confirm),
            .act("second-factor/remove", needs: nil, back: AccountPage.back, remove),
        ]
    }

    private func begin(_ visit: Visit, _ form: Form) async throws -> Outcome {
        .draw(try page(visit, secret: accounts.beginSecondFactor(visit.requireAccount()).secret))
    }

    private func confirm(_ visit: Visit, _ form: Form) async throws -> Outcome {
        do {
            let codes = try await accounts.confirmSecondFactor(visit.requireAccount(), code: form["code"])
            let title = Catalogue.phrase("recoveryCodes", visit.language)
            let model: JSONObject = ["codes": .array(codes.map { .string($0) }), "allCodes": .string(codes.joined(separator: "\n"))]
            return .draw(Page(template: "recovery-codes", title: title, model: model, crumbs: Self.crumbs(visit)))
        } catch let error as SampanError where error.status == 400 {
            // The app has the picture's secret already: it is shown again as it is, with the reason beside the field.
            return .draw(try page(visit, secret: form["secret"], refusal: error))
        }
    }

    private func remove(_ visit: Visit, _ form: Form) async throws -> Outcome {
        try await accounts.removeSecondFactor(visit.requireAccount(), password: form["password"], Accounts.Client(visit.request, visit.context))
        return .go(AccountPage.path, Flash(Phrases.secondFactorRemoved))
    }

    private func page(_ visit: Visit, secret: String, refusal: SampanError? = nil) throws -> Page {
        guard let factor = TimeBasedCode(secretText: secret), let account = try accounts.find(visit.requireAccount()) else { throw refusal ?? .nothingHere }
        let language = visit.language
        var model: JSONObject = [
            "secret": .string(factor.secretText), "spacedSecret": .string(Self.spaced(factor.secretText)), "email": .string(account.email),
            "picture": .string(try QRCode.svg(factor.uri(account: account.email), label: Catalogue.phrase("qrLabel", language))),
        ]
        if let refusal { model["refusal"] = .string("\(refusal.detail[language]) \(refusal.remedy[language])") }
        return Page(template: "second-factor", title: Catalogue.phrase("secondFactor", language), model: model, crumbs: Self.crumbs(visit))
    }

    private static func crumbs(_ visit: Visit) -> [(path: String, text: String)] { [(AccountPage.path, Catalogue.phrase("account", visit.language))] }

    /// In fours, as people type it off.
    private static func spaced(_ secret: String) -> String {
        stride(from: 0, to: secret.count, by: 4).map { String(secret.dropFirst($0).prefix(4)) }.joined(separator: " ")
    }
}
