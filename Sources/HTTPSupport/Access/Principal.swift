public import Kernel

/// Who uses the management API or the console.
public struct Principal: Sendable, Hashable {
    /// How they showed who they are.
    public enum Kind: Sendable, Hashable {
        /// The operator's key, or a session that was begun with it or with a one-time link.
        case operatorKey
        /// An API key, by its id.
        case key(String)
        /// Somebody who signed in.
        case account(AccountID)

        /// `operator`, `key` or `account`: as the API and the audit log write it.
        public var word: String {
            switch self {
            case .operatorKey: "operator"
            case .key: "key"
            case .account: "account"
            }
        }

        /// The key's or the account's id; empty for the operator's key.
        public var id: String {
            switch self {
            case .operatorKey: ""
            case .key(let id): id
            case .account(let id): id.text
            }
        }
    }

    /// How they showed who they are.
    public let kind: Kind
    /// For people who read the audit log: an email, a key's name.
    public let name: String
    /// The session's id, when a browser or the CLI signed in.
    public let session: String?
    /// What they have been given.
    public let grants: [Grant]

    /// Somebody with these grants.
    public init(kind: Kind, name: String, session: String? = nil, grants: [Grant]) {
        self.kind = kind
        self.name = name
        self.session = session
        self.grants = grants
    }

    /// Whether this is somebody who looks after the whole platform.
    public var isOperator: Bool { grants.contains { $0.scope == .platform && $0.role.managesEverything } }
}

/// A role somewhere.
public struct Grant: Sendable, Hashable {
    /// Where a role holds: there and in everything below.
    public enum Scope: Sendable, Hashable {
        case platform
        case organization(OrganizationID)
        case app(AppID)
        case environment(EnvironmentID)
    }

    /// Where it holds.
    public let scope: Scope
    /// What it is.
    public let role: Role

    /// A role at a place.
    public init(_ role: Role, at scope: Scope) {
        self.scope = scope
        self.role = role
    }
}

/// What somebody is in an organization or one of its apps.
public enum Role: String, Sendable, Hashable, CaseIterable {
    /// Everything, also handing the organization over and ending it.
    case owner
    /// Everything else, with members and keys.
    case admin
    /// Functions, database, files, settings; no people.
    case developer
    /// Runs the shop: data and files, not code.
    case `operator`
    /// Reads data and reports, changes nothing.
    case analyst
    /// Sees what there is and how it runs, but no customer's data.
    case viewer

    /// Whether it is one of the two that look after everything where they hold.
    public var managesEverything: Bool { self == .owner || self == .admin }
}

/// What a principal may do with what a request's path names; worked out once, before the handler.
public struct Authority: Sendable, Hashable {
    /// What they may do there.
    public let permissions: Set<Permission>
    /// The environment in the path.
    public let environment: EnvironmentID?
    /// The organization in the path, or that of the app or environment in it.
    public let organization: OrganizationID?

    /// What somebody may do with something.
    public init(permissions: Set<Permission>, environment: EnvironmentID? = nil, organization: OrganizationID? = nil) {
        self.permissions = permissions
        self.environment = environment
        self.organization = organization
    }
}
