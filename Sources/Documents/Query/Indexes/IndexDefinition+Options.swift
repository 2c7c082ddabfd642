public import Kernel

extension IndexDefinition {
    func validateKind() throws(QueryError) {
        switch kind {
        case .ordered: return
        case .geo:
            guard fields.count == 1 else {
                throw QueryError(
                    .invalidQuery, "A geo index has exactly one field; index the others in an index of their own.",
                    zh: "地理索引只能有一个字段；其他字段请另建索引。")
            }
        case .text(let weights):
            let names = Set(fields.map(\.path))
            guard weights.allSatisfy({ names.contains($0.key) && (1...99_999).contains($0.value) }) else {
                throw QueryError(
                    .invalidQuery, "The weights of a text index belong to its fields and lie between 1 and 99999.",
                    zh: "文本索引的权重只能针对其字段，且在 1 到 99999 之间。")
            }
        }
        if unique {
            throw QueryError(.invalidQuery, "Only an ordered index can be unique.", zh: "只有普通索引可以设为唯一。")
        }
        if fields.contains(where: \.descending) {
            throw QueryError(.invalidQuery, "Fields of a text or geo index have no direction.", zh: "文本索引和地理索引的字段没有方向。")
        }
    }

    /// The longest life of documents: what MongoDB takes too.
    private static let maximumExpiry: Int64 = 2_147_483_647

    func validateExpiry() throws(QueryError) {
        guard let seconds = expireAfterSeconds else { return }
        guard kind == .ordered, fields.count == 1, fields[0].path != "_id", (0...Self.maximumExpiry).contains(seconds) else {
            throw QueryError(
                .invalidQuery,
                "expireAfterSeconds is a number from 0 to \(Self.maximumExpiry) on an ordered index of one field other than _id.",
                zh: "expireAfterSeconds 应为 0 到 \(Self.maximumExpiry) 的数，且只能用于单字段（非 _id）的普通索引。")
        }
    }

    /// Until when a document lives, in milliseconds since 1970; nil for ever.
    ///
    /// Counted is the earliest date in the field; what is no date does not expire, nor does a document that a partial index leaves out.
    public func expiry(of document: JSONObject) -> Int64? {
        guard let seconds = expireAfterSeconds, let field = fields.first, let path = try? FieldPath(field.path), covers(document) else {
            return nil
        }
        var earliest: Int64?
        _ = path.anyValue(in: document, expandsLastArray: true) { value in
            if case .date(let date)? = value { earliest = min(earliest ?? .max, date) }
            return false
        }
        return earliest.map { date in
            let (sum, overflow) = date.addingReportingOverflow(seconds * 1000)
            return overflow ? .max : sum
        }
    }

    /// What a filter with `$text` must know, when this is a text index; see ``Filter/bound(to:)``.
    public var textContext: TextIndexContext? {
        guard case .text(let weights) = kind else { return nil }
        return try? TextIndexContext(fields.map { TextIndexContext.Field(path: $0.path, weight: weights[$0.path] ?? 1) })
    }

    /// Everything but name, fields, uniqueness and the multikey mark, for storage; an empty object for a plain index.
    public var options: JSONObject {
        var options = JSONObject()
        switch kind {
        case .ordered: break
        case .geo: options["kind"] = "geo"
        case .text(let weights):
            options["kind"] = "text"
            let sorted = weights.sorted { $0.key.bytePrecedence(to: $1.key) == .ascending }
            if !weights.isEmpty { options["weights"] = .object(JSONObject(sorted.map { ($0.key, .int(Int64($0.value))) })) }
        }
        if sparse { options["sparse"] = true }
        if let partial { options["partial"] = partial.json }
        if let expireAfterSeconds { options["expireAfterSeconds"] = .int(expireAfterSeconds) }
        return options
    }

    /// Takes over what ``options`` wrote, or what a caller asks for; unknown or misshapen members are refused.
    public mutating func apply(options: JSONObject) throws(QueryError) {
        for (name, value) in options {
            switch (name, value) {
            case ("kind", "ordered"): kind = .ordered
            case ("kind", "geo"): kind = .geo
            case ("kind", "text"): kind = .text(weights: try Self.weights(options["weights"]))
            case ("weights", .object) where options["kind"] == "text": break
            case ("sparse", .bool(let flag)): sparse = flag
            case ("partial", .object): partial = try PartialFilter(value)
            case ("expireAfterSeconds", _) where value.intValue != nil: expireAfterSeconds = value.intValue
            default: throw Self.optionError(name, value)
            }
        }
    }

    private static func weights(_ json: JSON?) throws(QueryError) -> [String: Int] {
        var weights: [String: Int] = [:]
        for (path, weight) in json?.objectValue ?? JSONObject() {
            guard let number = weight.intValue, let count = Int(exactly: number) else { throw optionError("weights", weight) }
            weights[path] = count
        }
        return weights
    }

    private static func optionError(_ name: String, _ value: JSON) -> QueryError {
        QueryError(
            .invalidQuery,
            "An index takes kind (ordered, text, geo), weights (text only), sparse, partial and expireAfterSeconds, not \"\(name)\": \(value.excerpt).",
            zh: "索引选项有 kind（ordered、text、geo）、weights（仅文本索引）、sparse、partial、expireAfterSeconds，而不是“\(name)”：\(value.excerpt)。")
    }
}
