internal import Kernel
internal import Synchronization
internal import Workers

/// What a version of a function runs with.
public struct FunctionSettings: Sendable, Hashable {
    /// File and export, `index.main`.
    public var handler = "index.main"
    /// How long one invocation may take.
    public var timeoutSeconds = 20
    /// The memory of one worker.
    public var memoryMB = 512
    /// How many invocations one worker serves at once.
    public var concurrency = 32
    /// How often an asynchronous invocation that failed is tried again.
    public var asyncRetries = 2
    /// The function that gets the result of an asynchronous invocation.
    public var onSuccess: String?
    /// The function that gets the error of an asynchronous invocation whose last try failed.
    public var onFailure: String?

    /// The longest timeout of a call that somebody waits for.
    public static let timeoutSecondsMax = 180
    /// The longest timeout of timers and asynchronous invocations.
    public static let backgroundTimeoutSecondsMax = 3 * 3600

    var json: JSONObject {
        var object: JSONObject = [
            "handler": .string(handler), "timeoutSeconds": .int(Int64(timeoutSeconds)), "memoryMB": .int(Int64(memoryMB)),
            "concurrency": .int(Int64(concurrency)), "asyncRetries": .int(Int64(asyncRetries)),
        ]
        if let onSuccess { object["onSuccess"] = .string(onSuccess) }
        if let onFailure { object["onFailure"] = .string(onFailure) }
        return object
    }
}

/// What starts a function without a caller: a schedule.
public struct Trigger: Sendable, Hashable {
    /// What to do about runs that were missed while the server was down.
    public enum CatchUp: String, Sendable {
        /// Run once for all that were missed, as soon as possible.
        case once
        /// Let them be.
        case skip
    }

    /// What starts the function.
    enum Source: Sendable, Hashable {
        /// 6 fields (seconds first, as Alipay writes them) or 7 (with a year, as WeChat does).
        case timer(config: String, schedule: CronSchedule, catchUp: CatchUp)
        /// Changes of a collection's documents, or steps of coupons.
        case changes(ChangeTrigger)
    }

    /// Unique within the function.
    public let name: String
    /// Handed to the function in its event, where the trigger has one.
    public let argument: String?
    let source: Source

    var isTimer: Bool { if case .timer = source { true } else { false } }

    /// Whether runs that were missed are let be.
    var skipsMissed: Bool { if case .timer(_, _, .skip) = source { true } else { false } }

    /// When a timer runs next; `nil` for what no clock starts.
    func next(after now: Int64) -> Int64? {
        if case .timer(_, let schedule, _) = source { schedule.next(after: now) } else { nil }
    }

    var json: JSON {
        var object: JSONObject = ["name": .string(name)]
        switch source {
        case .timer(let config, _, let catchUp):
            object["type"] = "timer"
            object["config"] = .string(config)
            object["catchUp"] = .string(catchUp.rawValue)
        case .changes(let trigger):
            for (name, value) in trigger.json { object[name] = value }
        }
        if let argument { object["argument"] = .string(argument) }
        return .object(object)
    }
}

/// A share of the calls for one version.
public struct TrafficShare: Sendable, Hashable {
    let version: Int
    let weight: Int

    var json: JSON { ["version": .int(Int64(version)), "weight": .int(Int64(weight))] }
}

/// A deployed version; never changes.
struct FunctionVersion: Sendable {
    let number: Int
    let fingerprint: String
    let settings: FunctionSettings
    let variables: [String: String]
    let description: String
    let files: Int
    let size: Int64
    let createdAt: Int64
    /// What workers are told, made at the first call.
    let code = KeptCode()

    var json: JSON {
        var object: JSONObject = [
            "version": .int(Int64(number)), "createdAt": .int(createdAt), "size": .int(size), "files": .int(Int64(files)),
            "description": .string(description), "variables": .array(variables.keys.sorted().map { .string($0) }),
        ]
        for (key, value) in settings.json { object[key] = value }
        return .object(object)
    }
}

/// A function as calls see it: immutable, replaced as a whole when something about it changes.
struct FunctionRecord: Sendable {
    let environment: EnvironmentID
    let name: String
    var traffic: [TrafficShare]
    var triggers: [Trigger]
    var httpPath: String?
    var updatedAt: Int64
    var versions: [FunctionVersion]

    /// The version that most calls reach; the newest when there is no traffic yet.
    var primary: FunctionVersion? {
        let number = traffic.max { $0.weight < $1.weight }?.version
        return versions.first { $0.number == number } ?? versions.last
    }

    /// Draws the version for one call by the weights.
    func draw() -> FunctionVersion? {
        guard traffic.count > 1 else { return primary }
        var ticket = Int.random(in: 0..<max(1, traffic.reduce(0) { $0 + $1.weight }))
        for share in traffic {
            ticket -= share.weight
            if ticket < 0 { return versions.first { $0.number == share.version } }
        }
        return primary
    }

    /// As lists show it.
    var summary: JSONObject {
        var object = primary?.settings.json ?? [:]
        object["name"] = .string(name)
        object["version"] = .int(Int64(primary?.number ?? 0))
        object["updatedAt"] = .int(updatedAt)
        object["triggers"] = .array(triggers.map(\.json))
        if let httpPath { object["httpPath"] = .string(httpPath) }
        return object
    }

    /// As its own page shows it.
    var detail: JSONObject {
        var object = summary
        object["versions"] = .array(versions.reversed().map(\.json))
        object["traffic"] = .array(traffic.map(\.json))
        return object
    }

    /// Names of functions: as both platforms allow them.
    static func isName(_ name: String) -> Bool {
        let bytes = name.utf8
        return (1...60).contains(bytes.count)
            && bytes.allSatisfy { (97...122).contains($0) || (65...90).contains($0) || (48...57).contains($0) || $0 == 95 || $0 == 45 }
    }
}

/// What workers are told of a version, kept while the environment's variables and network stay the same.
final class KeptCode: Sendable {
    private let kept = Mutex<(variables: [String: String], internet: Bool, code: FunctionCode)?>(nil)

    func value(variables: [String: String], internet: Bool, make: () -> FunctionCode) -> FunctionCode {
        kept.withLock { kept in
            if let kept, kept.internet == internet, kept.variables == variables { return kept.code }
            let code = make()
            kept = (variables, internet, code)
            return code
        }
    }
}
