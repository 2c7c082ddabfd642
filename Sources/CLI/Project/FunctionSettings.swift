import Kernel

/// What a project's files say about one function beside its code; nil means that they say nothing.
struct FunctionSettings: Sendable, Equatable {
    /// What starts a function without a caller.
    struct Trigger: Sendable, Equatable {
        var name: String
        /// A timer's cron text as written, whichever platform's form it has.
        var config: String?
        /// What of it starts it: `database` with a collection, or `coupon`, perhaps with a batch; and which of its changes.
        var follows: String?
        var collection: String?
        var batch: String?
        var events: JSON?
        /// Handed to the function in its event.
        var argument: String?
        /// What happens to missed runs, in the management API's words.
        var catchUp: String?

        var json: JSON {
            var json: JSONObject = ["name": .string(name), "type": .string(follows ?? "timer")]
            json["config"] = config.map { .string($0) }
            json["collection"] = collection.map { .string($0) }
            json["batch"] = batch.map { .string($0) }
            json["events"] = events
            if let argument { json["argument"] = .string(argument) }
            if let catchUp { json["catchUp"] = .string(catchUp) }
            return .object(json)
        }
    }

    var handler: String?
    var runtime: String?
    var timeoutSeconds: JSON?
    var memoryMB: JSON?
    var concurrency: JSON?
    var asyncRetries: JSON?
    /// A function's name, or `null` for none.
    var onSuccess: JSON?
    /// A function's name, or `null` for none.
    var onFailure: JSON?
    /// A path, or `null` for none.
    var httpPath: JSON?
    var variables: JSONObject?
    var triggers: [Trigger]?
    var ignore: [String] = []

    /// What `other` says, over what this says.
    func overridden(by other: FunctionSettings) -> FunctionSettings {
        FunctionSettings(
            handler: other.handler ?? handler, runtime: other.runtime ?? runtime, timeoutSeconds: other.timeoutSeconds ?? timeoutSeconds,
            memoryMB: other.memoryMB ?? memoryMB, concurrency: other.concurrency ?? concurrency,
            asyncRetries: other.asyncRetries ?? asyncRetries, onSuccess: other.onSuccess ?? onSuccess, onFailure: other.onFailure ?? onFailure,
            httpPath: other.httpPath ?? httpPath, variables: other.variables ?? variables, triggers: other.triggers ?? triggers, ignore: ignore + other.ignore)
    }
}

/// Reads settings out of an entry of `cloudbaserc.json` or a function's `config.json`, and gathers what it could not use.
struct FunctionSettingsReader {
    /// The file, for messages.
    let source: String
    private(set) var settings = FunctionSettings()
    private(set) var warnings: [Localized] = []

    init(source: String) { self.source = source }

    /// Reads the members that say something to Sampan; a member of another type than expected is told and left out.
    mutating func read(_ entry: JSONObject) {
        // Before version 0.6 of CloudBase's tool the settings stood in a member `config` of their own.
        if let nested = entry["config"]?.objectValue { read(nested) }
        settings.handler = text(entry, "handler") ?? settings.handler
        settings.runtime = text(entry, "runtime") ?? settings.runtime
        settings.httpPath = textOrNull(entry, "httpPath") ?? settings.httpPath
        settings.onSuccess = textOrNull(entry, "onSuccess") ?? settings.onSuccess
        settings.onFailure = textOrNull(entry, "onFailure") ?? settings.onFailure
        settings.timeoutSeconds = number(entry, "timeout") ?? settings.timeoutSeconds
        settings.memoryMB = number(entry, "memorySize") ?? settings.memoryMB
        settings.concurrency = number(entry, "concurrency") ?? settings.concurrency
        settings.asyncRetries = number(entry, "asyncRetries") ?? settings.asyncRetries
        readVariables(entry["envVariables"])
        readTriggers(entry["triggers"])
        readIgnore(entry["ignore"])
    }

    private mutating func text(_ entry: JSONObject, _ name: String) -> String? {
        guard let value = entry[name], !value.isNull else { return nil }
        if value.stringValue == nil { warn(name, "text", zh: "文本") }
        return value.stringValue
    }

    /// For what can be removed: `null` says so.
    private mutating func textOrNull(_ entry: JSONObject, _ name: String) -> JSON? {
        guard let value = entry[name] else { return nil }
        return value.isNull ? .null : text(entry, name).map { .string($0) }
    }

    private mutating func number(_ entry: JSONObject, _ name: String) -> JSON? {
        guard let value = entry[name], !value.isNull else { return nil }
        if value.doubleValue != nil { return value }
        if let number = value.stringValue.flatMap({ Int64($0) }) { return .int(number) }
        warn(name, "a number", zh: "数字")
        return nil
    }

    private mutating func readVariables(_ value: JSON?) {
        guard let value, !value.isNull else { return }
        guard let members = value.objectValue else { return warn("envVariables", "an object", zh: "对象") }
        var variables = JSONObject()
        for (name, value) in members {
            switch value {
            case .string: variables[name] = value
            case .int, .double, .bool: variables[name] = .string(value.text)
            default: warn("envVariables.\(name)", "text", zh: "文本")
            }
        }
        settings.variables = variables
    }

    private mutating func readTriggers(_ value: JSON?) {
        guard let value, !value.isNull else { return }
        guard let list = value.arrayValue else { return warn("triggers", "a list", zh: "数组") }
        settings.triggers = list.compactMap { trigger($0) }
    }

    private mutating func trigger(_ entry: JSON) -> FunctionSettings.Trigger? {
        let type = entry["type"]?.stringValue ?? "timer"
        let needed = ["timer": "config", "database": "collection"][type]
        guard let name = entry["name"]?.stringValue, needed.map({ entry[$0]?.stringValue != nil }) ?? true else {
            warn(
                "triggers", "a list of {\"name\",\"type\",\"config\"} or {\"name\",\"type\":\"database\",\"collection\"}",
                zh: "由 {\"name\",\"type\",\"config\"} 或 {\"name\",\"type\":\"database\",\"collection\"} 组成的数组")
            return nil
        }
        guard ["timer", "database", "coupon"].contains(type) else {
            warnings.append(
                Localized(
                    "\(source): trigger \"\(name)\" is of type \"\(type)\"; only \"timer\", \"database\" and \"coupon\" exist here, so it is left out.",
                    zh: "\(source)：触发器 “\(name)” 的类型是 “\(type)”；此处只支持 “timer”、“database” 与 “coupon”，已略过。"))
            return nil
        }
        let members = entry.objectValue ?? [:]
        var trigger = FunctionSettings.Trigger(
            name: name, argument: entry["argument"].map { $0.stringValue ?? $0.text }, catchUp: text(members, "catchUp"))
        switch type {
        case "database": (trigger.follows, trigger.collection, trigger.events) = (type, entry["collection"]?.stringValue, entry["events"])
        case "coupon": (trigger.follows, trigger.batch, trigger.events) = (type, entry["batch"]?.stringValue, entry["events"])
        default: trigger.config = entry["config"]?.stringValue
        }
        return trigger
    }

    private mutating func readIgnore(_ value: JSON?) {
        switch value {
        case nil, .null: break
        case .string(let pattern): settings.ignore = [pattern]
        case .array(let patterns): settings.ignore = patterns.compactMap(\.stringValue)
        default: warn("ignore", "text or a list", zh: "文本或数组")
        }
    }

    private mutating func warn(_ name: String, _ expected: String, zh: String) {
        warnings.append(
            Localized("\(source): \"\(name)\" should be \(expected); it is left out.", zh: "\(source)：“\(name)” 应为\(zh)，已略过。"))
    }
}
