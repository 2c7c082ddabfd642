import Kernel

extension JSONSchema {
    func failure(ofValue value: JSON) -> SchemaFailure? {
        for rule in rules {
            guard var failure = rule.failure(of: value) else { continue }
            // The innermost schema's is the one that is broken.
            failure.keyword = failure.keyword ?? rule.keyword
            return failure
        }
        return nil
    }
}

extension SchemaRule {
    /// Why a value breaks the rule; a rule about another type of values says nothing.
    fileprivate func failure(of value: JSON) -> SchemaFailure? {
        switch self {
        case .type(let types, let names):
            types.contains { $0.includes(value) }
                ? nil : Self.failure("must be of the type \(names.joined(separator: "/"))", "的类型应为 \(names.joined(separator: "/"))")
        case .oneOfValues(let values):
            values.contains(value.withSortedMembers)
                ? nil : Self.failure("must be one of the listed values, not \(value.excerpt)", "应为列出的值之一，而不是 \(value.excerpt)")
        case .maximum, .minimum, .multiple: numberFailure(of: value)
        case .length, .pattern: textFailure(of: value)
        case .itemCount, .uniqueItems, .items, .itemsInRow: value.arrayValue.flatMap { arrayFailure(of: $0) }
        case .memberCount, .required, .members, .dependencies: value.objectValue.flatMap { objectFailure(of: $0) }
        case .all, .any, .one, .not: logicFailure(of: value)
        }
    }

    private static func failure(_ en: String, _ zh: String) -> SchemaFailure { SchemaFailure(Localized(en, zh: zh)) }

    private func numberFailure(of value: JSON) -> SchemaFailure? {
        guard let number = value.doubleValue else { return nil }
        switch self {
        case .maximum(let limit, let isExclusive):
            let order = ValueOrder.compare(value, limit)
            if order == .ascending || (order == .same && !isExclusive) { return nil }
            return Self.failure("must be \(isExclusive ? "less than" : "at most") \(limit.text)", "应\(isExclusive ? "小于" : "不大于") \(limit.text)")
        case .minimum(let limit, let isExclusive):
            let order = ValueOrder.compare(value, limit)
            if order == .descending || (order == .same && !isExclusive) { return nil }
            return Self.failure("must be \(isExclusive ? "greater than" : "at least") \(limit.text)", "应\(isExclusive ? "大于" : "不小于") \(limit.text)")
        case .multiple(let divisor):
            // Fractions such as 0.1 are never exact, so that the quotient only has to be as good as whole.
            let quotient = number / divisor
            if abs(quotient - quotient.rounded()) <= 1e-9 * max(1, abs(quotient)) { return nil }
            return Self.failure("must be a multiple of \(JSON.double(divisor).text)", "应为 \(JSON.double(divisor).text) 的倍数")
        default: return nil
        }
    }

    private func textFailure(of value: JSON) -> SchemaFailure? {
        guard case .string(let text) = value else { return nil }
        switch self {
        case .length(let range):
            return range.contains(text.unicodeScalars.count) ? nil : Self.count(range, "characters", "个字符")
        case .pattern(let pattern):
            return pattern.matches(text) ? nil : Self.failure("must match the pattern \(pattern.source)", "应匹配正则表达式 \(pattern.source)")
        default: return nil
        }
    }

    private static func count(_ range: ClosedRange<Int>, _ unit: String, _ unitZh: String) -> SchemaFailure {
        if range.upperBound == .max { return failure("must have at least \(range.lowerBound) \(unit)", "至少应有 \(range.lowerBound) \(unitZh)") }
        return failure(
            "must have \(range.lowerBound) to \(range.upperBound) \(unit)", "应有 \(range.lowerBound) 到 \(range.upperBound) \(unitZh)")
    }

    private func arrayFailure(of elements: [JSON]) -> SchemaFailure? {
        switch self {
        case .itemCount(let range): return range.contains(elements.count) ? nil : Self.count(range, "items", "个元素")
        case .uniqueItems:
            let different = Set(elements.map(\.withSortedMembers))
            return different.count == elements.count ? nil : Self.failure("must not hold a value twice", "不能有重复的元素")
        case .items(let schema):
            for (place, element) in elements.enumerated() {
                if let failure = schema.failure(ofValue: element) { return failure.inside(String(place)) }
            }
            return nil
        case .itemsInRow(let schemas, let rest):
            for (place, element) in elements.enumerated() {
                let failure = place < schemas.count ? schemas[place].failure(ofValue: element) : rest.failure(of: element)
                if let failure { return failure.inside(String(place)) }
            }
            return nil
        default: return nil
        }
    }

    private func objectFailure(of object: JSONObject) -> SchemaFailure? {
        switch self {
        case .memberCount(let range): return range.contains(object.count) ? nil : Self.count(range, "fields", "个字段")
        case .required(let names):
            return names.first { object[$0] == nil }.map { Self.failure("is missing", "缺失").inside($0) }
        case .members(let named, let patterns, let rest):
            for (name, value) in object {
                if let failure = Self.failure(ofMember: name, value, named, patterns, rest) { return failure.inside(name) }
            }
            return nil
        case .dependencies(let dependencies):
            for (name, needs) in dependencies where object[name] != nil {
                switch needs {
                case .members(let names):
                    if let missing = names.first(where: { object[$0] == nil }) {
                        return Self.failure("is missing, although \"\(name)\" is there", "缺失，而“\(name)”存在").inside(missing)
                    }
                case .schema(let schema): if let failure = schema.failure(ofValue: .object(object)) { return failure }
                }
            }
            return nil
        default: return nil
        }
    }

    private static func failure(
        ofMember name: String, _ value: JSON, _ named: [(name: String, schema: JSONSchema)],
        _ patterns: [(pattern: TextPattern, schema: JSONSchema)], _ rest: Rest
    ) -> SchemaFailure? {
        var isKnown = false
        for member in named where member.name.hasSameBytes(as: name) {
            isKnown = true
            if let failure = member.schema.failure(ofValue: value) { return failure }
        }
        for (pattern, schema) in patterns where pattern.matches(name) {
            isKnown = true
            if let failure = schema.failure(ofValue: value) { return failure }
        }
        return isKnown ? nil : rest.failure(of: value)
    }

    private func logicFailure(of value: JSON) -> SchemaFailure? {
        switch self {
        case .all(let schemas): return schemas.lazy.compactMap { $0.failure(ofValue: value) }.first
        case .any(let schemas):
            return schemas.contains { $0.failure(ofValue: value) == nil }
                ? nil : Self.failure("fits none of the \(schemas.count) alternatives of anyOf", "不符合 anyOf 的 \(schemas.count) 个方案中的任何一个")
        case .one(let schemas):
            let fitting = schemas.count { $0.failure(ofValue: value) == nil }
            return fitting == 1
                ? nil : Self.failure("fits \(fitting) alternatives of oneOf instead of one", "符合 oneOf 中的 \(fitting) 个方案，而应恰好一个")
        case .not(let schema):
            return schema.failure(ofValue: value) == nil ? Self.failure("is what the schema's not forbids", "是模式的 not 所禁止的") : nil
        default: return nil
        }
    }
}

extension SchemaRule.Rest {
    fileprivate func failure(of value: JSON) -> SchemaFailure? {
        switch self {
        case .allowed: nil
        case .refused: SchemaFailure(Localized("is not allowed", zh: "不允许出现"))
        case .schema(let schema): schema.failure(ofValue: value)
        }
    }
}

extension JSON {
    /// The same value with the members of all objects sorted: to a schema their order means nothing.
    var withSortedMembers: JSON {
        switch self {
        case .array(let elements): .array(elements.map(\.withSortedMembers))
        case .object(let members):
            .object(
                JSONObject(
                    members.sorted { $0.key.bytePrecedence(to: $1.key) == .ascending }.map { ($0.key, $0.value.withSortedMembers) }))
        default: self
        }
    }
}
