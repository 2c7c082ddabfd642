internal import Kernel
internal import Storage

/// What one caller may do in one collection, for the length of one read or one turn of the writer.
struct DocumentGuard {
    let collection: Collection
    private let reach: CollectionAccess.Reach
    private let caller: Caller
    private let now: Int64
    private let lookups: RuleLookups

    /// - Parameter find: what `get()` in rules reads with.
    init(
        _ collection: Collection, for action: RuleSet.Action, _ caller: Caller, now: Int64,
        find: @escaping (_ collection: String, _ id: String) throws -> JSONObject?
    ) {
        self.collection = collection
        reach = collection.access.reach(action, caller)
        self.caller = caller
        self.now = now
        lookups = RuleLookups(find)
    }

    /// Throws where the caller may do nothing of the kind.
    func requireAny() throws {
        if reach.isNone { throw SampanError.permissionDenied(collection.name, collection.access.permission) }
    }

    /// The part of `filter` that is within reach.
    func restricted(_ wanted: Filter) throws -> Filter {
        let filter = try wanted.bound(to: collection.textContext)
        switch reach {
        case .all: return filter
        case .own(let openid): return filter.and(try Filter(["_openid": .string(openid)]))
        case .none: throw SampanError.permissionDenied(collection.name, collection.access.permission)
        case .ruled(let rules, let action):
            return filter.and(Filter(condition: try constraint(rules, action)))
        }
    }

    /// Whether a document that was found by its id is within reach.
    /// - Parameter document: is asked for only where a rule has to see it.
    func reaches(owner: String, _ document: () throws -> JSONObject) throws -> Bool {
        switch reach {
        case .all: return true
        case .own(let openid): return owner == openid
        case .none: throw SampanError.permissionDenied(collection.name, collection.access.permission)
        case .ruled(let rules, let action):
            let isWithin = try constraint(rules, action).matches(document())
            try check()
            return isWithin
        }
    }

    /// What the rule says of documents; where it lets the caller reach none whatever they hold, that is said rather than "nothing found".
    private func constraint(_ rules: RuleSet, _ action: RuleSet.Action) throws -> Condition {
        let condition = try RuleConstraint(scope: scope()).condition(rules[action])
        if case .some(let parts) = condition, parts.isEmpty { throw SampanError.ruleDenied(collection.name, action) }
        return condition
    }

    /// Throws where a rule does not let a document become `new`.
    ///
    /// For an update that the caller's reach has let through already: what is left is what the rule says of `request.data`.
    func requireWrite(_ old: JSONObject?, _ new: JSONObject) throws {
        guard case .ruled(let rules, let action) = reach else { return }
        var scope = scope()
        scope.document = old ?? new
        scope.data = old.map { Self.difference(from: $0, to: new) } ?? new
        guard let field = try rules.refusal(of: action, scope, from: old, to: new) else { return }
        throw field.isEmpty ? SampanError.ruleDenied(collection.name, action) : .fieldProtected(field, collection.name)
    }

    /// Throws what went wrong while rules looked at documents one by one.
    func check() throws { try lookups.check() }

    private func scope() -> RuleScope { RuleScope(auth: caller.user?.ruleAuth ?? .null, now: now, lookups: lookups) }

    /// The fields that a write touches, as they will be; null for those that will be gone.
    private static func difference(from old: JSONObject, to new: JSONObject) -> JSONObject {
        var difference = JSONObject()
        for (key, value) in new where old[key] != value { difference[key] = value }
        for (key, _) in old where new[key] == nil { difference[key] = .null }
        return difference
    }
}

extension SampanError {
    static func ruleDenied(_ collection: String, _ action: RuleSet.Action) -> SampanError {
        forbidden(
            Localized(
                "The security rule \"\(action.rawValue)\" of \"\(collection)\" does not allow this.", zh: "集合 “\(collection)” 的安全规则 \(action.rawValue) 不允许此操作。"),
            remedy: Localized(
                "The rule tester on the collection's page shows which part refuses; or do it in a cloud function.", zh: "可在集合页用规则测试器查看是哪一部分拒绝；或在云函数中操作。"))
    }

    static func fieldProtected(_ field: String, _ collection: String) -> SampanError {
        SampanError(
            "FIELD_PROTECTED", status: 403,
            Localized("The rules of \"\(collection)\" do not let you change the field \"\(field)\".", zh: "集合 “\(collection)” 的安全规则不允许修改字段 “\(field)”。"),
            remedy: Localized("Leave it out, or change it in a cloud function.", zh: "请去掉该字段，或在云函数中修改。"))
    }
}
