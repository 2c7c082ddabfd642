import Kernel

/// A collection's own rules: who may read and write which documents, and which fields.
///
/// CloudBase's form, `{"read":…,"write":…,"create":…,"update":…,"delete":…}` with `write` for those of the three that are missing, and
/// EMAS's, `{".read":…,".write":…}`. A rule is true, false or an expression; a missing one is false. Beyond both, `fields` protects
/// single fields: `{"fields":{"balance":false,"nickname":"auth.openid == doc._openid"}}` says who may change them.
struct RuleSet: Sendable {
    /// What a caller wants to do.
    enum Action: String, Sendable, CaseIterable {
        case read, create, update, delete
    }

    /// Who may change a field.
    struct FieldRule: Sendable {
        let path: FieldPath
        let rule: RuleExpression
    }

    private static let fieldsMax = 50

    /// As it was written, and is stored and shown.
    let source: JSONObject
    private let rules: [Action: RuleExpression]
    let fields: [FieldRule]

    /// Reads a rule set.
    init(_ json: JSON) throws(QueryError) {
        guard case .object(let members) = json else {
            throw RuleError.wrong(
                "Rules are an object such as {\"read\":true,\"write\":\"auth.openid == doc._openid\"}.",
                zh: "安全规则应为对象，例如 {\"read\":true,\"write\":\"auth.openid == doc._openid\"}。")
        }
        source = members
        var found: [String: RuleExpression] = [:]
        var fields: [FieldRule] = []
        for (key, value) in members {
            switch key {
            case "read", "write", "create", "update", "delete": found[key] = try Self.rule(value, of: key)
            case ".read", ".write": found[String(key.dropFirst())] = try Self.rule(value, of: key)
            case "fields": fields = try Self.fields(value)
            default:
                throw RuleError.wrong(
                    "Rules have read, write, create, update, delete and fields, not \"\(key)\".",
                    zh: "安全规则只有 read、write、create、update、delete 与 fields，没有“\(key)”。")
            }
        }
        let writing = found["write"] ?? .literal(false)
        rules = [
            .read: found["read"] ?? .literal(false), .create: found["create"] ?? writing, .update: found["update"] ?? writing,
            .delete: found["delete"] ?? writing,
        ]
        self.fields = fields
        guard !self[.read].mentions(.data), !self[.delete].mentions(.data) else {
            throw RuleError.wrong("request.data is there for create and update only.", zh: "request.data 仅可用于 create 与 update。")
        }
    }

    subscript(action: Action) -> RuleExpression { rules[action] ?? .literal(false) }

    private static func rule(_ value: JSON, of key: String) throws(QueryError) -> RuleExpression {
        switch value {
        case .bool: return .literal(value)
        case .string(let text): return try RuleParser.parse(text)
        default: throw RuleError.wrong("\"\(key)\" is true, false or an expression.", zh: "“\(key)”应为 true、false 或表达式。")
        }
    }

    private static func fields(_ value: JSON) throws(QueryError) -> [FieldRule] {
        guard case .object(let members) = value, members.count <= fieldsMax else {
            throw RuleError.wrong("\"fields\" is an object of at most \(fieldsMax) fields.", zh: "“fields”应为对象，最多 \(fieldsMax) 个字段。")
        }
        var fields: [FieldRule] = []
        for (name, rule) in members {
            let path = try FieldPath(name, code: .invalidRule)
            guard !path.hasIndex else { throw RuleError.wrong("A protected field is named without numbers.", zh: "受保护字段的路径不能含数字下标。") }
            fields.append(FieldRule(path: path, rule: try Self.rule(rule, of: name)))
        }
        return fields
    }
}

extension RuleSet {
    /// What the four presets would be as rules: the tester and the console show them.
    static func source(of permission: Permission) -> JSONObject {
        let own: JSON = "auth.openid == doc._openid"
        let creates: JSON = "auth.openid != null"
        return switch permission {
        case .readOnly: ["read": true, "create": creates, "update": own, "delete": own]
        case .private: ["read": own, "create": creates, "update": own, "delete": own]
        case .adminWrite: ["read": true, "write": false]
        case .adminOnly: ["read": false, "write": false]
        case .custom: [:]
        }
    }
}

extension RuleSet {
    /// Refuses a write that a rule or a protected field does not allow.
    /// - Parameter scope: with the stored document, if there is one, and what is written.
    /// - Returns: the path of the protected field, or an empty text for the rule itself; `nil` when it is allowed.
    func refusal(of action: Action, _ scope: RuleScope, from old: JSONObject?, to new: JSONObject?) throws -> String? {
        guard try scope.holds(self[action]) else { return "" }
        guard let new else { return nil }
        for field in fields {
            let isChanged = old.map { field.path.onlyValue(in: $0) != field.path.onlyValue(in: new) } ?? (field.path.onlyValue(in: new) != nil)
            if isChanged, try !scope.holds(field.rule) { return field.path.text }
        }
        return nil
    }
}
