public import HTTPSupport
public import Kernel

/// A merchant, an agency, or the platform's operator: who owns apps and environments, and whose members work on them.
public struct Organization: Sendable, Hashable {
    /// What it is on the platform.
    public enum Kind: String, Sendable, CaseIterable { case merchant, isv, `operator` }
    /// Suspended: its environments do not serve, its people can only look.
    public enum Status: String, Sendable, CaseIterable { case active, suspended }

    /// Its id.
    public let id: OrganizationID
    /// Its name, for people.
    public var name: String
    /// What it is.
    public var kind: Kind
    /// Whether it serves.
    public var status: Status
    /// When it was made, in milliseconds.
    public let createdAt: Int64

    /// As the management API shows it.
    public var json: JSONObject {
        [
            "id": .string(id.text), "name": .string(name), "kind": .string(kind.rawValue), "status": .string(status.rawValue), "createdAt": .int(createdAt),
        ]
    }
}

/// One mini program, with its ids on the platforms; its environments are where it runs.
public struct App: Sendable, Hashable {
    /// Its id.
    public let id: AppID
    /// Whose it is.
    public let organization: OrganizationID
    /// Its name, for people.
    public var name: String
    /// What Alipay calls it; empty when it is not there.
    public var alipayAppID: String
    /// What WeChat calls it; empty when it is not there.
    public var wechatAppID: String
    /// When it was made, in milliseconds.
    public let createdAt: Int64

    /// As the management API shows it.
    public var json: JSONObject {
        [
            "id": .string(id.text), "organization": .string(organization.text), "name": .string(name), "alipayAppId": .string(alipayAppID),
            "wechatAppId": .string(wechatAppID), "createdAt": .int(createdAt),
        ]
    }
}

/// A role of somebody in an organization, or in one of its apps only.
public struct Membership: Sendable, Hashable {
    /// Who.
    public let account: AccountID
    /// As people know them.
    public let email: String
    /// As people know them.
    public let name: String
    /// The app that the role is limited to; `nil`: the whole organization.
    public let app: AppID?
    /// What they are.
    public let role: Role
    /// Since when, in milliseconds.
    public let createdAt: Int64

    /// As the management API shows it.
    public var json: JSONObject {
        var object: JSONObject = [
            "account": .string(account.text), "email": .string(email), "name": .string(name), "role": .string(role.rawValue), "createdAt": .int(createdAt),
        ]
        if let app { object["app"] = .string(app.text) }
        return object
    }
}

/// An offer of a role to somebody, by mail or by a link that is handed over.
public struct Invitation: Sendable, Hashable {
    /// Its id, which opens nothing.
    public let id: String
    /// Into what.
    public let organization: OrganizationID
    /// Who is meant.
    public let email: String
    /// The app that the role is limited to.
    public let app: AppID?
    /// The role offered.
    public let role: Role
    /// Who invites, as people know them.
    public let invitedBy: String
    /// When it was made, in milliseconds.
    public let createdAt: Int64
    /// When it lapses, in milliseconds.
    public let expiresAt: Int64

    /// As the management API shows it.
    public var json: JSONObject {
        var object: JSONObject = [
            "id": .string(id), "email": .string(email), "role": .string(role.rawValue), "invitedBy": .string(invitedBy), "createdAt": .int(createdAt),
            "expiresAt": .int(expiresAt),
        ]
        if let app { object["app"] = .string(app.text) }
        return object
    }
}
