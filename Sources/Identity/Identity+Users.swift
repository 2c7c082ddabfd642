internal import HTTPSupport
public import Kernel

/// The users of an environment, for those who run it.
extension Identity {
    /// One page of an environment's users.
    public func users(of environment: EnvironmentID, _ query: UserQuery) async throws -> UserPage {
        // A search that finds nobody looks at everybody: not on an event loop.
        let found = try await offEventLoop { [store] in try store.users(of: environment, query, max: query.limit + 1) }
        let users = Array(found.prefix(query.limit))
        return UserPage(users: users, next: found.count > users.count ? users.last?.position : nil)
    }

    /// Everybody, in the order of their openids, from the one after `openid` on.
    public func users(of environment: EnvironmentID, afterOpenid openid: String, max: Int) throws -> [KnownUser] {
        try store.users(of: environment, afterOpenid: openid, max: max)
    }

    /// Ends the sessions of a user: nothing refreshes them any more, and access tokens that are out end within two hours.
    /// - Returns: how many there were.
    public func endSessions(of openid: String, in environment: EnvironmentID) async throws -> Int {
        let ended = try await store.endSessions(of: openid, in: environment)
        guard let ended else {
            throw SampanError.notFound(
                "USER_NOT_FOUND", Localized("There is no user \(openid.prefix(128)).", zh: "不存在用户 \(openid.prefix(128))。"),
                remedy: Localized("GET …/users lists them.", zh: "可用 GET …/users 查看用户列表。"))
        }
        AuditNote.changed("sessions of user \(openid)", from: .int(Int64(ended)))
        return ended
    }

    /// Makes the users of one environment users of another one as well; their sessions stay where they are.
    public func copyUsers(of source: EnvironmentID, to copy: EnvironmentID) async throws {
        var last: String? = ""
        while let after = last { last = try await store.copyUsers(of: source, to: copy, afterOpenid: after) }
    }
}
