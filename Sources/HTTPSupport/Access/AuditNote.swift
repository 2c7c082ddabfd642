public import Kernel
internal import Synchronization

/// What a management action changed, noted where it is known while the action runs.
///
/// The task carries it, so that the console's forms and the API's endpoints are written down alike.
public final class AuditNote: Sendable {
    /// The note of the action that is under way; `nil` outside of one.
    @TaskLocal public static var current: AuditNote?

    private struct State {
        var target = ""
        var before = JSON.null
        var after = JSON.null
        var organization: OrganizationID?
        var environment: EnvironmentID?
    }

    private let state = Mutex(State())

    /// A note without anything yet.
    public init() {}

    /// Says what was changed; secrets are left out by whoever calls.
    public static func changed(_ target: String, from before: JSON = .null, to after: JSON = .null) {
        current?.state.withLock { state in
            state.target = target
            state.before = before
            state.after = after
        }
    }

    /// Says where, when the path does not.
    public static func belongs(to organization: OrganizationID?, _ environment: EnvironmentID? = nil) {
        current?.state.withLock { state in
            state.organization = organization
            state.environment = environment
        }
    }

    /// What was noted.
    public var noted: (target: String, before: JSON, after: JSON, organization: OrganizationID?, environment: EnvironmentID?) {
        state.withLock { ($0.target, $0.before, $0.after, $0.organization, $0.environment) }
    }
}
