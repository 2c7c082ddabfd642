internal import Kernel

/// What became of everybody's requests so far, of one environment.
public struct Traffic: Sendable, Hashable {
    /// Requests that were let in.
    public var admitted: Int
    /// Requests that were not.
    public var shed: Int
    /// The longest that one has waited lately, in milliseconds.
    public var longestWaitMilliseconds: Double

    /// Traffic.
    public init(admitted: Int = 0, shed: Int = 0, longestWaitMilliseconds: Double = 0) {
        (self.admitted, self.shed, self.longestWaitMilliseconds) = (admitted, shed, longestWaitMilliseconds)
    }
}

/// Notices when a rehearsal hurts real users: they are refused, or wait.
///
/// A few who would have been refused anyway must not end a rehearsal, so what was usual just before is left out of account.
struct DangerWatch: Sendable {
    /// So many refusals within a second are no accident.
    private static let shedMax = 3
    /// Beyond this somebody notices, in milliseconds.
    private static let waitMax = 250.0
    /// Looks that make a second.
    private static let window = 10

    private let shadow: EnvironmentID
    /// Refusals of everybody else at each of the last looks.
    private var sheds: [Int] = []

    init(shadow: EnvironmentID) { self.shadow = shadow }

    /// Looks at everybody's numbers, ten times a second; answers why to stop.
    mutating func look(_ traffic: [EnvironmentID: Traffic]) -> Localized? {
        var (shed, wait) = (0, 0.0)
        for (environment, numbers) in traffic where environment != shadow {
            shed += numbers.shed
            wait = max(wait, numbers.longestWaitMilliseconds)
        }
        // What somebody waited before the first look was not for the rehearsal.
        if sheds.isEmpty { wait = 0 }
        sheds.append(shed)
        if sheds.count > Self.window { sheds.removeFirst() }
        let more = shed - (sheds.first ?? shed)
        if more >= Self.shedMax {
            return Localized(
                "\(more) requests of real users were refused within a second.", zh: "一秒内有 \(more) 个真实用户的请求被拒绝。")
        }
        if wait >= Self.waitMax {
            return Localized("A real user's request waited for \(Int(wait)) ms.", zh: "有真实用户的请求等待了 \(Int(wait)) 毫秒。")
        }
        return nil
    }
}
