/// What an environment's owner has said about the moments in which there is not room for everything: which functions and paths matter most, and what is
/// answered instead of calling what can be done without.
public struct RushPlan: Sendable, Hashable {
    /// What is answered instead of calling a function, or of asking for a path of HTTP access.
    public struct StandIn: Sendable, Hashable {
        /// A function's name, or a path below `/http/ENV` that begins with `/`.
        public let name: String
        /// The media type of the answer.
        public let type: String
        /// The answer.
        public let body: [UInt8]
    }

    /// The most functions and paths that have a class.
    public static let classesMax = 200
    /// The most answers.
    public static let standInsMax = 20
    /// The largest answer, in bytes.
    public static let bodyBytesMax = 64 << 10

    /// What functions (by name) and paths of HTTP access (that begin with `/`) are for; what is not named is `browse`.
    public private(set) var classes: [String: RequestClass] = [:]
    /// What is switched off, the first one first.
    public private(set) var standIns: [StandIn] = []

    /// What the environment's share is worth against others' when the node is full; the platform's operator says it.
    public private(set) var share = 1

    /// Nothing is said.
    public init() {}

    /// Whether nothing is said.
    public var isEmpty: Bool { classes.isEmpty && standIns.isEmpty && share == 1 }

    /// What a path of HTTP access is for: by the longest path that is named and begins it.
    public func kind(ofPath path: some StringProtocol) -> RequestClass? {
        classes.filter { $0.key.hasPrefix("/") && Self.covers($0.key, path) }.max { $0.key.utf8.count < $1.key.utf8.count }?.value
    }

    /// Where a stand-in stands in the order of what is switched off.
    public func place(of name: some StringProtocol) -> Int? {
        standIns.firstIndex { $0.name == name || $0.name.hasPrefix("/") && Self.covers($0.name, name) }
    }

    private static func covers(_ prefix: String, _ path: some StringProtocol) -> Bool {
        path.hasPrefix(prefix) && (prefix.hasSuffix("/") || path.utf8.count == prefix.utf8.count || path.dropFirst(prefix.count).first == "/")
    }

    // MARK: JSON

    /// As it is stored and shown: `{"classes":{"pay":"pay"},"share":1,"standIns":[{"name","type","body"}]}`.
    public var json: JSON {
        var words: JSONObject = [:]
        for (name, kind) in classes.sorted(by: { $0.key < $1.key }) { words[name] = .string(kind.word) }
        let list = standIns.map { standIn -> JSON in
            ["name": .string(standIn.name), "type": .string(standIn.type), "body": .string(String(decoding: standIn.body, as: UTF8.self))]
        }
        return ["classes": .object(words), "share": .int(Int64(share)), "standIns": .array(list)]
    }

    /// Applies a merge patch (RFC 7396): classes name by name, stand-ins as a whole.
    public mutating func apply(_ patch: JSONObject) throws {
        for (name, _) in patch where !["classes", "share", "standIns"].contains(name) {
            throw SampanError.badMember("rush.\(name.prefix(60))", Localized("classes, share or standIns", zh: " classes、share 或 standIns"))
        }
        if let value = patch["share"] {
            guard let share = value.isNull ? 1 : value.intValue, (1...100).contains(share) else {
                throw SampanError.badMember("rush.share", Localized("a whole number from 1 to 100", zh: " 1 到 100 的整数"))
            }
            self.share = Int(share)
        }
        if patch["classes"]?.isNull == true { classes = [:] }
        for (name, value) in patch["classes"]?.objectValue ?? [:] { classes[name] = value.isNull ? nil : try Self.kind(name, value) }
        guard classes.count <= Self.classesMax else {
            throw SampanError.badMember("rush.classes", Localized("at most \(Self.classesMax)", zh: "不超过 \(Self.classesMax) 项"))
        }
        guard let list = patch["standIns"] else { return }
        let items = list.isNull ? [] : list.arrayValue
        guard let items, items.count <= Self.standInsMax else {
            throw SampanError.badMember("rush.standIns", Localized("a list of at most \(Self.standInsMax)", zh: "不超过 \(Self.standInsMax) 项的数组"))
        }
        standIns = try items.map(Self.standIn)
    }

    private static func kind(_ name: String, _ value: JSON) throws -> RequestClass {
        guard let kind = value.stringValue.flatMap(RequestClass.init(word:)), !name.isEmpty, name.utf8.count <= 256 else {
            let words = RequestClass.allCases.map(\.word).joined(separator: ", ")
            throw SampanError.badMember(
                "rush.classes.\(name.prefix(60))", Localized("a function's name or a path, and one of \(words)", zh: "函数名或路径，取值为 \(words) 之一"))
        }
        return kind
    }

    private static func standIn(_ item: JSON) throws -> StandIn {
        let expected = Localized(
            "{\"name\": a function or a path, \"body\": any JSON or, with \"type\", a text of at most \(bodyBytesMax) bytes}",
            zh: "{\"name\": 函数名或路径, \"body\": 任意 JSON，或在指定 \"type\" 时为不超过 \(bodyBytesMax) 字节的文本}")
        guard let object = item.objectValue, let name = object["name"]?.stringValue, (1...256).contains(name.utf8.count), let body = object["body"] else {
            throw SampanError.badMember("rush.standIns", expected)
        }
        let type = object["type"]?.stringValue
        // A type goes into the head of an answer: nothing else may.
        guard type?.utf8.allSatisfy({ (32...126).contains($0) }) != false, (type?.utf8.count ?? 1) <= 100, type == nil || body.stringValue != nil else {
            throw SampanError.badMember("rush.standIns", expected)
        }
        let bytes = type == nil ? body.serialized() : Array((body.stringValue ?? "").utf8)
        guard bytes.count <= bodyBytesMax else { throw SampanError.badMember("rush.standIns", expected) }
        return StandIn(name: name, type: type ?? "application/json; charset=utf-8", body: bytes)
    }
}
