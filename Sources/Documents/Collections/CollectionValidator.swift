internal import HTTPSupport
internal import Kernel

/// What the documents of a collection must look like: MongoDB's `validator`, a condition or a `$jsonSchema`, with its level and action.
struct CollectionValidator: Sendable {
    /// Which writes are looked at.
    enum Level: String {
        case off
        /// Every write.
        case strict
        /// Every new document, and changes of those that fitted before.
        case moderate
    }

    /// What becomes of a document that does not fit.
    enum Action: String {
        case error
        /// It is stored all the same, and counted.
        case warn
    }

    /// Where a document does not fit, and which rule says so.
    struct Failure: Sendable {
        /// The names and places that lead to the value, joined by dots; empty for the document itself.
        let field: String
        /// A keyword of the schema, or the condition.
        let rule: String
        let message: Localized
    }

    /// One member of the condition, so that a refusal can name it.
    private struct Part: Sendable {
        let text: String
        let field: String
        let filter: Filter
        let schema: JSONSchema?
    }

    static let memberNames = ["validator", "validationLevel", "validationAction"]

    let source: JSONObject
    let level: Level
    let action: Action
    private let parts: [Part]

    /// - Throws: what is wrong with the condition.
    init(_ source: JSONObject, level: Level = .strict, action: Action = .error) throws {
        self.source = source
        self.level = level
        self.action = action
        try Self.requireUsable(Filter(.object(source)).condition)
        parts = try source.map { name, operand in
            let condition: JSON = .object([name: operand])
            return Part(
                text: condition.excerpt, field: name.hasPrefix("$") ? "" : name, filter: try Filter(condition),
                schema: name == "$jsonSchema" ? try JSONSchema(operand) : nil)
        }
    }

    /// As it is stored beside the collection.
    init?(stored: String?) throws {
        guard let json = try stored.map({ try JSON(parsing: Array($0.utf8)) }), let source = json["validator"]?.objectValue else { return nil }
        self = try CollectionValidator(
            source, level: json["validationLevel"]?.stringValue.flatMap { Level(rawValue: $0) } ?? .strict,
            action: json["validationAction"]?.stringValue.flatMap { Action(rawValue: $0) } ?? .error)
    }

    /// The validator that somebody asks for: `nil` where a collection is to have none.
    /// - Parameter current: what stays as it is where only the level or the action is given.
    init?(in request: JSONObject, changing current: CollectionValidator?) throws {
        func word<Word: RawRepresentable<String>>(_ name: String, _ words: Localized) throws -> Word? {
            guard let text = try request.optionalText(name) else { return nil }
            guard let word = Word(rawValue: text) else { throw SampanError.badMember(name, words) }
            return word
        }
        let level: Level? = try word("validationLevel", Localized("strict, moderate or off", zh: " strict、moderate 或 off"))
        let action: Action? = try word("validationAction", Localized("error or warn", zh: " error 或 warn"))
        let source: JSONObject?
        switch request["validator"] {
        case nil: source = current?.source
        case .null?: source = nil
        case .object(let members)?: source = members.isEmpty ? nil : members
        default: throw SampanError.badMember("validator", Localized("a condition, or null for none", zh: "查询条件；null 表示取消"))
        }
        guard let source else {
            guard request["validator"] != nil else {
                throw SampanError.badMember("validator", Localized("a condition, as the collection has none", zh: "查询条件（该集合尚无校验规则）"))
            }
            return nil
        }
        self = try CollectionValidator(source, level: level ?? current?.level ?? .strict, action: action ?? current?.action ?? .error)
    }

    /// A document is looked at alone: there is nothing to be near to, and no index of texts.
    private static func requireUsable(_ condition: Condition) throws(QueryError) {
        let isNear = condition.conjuncts.contains { if case .near = $0 { true } else { false } }
        guard isNear || condition.hasText else { return }
        throw QueryError(
            .invalidQuery, "A validator cannot use $near or $text; use $geoWithin or $regex.", zh: "校验规则不能使用 $near 或 $text；请用 $geoWithin 或 $regex。")
    }

    /// As the management API shows it and as it is stored.
    var json: JSONObject {
        ["validator": .object(source), "validationLevel": .string(level.rawValue), "validationAction": .string(action.rawValue)]
    }

    var stored: String { JSON.object(json).text }

    /// Why a document may not become `new`; `nil` where it may.
    func failure(of new: JSONObject, replacing old: JSONObject?) -> Failure? {
        guard level != .off, let failure = failure(of: new) else { return nil }
        if level == .moderate, let old, self.failure(of: old) != nil { return nil }
        return failure
    }

    private func failure(of document: JSONObject) -> Failure? {
        for part in parts {
            if let schema = part.schema {
                guard let failure = schema.failure(of: document) else { continue }
                return Failure(field: failure.path, rule: failure.keyword ?? "$jsonSchema", message: failure.message)
            }
            if part.filter.matches(document) { continue }
            return Failure(
                field: part.field, rule: part.text, message: Localized("It does not fit the condition \(part.text).", zh: "不符合条件 \(part.text)。"))
        }
        return nil
    }
}

extension SampanError {
    static func documentInvalid(_ failure: CollectionValidator.Failure, _ id: String, _ collection: String) -> SampanError {
        SampanError(
            "DOCUMENT_INVALID", status: 422,
            Localized(
                "The document \"\(id.prefix(100))\" is not as the validator of \"\(collection)\" wants it: \(failure.message.en)",
                zh: "文档 “\(id.prefix(100))” 不符合集合 “\(collection)” 的校验规则：\(failure.message.zh)"),
            remedy: Localized("Correct the document, or change the collection's validator.", zh: "请修正文档，或修改集合的校验规则。"),
            members: ["collection": .string(collection), "field": .string(failure.field), "rule": .string(failure.rule)])
    }
}
