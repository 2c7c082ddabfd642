internal import HTTPSupport
internal import Kernel

/// What `POST …/versions` asks for, checked.
struct DeploymentRequest: Sendable {
    struct File: Sendable, Hashable {
        let path: String
        let hash: String
        let isExecutable: Bool
    }

    let files: [File]
    /// The request, from which the members of `FunctionSettings` are read over those of the newest version.
    let settings: JSONObject
    /// `nil` keeps those of the newest version.
    let variables: [String: String]?
    /// `nil` keeps those of the function.
    let triggers: [Trigger]?
    /// `nil` keeps the function's; empty unbinds it.
    let httpPath: String?
    let description: String
    let activate: Bool
    /// Whether the same content makes a new version all the same.
    let isForced: Bool

    init(_ request: JSONObject, limits: Limits) throws {
        guard let list = try request.optionalList("files"), !list.isEmpty, list.count <= limits.functionFilesMax else {
            throw SampanError.badMember("files", Localized("1 to \(limits.functionFilesMax) files", zh: " 1 到 \(limits.functionFilesMax) 个文件"))
        }
        files = try list.map(Self.file).sorted { $0.path < $1.path }
        if let path = Self.clash(files.map(\.path)) {
            throw SampanError.badMember("files", Localized("each path once (\(path))", zh: "路径不可重复(\(path))"))
        }
        settings = request
        variables = try request.isCleared("variables") ? [:] : request.optionalObject("variables").map(EnvironmentVariables.checked)
        triggers = try Trigger.wanted(in: request)
        httpPath = try request.isCleared("httpPath") ? "" : request.optionalText("httpPath").map(Self.checkedHTTPPath)
        description = try request.optionalText("description") ?? ""
        activate = try request.optionalBool("activate") ?? true
        isForced = try request.optionalBool("force") ?? false
        guard description.utf8.count <= 1000 else { throw SampanError.badMember("description", Localized("at most 1000 bytes", zh: "至多 1000 字节")) }
    }

    /// A path that stands twice, or that another one takes for a folder.
    private static func clash(_ paths: [String]) -> String? {
        var seen: Set<String> = []
        for path in paths where !seen.insert(path).inserted { return path }
        return paths.first { path in
            path.indices.contains { path[$0] == "/" && seen.contains(String(path[..<$0])) }
        }
    }

    private static func file(_ json: JSON) throws -> File {
        guard let object = json.objectValue, let path = object["path"]?.stringValue, let hash = object["hash"]?.stringValue else {
            throw SampanError.badMember("files", Localized("objects with path and hash", zh: "含 path 与 hash 的对象"))
        }
        guard isSafe(path) else {
            throw SampanError.badRequest(
                "UNSAFE_PATH",
                Localized("The path \"\(path.prefix(100))\" leaves the function's folder or is not allowed.", zh: "路径 “\(path.prefix(100))” 超出函数目录或不被允许。"),
                remedy: Localized("Use relative paths without .., empty parts or control characters.", zh: "请使用相对路径,且不含 ..、空段或控制字符。"))
        }
        guard BlobStore.isHash(hash) else { throw SampanError.badMember("hash", Localized("64 hexadecimal digits (SHA-256)", zh: " 64 位十六进制 SHA-256")) }
        return File(path: path, hash: hash, isExecutable: object["mode"]?.intValue.map { $0 & 0o111 != 0 } ?? false)
    }

    /// Whether a path stays inside the function's folder on every system.
    static func isSafe(_ path: String) -> Bool {
        guard (1...1024).contains(path.utf8.count), !path.hasPrefix("/"), !path.utf8.contains(92) else { return false }
        guard path.unicodeScalars.allSatisfy({ $0.value >= 32 && $0.value != 127 }) else { return false }
        return path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part != "." && part != ".." && part.utf8.count <= 255
        }
    }

    static func checkedHTTPPath(_ path: String) throws -> String {
        let wellFormed = path.hasPrefix("/") && path.utf8.count <= 200 && path.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != 63 && $0 != 35 }
        guard wellFormed else { throw SampanError.badMember("httpPath", Localized("a path that begins with /", zh: "以 / 开头的路径")) }
        return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    /// Puts what is not part of a version into the function's record.
    func apply(to record: inout FunctionRecord, version: Int) {
        if activate || record.traffic.isEmpty { record.traffic = [TrafficShare(version: version, weight: 100)] }
        if let triggers { record.triggers = triggers }
        if let httpPath { record.httpPath = httpPath.isEmpty ? nil : httpPath }
    }
}

extension FunctionSettings {
    /// `base` with the members that `object` has; `null` puts one back to what a new function has.
    init(_ object: JSONObject, base: FunctionSettings) throws {
        self = base
        clear(object)
        if let handler = try object.optionalText("handler") {
            let parts = handler.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count >= 2, DeploymentRequest.isSafe(handler), parts.allSatisfy({ !$0.isEmpty }) else {
                throw SampanError.badMember("handler", Localized("file.export such as index.main", zh: "“文件.导出名”,如 index.main"))
            }
            self.handler = handler
        }
        timeoutSeconds = try object.optionalInt("timeoutSeconds", in: 1...Self.backgroundTimeoutSecondsMax) ?? timeoutSeconds
        memoryMB = try object.optionalInt("memoryMB", in: 64...4096) ?? memoryMB
        concurrency = try object.optionalInt("concurrency", in: 1...100) ?? concurrency
        asyncRetries = try object.optionalInt("asyncRetries", in: 0...10) ?? asyncRetries
        onSuccess = try object.optionalText("onSuccess") ?? onSuccess
        onFailure = try object.optionalText("onFailure") ?? onFailure
    }

    private mutating func clear(_ object: JSONObject) {
        let new = FunctionSettings()
        if object.isCleared("handler") { handler = new.handler }
        if object.isCleared("timeoutSeconds") { timeoutSeconds = new.timeoutSeconds }
        if object.isCleared("memoryMB") { memoryMB = new.memoryMB }
        if object.isCleared("concurrency") { concurrency = new.concurrency }
        if object.isCleared("asyncRetries") { asyncRetries = new.asyncRetries }
        if object.isCleared("onSuccess") { onSuccess = nil }
        if object.isCleared("onFailure") { onFailure = nil }
    }
}

extension JSONObject {
    /// Whether a member is `null`: what it stands for is to be removed, while an absent one leaves it as it is.
    fileprivate func isCleared(_ name: String) -> Bool { self[name]?.isNull ?? false }
}

extension Trigger {
    /// What a request says of triggers: nothing, that there are to be none (`null`), or which.
    static func wanted(in request: JSONObject) throws -> [Trigger]? {
        try request.isCleared("triggers") ? [] : request["triggers"].map(list)
    }

    /// Reads a list of triggers.
    static func list(_ json: JSON) throws -> [Trigger] {
        guard let list = json.arrayValue, list.count <= 10 else { throw SampanError.badMember("triggers", Localized("a list of at most 10", zh: "至多 10 项的数组")) }
        let triggers = try list.map { item in
            guard let object = item.objectValue else { throw SampanError.badMember("triggers", Localized("objects", zh: "对象")) }
            let name = try object.text("name")
            guard name.utf8.count <= 60, !name.unicodeScalars.contains(where: { $0.value < 32 }) else {
                throw SampanError.badMember("name", Localized("at most 60 bytes", zh: "至多 60 字节"))
            }
            return Trigger(name: name, argument: try object.optionalText("argument"), source: try source(object))
        }
        guard Set(triggers.map(\.name)).count == triggers.count else {
            throw SampanError.badMember("triggers", Localized("each name once", zh: "名称不可重复"))
        }
        return triggers
    }

    private static func source(_ object: JSONObject) throws -> Source {
        switch try object.optionalText("type") ?? "timer" {
        case "timer":
            guard let catchUp = CatchUp(rawValue: try object.optionalText("catchUp") ?? "once") else {
                throw SampanError.badMember("catchUp", Localized("once or skip", zh: " once 或 skip"))
            }
            let config = try object.text("config")
            return .timer(config: config, schedule: try CronSchedule(config), catchUp: catchUp)
        case "database", "coupon": return .changes(try ChangeTrigger(object))
        default: throw SampanError.badMember("type", Localized("timer, database or coupon", zh: " timer、database 或 coupon"))
        }
    }
}

extension TrafficShare {
    /// Reads a list of shares.
    static func list(_ json: JSON) throws -> [TrafficShare] {
        guard let list = json.arrayValue, list.count <= 10 else { throw SampanError.badMember("traffic", Localized("a list of at most 10", zh: "至多 10 项的数组")) }
        return try list.map { item in
            guard let object = item.objectValue, let version = try object.optionalInt("version", in: 1...Int(Int32.max)),
                let weight = try object.optionalInt("weight", in: 0...1000)
            else { throw SampanError.badMember("traffic", Localized("objects with version and weight (0 to 1000)", zh: "含 version 与 weight(0 到 1000)的对象")) }
            return TrafficShare(version: version, weight: weight)
        }
    }
}
