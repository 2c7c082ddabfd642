public import HTTPSupport
public import Kernel
internal import Synchronization

/// What the platform's operator allows environments.
extension Tenancy: QuotaSource {
    /// The quotas of an environment; nothing is limited in one that does not exist.
    public func quotas(of environment: EnvironmentID) -> EnvironmentQuotas {
        environmentState.withLock { $0.quotas[environment] } ?? EnvironmentQuotas()
    }

    /// Changes the quotas that `patch` has; `null` removes one.
    public func changeQuotas(_ id: EnvironmentID, _ patch: JSONObject, if precondition: Precondition = .none) async throws {
        try await changes.inTurn(id) { [self] in
            _ = try environment(id)
            let before = quotas(of: id)
            try precondition.require(EntityTag(of: before.json))
            var quotas = before
            try quotas.apply(patch)
            try await environmentStore.update(id, quotas: quotas.json.text)
            environmentState.withLock { [quotas] in $0.quotas[id] = quotas }
            AuditNote.changed("quotas of \(id)", from: before.json, to: quotas.json)
        }
    }
}

/// How quotas are stored, shown and changed.
extension EnvironmentQuotas {
    init(stored text: String) throws {
        self.init()
        try apply(JSON(parsing: Array(text.utf8)).objectValue ?? [:])
    }

    /// Those that are set.
    public var json: JSON {
        var object: JSONObject = [:]
        for measure in Measure.allCases { if let limit = self[measure] { object[measure.rawValue] = .int(limit) } }
        return .object(object)
    }

    mutating func apply(_ patch: JSONObject) throws {
        for (name, value) in patch {
            guard let measure = Measure(rawValue: name) else {
                throw SampanError.badMember(
                    name,
                    Localized(
                        "one of \(Measure.allCases.map(\.rawValue).joined(separator: ", "))",
                        zh: "以下之一：\(Measure.allCases.map(\.rawValue).joined(separator: "、"))"))
            }
            if value.isNull {
                self[measure] = nil
            } else if let limit = value.intValue, limit >= 0 {
                self[measure] = limit
            } else {
                throw SampanError.badMember(name, Localized("a whole number, or null for no quota", zh: "非负整数，或以 null 取消限制"))
            }
        }
    }
}
