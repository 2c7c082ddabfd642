internal import HTTPSupport
internal import Kernel
internal import Tenancy

/// `/console/account`: one's own name, password, second factor and sessions.
struct AccountPage: Sendable {
    static let path = "/console/account"

    let tenancy: Tenancy
    private var accounts: Accounts { tenancy.accounts }

    var section: ConsoleSection {
        let secondFactor = SecondFactorPages(accounts: accounts)
        return ConsoleSection(
            place: .person, path: "account", title: "account", icon: "person", permission: nil,
            pages: [
                .show(needs: nil, show),
                .act("name", needs: nil, back: Self.back, rename),
                .act("password", needs: nil, back: Self.back, changePassword),
                .act("sessions/:session/end", needs: nil, asks: "confirmEndSession", back: Self.back, endSession),
                .act("sessions/end-others", needs: nil, asks: "confirmEndOthers", back: Self.back, endOthers),
            ] + secondFactor.pages)
    }

    @Sendable static func back(_ visit: Visit) -> String { path }

    func show(_ visit: Visit) async throws -> Page {
        let title = Catalogue.phrase("account", visit.language)
        guard let account = try visit.account.flatMap(accounts.find) else {
            return Page(template: "account", title: title, model: ["hasAccount": false])
        }
        let sessions = try accounts.sessions(of: account.id)
        let current = visit.context.principal?.session
        let model: JSONObject = [
            "hasAccount": true, "accountTag": .string(EntityTag(of: .object(account.json)).text),
            "accountName": .string(account.name), "email": .string(account.email), "secondFactor": .bool(account.hasSecondFactor),
            "sessions": .array(sessions.map { Self.session($0, isCurrent: $0.id == current, visit.language) }),
            "hasOthers": .bool(sessions.contains { $0.id != current }),
        ]
        return Page(template: "account", title: title, model: model)
    }

    // MARK: What can be done

    private func rename(_ visit: Visit, _ form: Form) async throws -> Outcome {
        try await accounts.rename(visit.requireAccount(), form["name"], if: form.precondition)
        return .go(Self.path, Flash(Phrases.nameChanged))
    }

    private func changePassword(_ visit: Visit, _ form: Form) async throws -> Outcome {
        try await accounts.changePassword(
            visit.requireAccount(), from: form["old"], to: form["new"], keeping: visit.context.principal?.session,
            Accounts.Client(visit.request, visit.context))
        return .go(Self.path, Flash(Phrases.passwordChanged))
    }

    private func endSession(_ visit: Visit, _ form: Form) async throws -> Outcome {
        try await accounts.endSession(visit.name("session"), of: visit.requireAccount())
        return .go(Self.path, Flash(Phrases.sessionEnded))
    }

    private func endOthers(_ visit: Visit, _ form: Form) async throws -> Outcome {
        let account = try visit.requireAccount()
        let others = try accounts.sessions(of: account).filter { $0.id != visit.context.principal?.session }
        for session in others { try await accounts.endSession(session.id, of: account) }
        AuditNote.changed("sessions of \(account)", from: .array(others.map { .string($0.id) }))
        return .go(Self.path, Flash(Phrases.otherSessionsEnded))
    }

    private static func session(_ session: AccountSession, isCurrent: Bool, _ language: Language) -> JSON {
        [
            "session": .string(session.id), "client": .string(ClientName.of(session.userAgent) ?? Catalogue.phrase("unknownClient", language)),
            "userAgent": .string(session.userAgent), "ip": .string(session.clientIP), "began": Showing.time(session.createdAt),
            "lastSeen": Showing.time(session.lastSeenAt), "isCurrent": .bool(isCurrent),
        ]
    }
}

extension Visit {
    /// Whose account is changed; the operator's key and one-time link have none.
    func requireAccount() throws -> AccountID {
        guard let account else { throw SampanError.withoutAccount }
        return account
    }
}

extension SampanError {
    fileprivate static let withoutAccount = forbidden(
        "NO_ACCOUNT", Localized("The operator's key has no account.", zh: "管理员密钥没有对应的账号。"),
        remedy: Localized("Invite yourself on the page of people, and sign in with email and password.", zh: "请先在“成员”页面邀请自己，再用邮箱和密码登录。"))
}
