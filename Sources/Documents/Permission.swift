internal import Kernel

/// What clients may do in a collection.
///
/// Functions and keys always may.
public enum Permission: String, Sendable, CaseIterable {
    /// All users read; a document's creator writes it.
    case readOnly = "READONLY"
    /// Only a document's creator reads and writes it.
    case `private` = "PRIVATE"
    /// All users read; none writes.
    case adminWrite = "ADMINWRITE"
    /// No user reads or writes.
    case adminOnly = "ADMINONLY"

    /// The documents that a caller may touch.
    enum Reach: Sendable, Equatable {
        case all
        /// Those that this user created.
        case own(String)
        case none
    }

    func reading(_ caller: Caller) -> Reach {
        guard case .user(let user) = caller else { return .all }
        return switch self {
        case .readOnly, .adminWrite: .all
        case .private: .own(user.openid)
        case .adminOnly: .none
        }
    }

    func writing(_ caller: Caller) -> Reach {
        guard case .user(let user) = caller else { return .all }
        return switch self {
        case .readOnly, .private: .own(user.openid)
        case .adminWrite, .adminOnly: .none
        }
    }
}
