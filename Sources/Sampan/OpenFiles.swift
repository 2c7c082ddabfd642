internal import Foundation
internal import Kernel

/// How many files the process may have open, of which connections are the most.
enum OpenFiles {
    /// For databases, logs, workers and whatever else is open.
    private static let reserve = 2000

    /// Raises the process's own bound as far as it may, and tells how many connections that leaves room for.
    static func connectionsMax(_ limits: Limits) -> Int {
        var bound = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &bound) == 0 else { return limits.connectionsMax }
        bound.rlim_cur = bound.rlim_max
        if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &bound) != 0 { _ = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &bound) }
        let files = Int(min(bound.rlim_cur, 1 << 30))
        return min(limits.connectionsMax, files > 2 * reserve ? files - reserve : files / 2)
    }
}
