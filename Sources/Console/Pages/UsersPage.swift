internal import HTTPSupport
internal import Identity
internal import Kernel
internal import Tenancy

/// `/console/env/{env}/users`: who has logged in to the app, newest login first; ending their sessions.
struct UsersPage: Sendable {
    private static let usersShown = 50
    private static let platforms = ["wechat", "alipay", "anonymous", "development"]

    let tenancy: Tenancy
    let identity: Identity

    var section: ConsoleSection {
        ConsoleSection(
            path: "users", title: "users", icon: "person", permission: .usersRead,
            pages: [
                .show(needs: .usersRead, show),
                .act("end-sessions", needs: .usersManage, asks: "confirmEndSessions", back: path, endSessions),
            ])
    }

    @Sendable private func path(_ visit: Visit) throws -> String { Address.environment(try visit.environment(), "users") }

    private func show(_ visit: Visit) async throws -> Page {
        let environment = try tenancy.environment(visit.environment())
        let path = try path(visit)
        var query = UserQuery()
        query.search = visit.query("q")
        query.platform = visit.query("platform")
        query.after = visit.query("after").flatMap(UserQuery.Position.init)
        query.limit = Self.usersShown
        let found = try await identity.users(of: environment.id, query)
        func address(after: String?) -> JSON { .string(Address.with(path, [("q", query.search), ("platform", query.platform), ("after", after)])) }
        var model = environment.shown(visit.language)
        model["path"] = .string(path)
        model["search"] = .string(query.search ?? "")
        model["platforms"] = .array(Self.platforms.map { Self.choice($0, isChosen: $0 == query.platform, visit.language) })
        model["isFiltered"] = .bool(query.search != nil || query.platform != nil || query.after != nil)
        model["hasUsers"] = .bool(!found.users.isEmpty)
        let couponsPath = visit.may(.couponsRead) ? Address.environment(environment.id, "coupons", "of") : nil
        model["users"] = .array(found.users.map { Self.row($0, couponsPath: couponsPath, visit.language) })
        model["mayManage"] = .bool(visit.may(.usersManage))
        if query.after != nil { model["firstPath"] = address(after: nil) }
        if let next = found.next { model["nextPath"] = address(after: next.text) }
        return Page(template: "users", title: Catalogue.phrase("users", visit.language), model: model)
    }

    private func endSessions(_ visit: Visit, _ form: Form) async throws -> Outcome {
        let ended = try await identity.endSessions(of: form["openid"], in: visit.environment())
        return .go(try path(visit), Flash(Phrases.sessionsEnded(ended, of: form["openid"])))
    }

    private static func choice(_ platform: String, isChosen: Bool, _ language: Language) -> JSON {
        ["value": .string(platform), "label": .string(Catalogue.phrase("platform-\(platform)", language)), "isChosen": .bool(isChosen)]
    }

    private static func row(_ user: KnownUser, couponsPath: String?, _ language: Language) -> JSON {
        let label = platforms.contains(user.platform) ? Catalogue.phrase("platform-\(user.platform)", language) : user.platform
        var row: JSONObject = [
            "openid": .string(user.openid), "platformName": .string(label), "lastLogin": Showing.time(user.lastLoginAt),
            "firstLogin": Showing.time(user.createdAt),
        ]
        if let couponsPath { row["couponsPath"] = .string(Address.with(couponsPath, [("q", user.openid)])) }
        if !user.unionid.isEmpty { row["unionid"] = .string(user.unionid) }
        if !user.appID.isEmpty { row["appID"] = .string(user.appID) }
        return .object(row)
    }
}
