import Kernel

/// Turns the JSON of a schema into rules.
struct SchemaParser {
    private var rules = 0
    private static let maximumRules = 5000

    private static let keywords: Set<String> = [
        "additionalItems", "additionalProperties", "allOf", "anyOf", "bsonType", "dependencies", "description", "enum", "exclusiveMaximum",
        "exclusiveMinimum", "items", "maximum", "maxItems", "maxLength", "maxProperties", "minimum", "minItems", "minLength",
        "minProperties", "multipleOf", "not", "oneOf", "pattern", "patternProperties", "properties", "required", "title", "type",
        "uniqueItems",
    ]

    mutating func parse(_ json: JSON) throws(QueryError) -> JSONSchema {
        guard case .object(let members) = json else {
            throw Self.failure("A schema is an object, not \(json.excerpt).", zh: "模式应为对象，而不是 \(json.excerpt)。")
        }
        for (key, _) in members where !Self.keywords.contains(key) {
            throw Self.failure(
                "A schema has no keyword \"\(key)\" here; there are \(Self.keywords.sorted().joined(separator: ", ")).",
                zh: "模式没有关键字“\(key)”；可用：\(Self.keywords.sorted().joined(separator: "、"))。")
        }
        rules += members.count
        if rules > Self.maximumRules {
            throw QueryError(.limit, "A schema can have at most \(Self.maximumRules) rules.", zh: "模式最多 \(Self.maximumRules) 条规则。")
        }
        var parsed: [SchemaRule] = []
        parsed += try types(members)
        parsed += try numbers(members)
        parsed += try texts(members)
        parsed += try arrays(members)
        parsed += try objects(members)
        parsed += try logic(members)
        return JSONSchema(rules: parsed)
    }

    private static func failure(_ message: String, zh: String) -> QueryError { QueryError(.invalidQuery, "$jsonSchema: \(message)", zh: "$jsonSchema：\(zh)") }

    private static func shape(_ name: String, _ wanted: String, _ wantedZh: String, _ found: JSON) -> QueryError {
        failure("\(name) needs \(wanted), not \(found.excerpt).", zh: "\(name) 需要\(wantedZh)，而不是 \(found.excerpt)。")
    }

    private func types(_ members: JSONObject) throws(QueryError) -> [SchemaRule] {
        var rules: [SchemaRule] = []
        for name in ["title", "description"] {
            if let text = members[name], text.stringValue == nil { throw Self.shape(name, "a text", "文本", text) }
        }
        guard members["type"] == nil || members["bsonType"] == nil else {
            throw Self.failure("type and bsonType cannot stand together; use one.", zh: "type 和 bsonType 不能同时使用；请只用一个。")
        }
        for keyword in ["type", "bsonType"] {
            guard let operand = members[keyword] else { continue }
            let names: [JSON] = if case .array(let elements) = operand { elements } else { [operand] }
            var types: [ValueType] = []
            for name in names { types.append(try Self.type(name, keyword)) }
            guard !types.isEmpty, Set(types).count == types.count else {
                throw Self.shape(keyword, "type names, each once", "不重复的类型名", operand)
            }
            rules.append(.type(types, names: names.compactMap(\.stringValue)))
        }
        if let operand = members["enum"] {
            guard case .array(let values) = operand, !values.isEmpty else { throw Self.shape("enum", "a non-empty array", "非空数组", operand) }
            rules.append(.oneOfValues(Set(values.map(\.withSortedMembers))))
        }
        return rules
    }

    /// `type` has JSON's names and `bsonType` has MongoDB's.
    private static func type(_ name: JSON, _ keyword: String) throws(QueryError) -> ValueType {
        let jsonTypes: [String: ValueType] = [
            "object": .object, "array": .array, "number": .number, "boolean": .bool, "string": .string, "null": .null,
        ]
        let type = name.stringValue.flatMap { keyword == "type" ? jsonTypes[$0] : ValueType(rawValue: $0) }
        guard let type else {
            let known = keyword == "type" ? jsonTypes.keys.sorted() : ValueType.allCases.map(\.rawValue)
            throw failure(
                "\(keyword) does not know \(name.excerpt); use \(known.joined(separator: ", ")).",
                zh: "\(keyword) 不认识 \(name.excerpt)；可用：\(known.joined(separator: "、"))。")
        }
        return type
    }

    private func numbers(_ members: JSONObject) throws(QueryError) -> [SchemaRule] {
        var rules: [SchemaRule] = []
        if let limit = try number("maximum", members) {
            rules.append(.maximum(limit, isExclusive: try flag("exclusiveMaximum", members) ?? false))
        } else if members["exclusiveMaximum"] != nil {
            throw Self.failure("exclusiveMaximum is true or false beside maximum.", zh: "exclusiveMaximum 应为 true 或 false，且与 maximum 同用。")
        }
        if let limit = try number("minimum", members) {
            rules.append(.minimum(limit, isExclusive: try flag("exclusiveMinimum", members) ?? false))
        } else if members["exclusiveMinimum"] != nil {
            throw Self.failure("exclusiveMinimum is true or false beside minimum.", zh: "exclusiveMinimum 应为 true 或 false，且与 minimum 同用。")
        }
        if let divisor = try number("multipleOf", members) {
            guard let value = divisor.doubleValue, value > 0 else { throw Self.shape("multipleOf", "a number above 0", "大于 0 的数", divisor) }
            rules.append(.multiple(of: value))
        }
        return rules
    }

    private func number(_ name: String, _ members: JSONObject) throws(QueryError) -> JSON? {
        guard let value = members[name] else { return nil }
        guard let number = value.doubleValue, number.isFinite else { throw Self.shape(name, "a number", "数字", value) }
        return value
    }

    private func flag(_ name: String, _ members: JSONObject) throws(QueryError) -> Bool? {
        guard let value = members[name] else { return nil }
        guard let flag = value.boolValue else { throw Self.shape(name, "true or false", " true 或 false", value) }
        return flag
    }

    /// The range that `least` and `most` give together; nil when neither is there.
    private func range(_ least: String, _ most: String, _ members: JSONObject) throws(QueryError) -> ClosedRange<Int>? {
        guard members[least] != nil || members[most] != nil else { return nil }
        var bounds = [0, Int.max]
        for (place, name) in [least, most].enumerated() {
            guard let value = members[name] else { continue }
            guard let number = value.intValue, number >= 0 else { throw Self.shape(name, "a whole number of at least 0", "不小于 0 的整数", value) }
            bounds[place] = Int(number)
        }
        guard bounds[0] <= bounds[1] else {
            throw Self.failure("\(least) is greater than \(most).", zh: "\(least) 大于 \(most)。")
        }
        return bounds[0]...bounds[1]
    }

    private func texts(_ members: JSONObject) throws(QueryError) -> [SchemaRule] {
        var rules: [SchemaRule] = []
        if let range = try range("minLength", "maxLength", members) { rules.append(.length(range)) }
        if let pattern = members["pattern"] {
            guard case .string(let source) = pattern else { throw Self.shape("pattern", "a text", "文本", pattern) }
            rules.append(.pattern(try TextPattern(source, options: "")))
        }
        return rules
    }

    private mutating func arrays(_ members: JSONObject) throws(QueryError) -> [SchemaRule] {
        var rules: [SchemaRule] = []
        if let range = try range("minItems", "maxItems", members) { rules.append(.itemCount(range)) }
        if try flag("uniqueItems", members) ?? false { rules.append(.uniqueItems) }
        let rest = try rest("additionalItems", members)
        switch members["items"] {
        case nil: break
        case .array(let schemas)?:
            var row: [JSONSchema] = []
            for schema in schemas { row.append(try parse(schema)) }
            rules.append(.itemsInRow(row, rest: rest))
        case let schema?: rules.append(.items(try parse(schema)))
        }
        return rules
    }

    private mutating func rest(_ name: String, _ members: JSONObject) throws(QueryError) -> SchemaRule.Rest {
        switch members[name] {
        case nil, .bool(true)?: .allowed
        case .bool(false)?: .refused
        case let schema?: .schema(try parse(schema))
        }
    }

    private mutating func objects(_ members: JSONObject) throws(QueryError) -> [SchemaRule] {
        var rules: [SchemaRule] = []
        if let range = try range("minProperties", "maxProperties", members) { rules.append(.memberCount(range)) }
        if let required = members["required"] { rules.append(.required(try Self.names("required", required))) }
        if members["properties"] != nil || members["patternProperties"] != nil || members["additionalProperties"] != nil {
            var named: [(name: String, schema: JSONSchema)] = []
            for (name, schema) in try object("properties", members) { named.append((name, try parse(schema))) }
            var patterns: [(pattern: TextPattern, schema: JSONSchema)] = []
            for (source, schema) in try object("patternProperties", members) {
                patterns.append((try TextPattern(source, options: ""), try parse(schema)))
            }
            rules.append(.members(named, patterns: patterns, rest: try rest("additionalProperties", members)))
        }
        var dependencies: [(name: String, needs: SchemaRule.Dependency)] = []
        for (name, needs) in try object("dependencies", members) {
            if case .array = needs {
                dependencies.append((name, .members(try Self.names("dependencies", needs))))
            } else {
                dependencies.append((name, .schema(try parse(needs))))
            }
        }
        if !dependencies.isEmpty { rules.append(.dependencies(dependencies)) }
        return rules
    }

    private func object(_ name: String, _ members: JSONObject) throws(QueryError) -> JSONObject {
        guard let value = members[name] else { return JSONObject() }
        guard case .object(let object) = value else { throw Self.shape(name, "an object", "对象", value) }
        return object
    }

    private static func names(_ keyword: String, _ value: JSON) throws(QueryError) -> [String] {
        guard case .array(let elements) = value, !elements.isEmpty else { throw shape(keyword, "a non-empty array of names", "非空的字段名数组", value) }
        let names = elements.compactMap(\.stringValue)
        guard names.count == elements.count, Set(names.map { FieldName($0) }).count == names.count else {
            throw shape(keyword, "names, each once", "不重复的字段名", value)
        }
        return names
    }

    private mutating func logic(_ members: JSONObject) throws(QueryError) -> [SchemaRule] {
        var rules: [SchemaRule] = []
        for keyword in ["allOf", "anyOf", "oneOf"] {
            guard let operand = members[keyword] else { continue }
            guard case .array(let elements) = operand, !elements.isEmpty else {
                throw Self.shape(keyword, "a non-empty array of schemas", "非空的模式数组", operand)
            }
            var schemas: [JSONSchema] = []
            for element in elements { schemas.append(try parse(element)) }
            rules.append(keyword == "allOf" ? .all(schemas) : keyword == "anyOf" ? .any(schemas) : .one(schemas))
        }
        if let schema = members["not"] { rules.append(.not(try parse(schema))) }
        return rules
    }
}
