public import Kernel

/// What admission knows of a request before anything is done for it.
public struct Arrival: Sendable, Hashable {
    /// Who is charged: an environment; `nil`: the platform's own pages and whoever cannot say where they want to go.
    public var environment: EnvironmentID?
    /// What it is for.
    public var kind: RequestClass
    /// Which of 128 groups the user is in: the same ones are let in as long as a rush lasts.
    public var level: UInt8
    /// How long whoever asked will wait, if they said so.
    public var patience: Int?

    /// Makes one.
    /// - Parameters:
    ///   - level: 0…127.
    ///   - patience: in milliseconds.
    public init(environment: EnvironmentID?, kind: RequestClass, level: UInt8 = 0, patience: Int? = nil) {
        self.environment = environment
        self.kind = kind
        self.level = level & 127
        self.patience = patience
    }
}

/// Why a request is not served now.
public enum Shedding: UInt8, Sendable, Hashable, CaseIterable {
    /// What waits before it would take longer than it may wait.
    case full
    /// Its user group or class is not being let in for now.
    case level
    /// It has waited for too long, or whoever asked has stopped waiting.
    case late

    /// As reports write it.
    public var word: String {
        switch self {
        case .full: "full"
        case .level: "level"
        case .late: "late"
        }
    }
}
