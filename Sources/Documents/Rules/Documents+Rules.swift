internal import HTTPSupport
public import Kernel
internal import Storage

/// Trying security rules before somebody is refused by them.
extension Documents {
    /// The name of the permission that stands for a collection's own rules.
    public static let ownRules = Permission.custom.rawValue

    /// What a user may do to a document, and which part of the rule says so.
    /// - Parameter request: `{"action":"read|create|update|delete","user":{"openid","loginType"?}|null,"id"?|"document"?,"data"?,"rules"?}`:
    ///   the stored document of an id or one that is written out, what would be written, and rules in place of the collection's.
    /// - Returns: `{"allowed","reason","parts":[{"text","holds","values"}]}`
    public func testRules(_ request: JSONObject, of name: String, _ environment: EnvironmentID) throws -> JSON {
        let store = try store(environment)
        let collection = try store.collection(name)
        guard let action = RuleSet.Action(rawValue: try request.text("action")) else {
            throw SampanError.badMember("action", Localized("read, create, update or delete", zh: " read、create、update 或 delete"))
        }
        let rules =
            if let written = request["rules"], !written.isNull { try RuleSet(written) } else {
                try collection.access.rules ?? RuleSet(.object(RuleSet.source(of: collection.access.permission)))
            }
        return try store.database.read { connection in
            let lookups = RuleLookups { other, id in
                guard let other = store.catalog[other] else { return nil }
                return try store.reader(connection, other).one(id) { try $0.document(2) }
            }
            let stored = try Self.testedDocument(request, store.reader(connection, collection))
            var scope = RuleScope(auth: try Self.testedUser(request), now: clock.now(), lookups: lookups)
            scope.data = request["data"]?.objectValue
            scope.document = action == .create ? stored ?? scope.data : stored
            let trace = try RuleTrace(rules[action], scope)
            let new = scope.data.map { data in data.reduce(into: stored ?? [:]) { $0[$1.key] = $1.value } }
            let refusal = try rules.refusal(of: action, scope, from: action == .create ? nil : stored, to: new)
            var answer = trace.json.objectValue ?? [:]
            answer["holds"] = nil
            answer["rule"] = .string(rules[action].text)
            answer["allowed"] = .bool(refusal == nil)
            if let field = refusal, !field.isEmpty { answer["protectedField"] = .string(field) }
            return .object(answer)
        }
    }

    private static func testedDocument(_ request: JSONObject, _ reader: DocumentReader) throws -> JSONObject? {
        if let document = request["document"]?.objectValue { return document }
        guard let id = try request.optionalText("id"), !id.isEmpty else { return nil }
        guard let document = try reader.one(id, { try $0.document(2) }) else { throw SampanError.noDocument(id) }
        return document
    }

    private static func testedUser(_ request: JSONObject) throws -> JSON {
        guard case .object(var user)? = request["user"] else { return .null }
        user["uid"] = user["uid"] ?? user["openid"]
        user["loginType"] = user["loginType"] ?? "WECHAT_PUBLIC"
        return .object(user)
    }
}
