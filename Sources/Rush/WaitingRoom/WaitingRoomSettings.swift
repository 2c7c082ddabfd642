internal import HTTPSupport
public import Kernel

/// What an environment's owner wants of its waiting room.
public struct WaitingRoomSettings: Sendable, Hashable {
    /// When there is a line.
    public enum Mode: String, Sendable, CaseIterable {
        /// Never, unless somebody opens it by hand.
        case off
        /// When the environment is full, and at the time that `opensAt` says.
        case auto
        /// Always, or from `opensAt` on.
        case on
    }

    /// When there is a line.
    public var mode = Mode.off
    /// The beginnings of the paths that stand behind it; empty: all.
    public var paths: [String] = []
    /// The beginnings of paths that never do, as addresses that a payment provider calls.
    public var freePaths: [String] = []
    /// When the sale begins, in milliseconds; who comes shortly before that draws a lot.
    public var opensAt: Int64?
    /// For how long before that lots are drawn.
    public var lobbyMinutes = 15
    /// How many people come in each minute; `nil`: as many as the server bears.
    public var ratePerMinute: Int?
    /// Which share of the places members get while others wait.
    public var memberShare = 0.0
    /// How long somebody may stay away without standing in line again.
    public var passMinutes = 10
    /// What the shop says to those who wait.
    public var message = Localized("", zh: "")

    private static let members: Set<String> = [
        "mode", "paths", "freePaths", "opensAt", "lobbyMinutes", "ratePerMinute", "memberShare", "passMinutes", "message",
    ]
    private static let pathsMax = 20
    private static let pathLengthMax = 200
    private static let messageLengthMax = 300

    /// No line.
    public init() {}

    /// As it is shown and stored.
    public var json: JSON {
        [
            "mode": .string(mode.rawValue), "paths": .array(paths.map { .string($0) }), "freePaths": .array(freePaths.map { .string($0) }),
            "opensAt": opensAt.map { .int($0) } ?? .null, "lobbyMinutes": .int(Int64(lobbyMinutes)),
            "ratePerMinute": ratePerMinute.map { .int(Int64($0)) } ?? .null, "memberShare": .double(memberShare), "passMinutes": .int(Int64(passMinutes)),
            "message": ["en": .string(message.en), "zh": .string(message.zh)],
        ]
    }

    /// As it was stored.
    init(stored text: String) throws {
        self.init()
        try apply(JSON(parsing: Array(text.utf8)).objectValue ?? [:])
    }

    /// Applies a merge patch (RFC 7396): members that it has are changed, and `null` takes one back to what it is when nobody sets it.
    mutating func apply(_ patch: JSONObject) throws {
        try patch.refuseUnknown(Self.members, in: "waitingRoom")
        let unset = Self()
        if patch["mode"] != nil { mode = try Self.mode(patch) ?? unset.mode }
        if patch["paths"] != nil { paths = try Self.paths(patch, "paths") ?? unset.paths }
        if patch["freePaths"] != nil { freePaths = try Self.paths(patch, "freePaths") ?? unset.freePaths }
        if let value = patch["opensAt"] {
            opensAt = value.isNull ? nil : try patch.requiredInt("opensAt", in: 0...4_102_444_800_000)
        }
        if patch["lobbyMinutes"] != nil { lobbyMinutes = try patch.optionalInt("lobbyMinutes", in: 0...1440) ?? unset.lobbyMinutes }
        if patch["ratePerMinute"] != nil { ratePerMinute = try patch.optionalInt("ratePerMinute", in: 1...600_000) }
        if patch["passMinutes"] != nil { passMinutes = try patch.optionalInt("passMinutes", in: 1...120) ?? unset.passMinutes }
        if let value = patch["memberShare"] {
            guard let share = value.isNull ? unset.memberShare : value.doubleValue, (0...0.9).contains(share) else {
                throw SampanError.badMember("memberShare", Localized("a number from 0 to 0.9", zh: " 0 到 0.9 之间的数"))
            }
            memberShare = share
        }
        if let value = patch["message"] { message = value.isNull ? unset.message : try Self.message(patch.requiredObject("message"), before: message) }
    }

    private static func mode(_ patch: JSONObject) throws -> Mode? {
        guard let text = try patch.optionalText("mode") else { return nil }
        guard let mode = Mode(rawValue: text) else { throw SampanError.badMember("mode", Localized("off, auto or on", zh: " off、auto 或 on")) }
        return mode
    }

    private static func paths(_ patch: JSONObject, _ name: String) throws -> [String]? {
        guard let list = try patch.optionalList(name) else { return nil }
        let paths = list.compactMap(\.stringValue)
        let isFine = paths.count == list.count && paths.count <= pathsMax && paths.allSatisfy { $0.hasPrefix("/") && $0.utf8.count <= pathLengthMax }
        guard isFine else {
            throw SampanError.badMember(
                name, Localized("at most \(pathsMax) paths that begin with /", zh: "不超过 \(pathsMax) 个以 / 开头的路径"))
        }
        return paths
    }

    private static func message(_ patch: JSONObject, before: Localized) throws -> Localized {
        try patch.refuseUnknown(["en", "zh"], in: "message")
        func text(_ name: String, _ before: String) throws -> String {
            guard patch[name] != nil else { return before }
            let text = try patch.optionalText(name) ?? ""
            guard text.count <= messageLengthMax else {
                throw SampanError.badMember(
                    "message.\(name)", Localized("a text of at most \(messageLengthMax) characters", zh: "不超过 \(messageLengthMax) 字的文本"))
            }
            return text
        }
        return Localized(try text("en", before.en), zh: try text("zh", before.zh))
    }

    /// Whether a path, without the name of the environment, stands behind the line.
    func guards(_ path: Substring) -> Bool {
        if Self.callbacks(path) || freePaths.contains(where: { Self.begins(path, with: $0) }) { return false }
        return paths.isEmpty || paths.contains { Self.begins(path, with: $0) }
    }

    /// What a payment provider calls has no ticket and must arrive.
    private static func callbacks(_ path: Substring) -> Bool {
        guard path.hasPrefix("/http/") else { return false }
        return path.split(separator: "/").contains { $0 == "notify" || $0 == "callback" || $0 == "webhook" }
    }

    private static func begins(_ path: Substring, with start: String) -> Bool {
        guard path.hasPrefix(start) else { return false }
        return start.hasSuffix("/") || path.utf8.count == start.utf8.count || path.dropFirst(start.count).first == "/"
    }
}
