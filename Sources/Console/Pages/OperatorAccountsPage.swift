internal import HTTPSupport
internal import Kernel
internal import Tenancy

/// `/console/operator/accounts`: everybody who can sign in, and help for who cannot any more.
struct OperatorAccountsPage: Sendable {
    private static let accountsShown = 50
    private static let path = "\(OperatorPage.path)/accounts"

    let tenancy: Tenancy
    private var accounts: Accounts { tenancy.accounts }

    var pages: [ConsolePage] {
        [
            .show("accounts", needs: .platformManage, show),
            .act("accounts/:account/reset", needs: .platformManage, asks: "confirmMakeReset", back: { _ in Self.path }, makeReset),
            .act("accounts/:account/second-factor", needs: .platformManage, asks: "confirmClearSecondFactor", back: { _ in Self.path }) { visit, _ in
                let account = try account(visit)
                try await accounts.clearSecondFactor(of: account.id)
                return .go(Self.path, Flash(Phrases.secondFactorCleared(account.email)))
            },
            .act("accounts/:account/remove", needs: .platformManage, asks: "confirmRemoveAccount", back: { _ in Self.path }) { visit, _ in
                let account = try account(visit)
                try await tenancy.removeAccount(account.id, visit.context)
                return .go(Self.path, Flash(Phrases.accountRemoved(account.email)))
            },
        ]
    }

    func show(_ visit: Visit) async throws -> Page {
        let search = visit.query("q")
        let after = visit.query("after")
        let found = try accounts.list(search: search, after: after, limit: Self.accountsShown + 1)
        func address(after: String?) -> JSON { .string(Address.with(Self.path, [("q", search), ("after", after)])) }
        var model: JSONObject = [
            "isAccounts": true, "listPath": .string(Self.path), "search": .string(search ?? ""), "isFiltered": .bool(search != nil || after != nil),
            "hasAccounts": .bool(!found.isEmpty), "accounts": .array(try found.prefix(Self.accountsShown).map(row)),
        ]
        if after != nil { model["firstPath"] = address(after: nil) }
        if found.count > Self.accountsShown, let last = found.dropLast().last {
            model["nextPath"] = address(after: ListWindow.position(last.createdAt, last.id.text))
        }
        return Page(template: "operator-accounts", title: Catalogue.phrase("operator", visit.language), model: model)
    }

    private func row(_ account: Account) throws -> JSON {
        [
            "personName": .string(account.name), "email": .string(account.email), "hasSecondFactor": .bool(account.hasSecondFactor),
            "created": Showing.time(account.createdAt), "actionPath": .string("\(Self.path)/\(account.id)"),
            "organizations": .array(try tenancy.organizations(of: account.id).map { .string($0.name) }),
        ]
    }

    private func account(_ visit: Visit) throws -> Account {
        let text = try visit.name("account")
        guard let account = try AccountID(text).flatMap({ try accounts.find($0) }) else { throw SampanError.noAccount(text) }
        return account
    }

    private func makeReset(_ visit: Visit, _ form: Form) async throws -> Outcome {
        let account = try account(visit)
        let (token, _) = try await accounts.makeReset(of: account.id)
        var flash = Flash(Phrases.resetMade(for: account.email))
        flash.secret = "\(visit.origin)/console/password?token=\(token)"
        flash.secretTitle = "resetLink"
        return .go(Self.path, flash)
    }
}
