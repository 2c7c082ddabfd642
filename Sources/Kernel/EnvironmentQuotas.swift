/// How much an environment may hold; what has no number is not limited.
public struct EnvironmentQuotas: Sendable, Hashable {
    /// What is counted.
    public enum Measure: String, Sendable, CaseIterable {
        /// What the database takes on the disk, indexes too, in whole pages.
        case documentBytes
        /// The bytes of all files.
        case fileBytes
        /// How many files there are.
        case files
        /// How many functions there are.
        case functions
        /// How many collections there are.
        case collections
        /// How many coupons all batches together may give.
        case coupons
    }

    private var limits: [Measure: Int64] = [:]

    /// Nothing is limited.
    public init() {}

    /// The quota of one measure; `nil` where there is none.
    public subscript(measure: Measure) -> Int64? {
        get { limits[measure] }
        set { limits[measure] = newValue }
    }

    /// Throws where something would grow from `before` to `after` and not fit.
    ///
    /// What does not grow is let through: a quota that was lowered below what there is stops growth and nothing else.
    public func require(_ measure: Measure, before: Int64, after: Int64) throws {
        guard let limit = self[measure], after > limit, after > before else { return }
        throw SampanError.quotaExceeded(measure, limit)
    }
}

/// Who knows the quotas of environments; asked each time that something grows, so that a change holds at once.
public protocol QuotaSource: Sendable {
    /// The quotas of an environment; nothing is limited in one that does not exist.
    func quotas(of environment: EnvironmentID) -> EnvironmentQuotas
}

/// Where nothing is limited.
public struct NoQuotas: QuotaSource {
    /// Makes one.
    public init() {}

    /// Nothing is limited.
    public func quotas(of environment: EnvironmentID) -> EnvironmentQuotas { EnvironmentQuotas() }
}

extension SampanError {
    /// 403: the environment has as much as the platform's operator allows it.
    public static func quotaExceeded(_ measure: EnvironmentQuotas.Measure, _ limit: Int64) -> SampanError {
        SampanError(
            "QUOTA_EXCEEDED", status: 403,
            Localized(
                "The environment's quota is used up: \(measure.rawValue), at most \(limit).", zh: "环境配额已用尽：\(measure.rawValue)，上限为 \(limit)。"),
            remedy: Localized("Delete what is not needed, or ask the platform's operator for more.", zh: "请清理不需要的内容，或联系平台管理员调整配额。"),
            members: ["quota": .string(measure.rawValue), "limit": .int(limit)])
    }
}
