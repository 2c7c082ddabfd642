public import HTTPSupport
public import Kernel

/// What a request is for, by its address.
public enum ClassRules {
    /// What an address says.
    public struct Reading: Sendable, Hashable {
        /// What it is for.
        public var kind: RequestClass
        /// The environment that the path names.
        public var environment: Substring?
        /// The cloud function that is called.
        public var function: Substring?
    }

    private static let couponSteps: Set<Substring> = ["lock", "release", "redeem", "refund"]
    private static let heavy: Set<Substring> = ["import", "imports", "export", "archive", "copies", "backups", "restores", "grants"]

    /// Reads an address.
    public static func read(_ method: String, _ path: String) -> Reading {
        let parts = path.dropFirst().split(separator: "/", maxSplits: 16, omittingEmptySubsequences: false)
        switch parts.first {
        case "v1": return client(parts.dropFirst(), method)
        case "waiting": return Reading(kind: .signIn, environment: parts.dropFirst().first)
        case "http": return Reading(kind: .browse, environment: parts.dropFirst().first)
        case "files": return Reading(kind: .browse, environment: parts.dropFirst().first)
        case "admin" where parts.count > 3 && parts[2] == "environments": return management(parts, method)
        // Operators and shops must be able to act while their customers crowd.
        case "admin", "console", "": return Reading(kind: .signIn)
        case "alipay", "healthz", "readyz": return Reading(kind: .pay)
        case "functions": return Reading(kind: .browse)
        default: return Reading(kind: .browse)
        }
    }

    private static func client(_ parts: ArraySlice<Substring>, _ method: String) -> Reading {
        let rest = parts.dropFirst()
        switch parts.first {
        case "login", "waiting-room": return Reading(kind: .signIn)
        case "coupons" where method == "POST":
            if rest.first == "claim" || rest.first == "batches" && rest.last == "claim" { return Reading(kind: .claim) }
            return Reading(kind: rest.first.map(couponSteps.contains) == true ? .pay : .browse)
        case "functions": return Reading(kind: .browse, function: rest.first)
        default: return Reading(kind: .browse)
        }
    }

    private static func management(_ parts: [Substring], _ method: String) -> Reading {
        let (environment, rest) = (parts[3], parts.dropFirst(4))
        switch rest.first {
        case "coupons" where method == "POST" && (couponSteps.contains(rest.last ?? "") || rest.last == "use" || rest.last == "return"):
            return Reading(kind: .pay, environment: environment)
        case "coupons" where rest.last == "entries" || rest.last == "grants" || rest.last == "codes": return Reading(kind: .batch, environment: environment)
        case .some(let part) where heavy.contains(part): return Reading(kind: .batch, environment: environment)
        default: return Reading(kind: .signIn, environment: environment)
        }
    }
}
