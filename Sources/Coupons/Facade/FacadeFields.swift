internal import Kernel

/// Reads what a platform's client sends, field by field: whatever nobody has asked for at the end is refused by its name, so that
/// nothing that a merchant says is dropped without a word.
final class FacadeFields {
    private var rest: JSONObject
    private let path: String
    private var parts: [FacadeFields] = []

    init(_ object: JSONObject, at path: String = "") {
        rest = object
        self.path = path
    }

    /// A field's name as errors have it, from the outermost object on.
    func name(_ field: String) -> String { path + field }

    func has(_ field: String) -> Bool { rest[field].map { !$0.isNull } ?? false }

    /// Takes a field; `nil` for one that is absent, null or an empty text.
    func take(_ field: String) -> JSON? {
        guard let value = rest.removeValue(forKey: field), !value.isNull, value.stringValue != "" else { return nil }
        return value
    }

    // MARK: Reading

    func text(_ field: String, max: Int = 128) throws -> String? {
        guard let value = take(field) else { return nil }
        guard let text = value.stringValue, text.utf8.count <= max, text.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) else {
            throw wrong(field, "a text of at most \(max) bytes without control characters", "不超过 \(max) 字节且不含控制字符的文本")
        }
        return text
    }

    func need(_ field: String, max: Int = 128) throws -> String {
        guard let text = try text(field, max: max) else { throw wrong(field, "a text", "文本") }
        return text
    }

    /// A whole number, also as a text of digits: clients write numbers both ways.
    func int(_ field: String, in range: ClosedRange<Int64>) throws -> Int64? {
        guard let value = take(field) else { return nil }
        guard let number = value.intValue ?? value.stringValue.flatMap({ Int64($0) }), range.contains(number) else {
            throw wrong(field, "an integer from \(range.lowerBound) to \(range.upperBound)", " \(range.lowerBound) 到 \(range.upperBound) 的整数")
        }
        return number
    }

    func flag(_ field: String) throws -> Bool {
        guard let value = take(field) else { return false }
        switch value.boolValue.map({ "\($0)" }) ?? value.stringValue {
        case "true": return true
        case "false": return false
        default: throw wrong(field, "true or false", " true 或 false")
        }
    }

    func list(_ field: String, max: Int) throws -> [JSON] {
        guard let value = take(field) else { return [] }
        guard let list = value.arrayValue, list.count <= max else { throw wrong(field, "a list of at most \(max)", "至多 \(max) 项的数组") }
        return list
    }

    func texts(_ field: String, max: Int = 1000, bytes: Int = 128) throws -> [String] {
        try list(field, max: max).map {
            guard let text = $0.stringValue, (1...bytes).contains(text.utf8.count) else {
                throw wrong(field, "a list of texts of 1 to \(bytes) bytes", "由 1 到 \(bytes) 字节文本组成的数组")
            }
            return text
        }
    }

    /// An object in a field, whose own fields are looked at as well in ``finish()``.
    func object(_ field: String) throws -> FacadeFields? {
        guard let value = take(field) else { return nil }
        guard let object = value.objectValue else { throw wrong(field, "an object", "对象") }
        return part(object, "\(field).")
    }

    func objects(_ field: String, max: Int) throws -> [FacadeFields] {
        try list(field, max: max).enumerated().map { index, value in
            guard let object = value.objectValue else { throw wrong(field, "a list of objects", "由对象组成的数组") }
            return part(object, "\(field)[\(index)].")
        }
    }

    private func part(_ object: JSONObject, _ name: String) -> FacadeFields {
        let part = FacadeFields(object, at: path + name)
        parts.append(part)
        return part
    }

    /// One of some words.
    func word<Word>(_ field: String, _ words: KeyValuePairs<String, Word>, absent: Word? = nil) throws -> Word {
        guard let text = try text(field) else {
            if let absent { return absent }
            throw wrong(field, words.map(\.key).joined(separator: ", "), words.map(\.key).joined(separator: "、"))
        }
        guard let word = words.first(where: { $0.key == text })?.value else { throw SampanError.couponField(name(field)) }
        return word
    }

    // MARK: What is not read

    /// Fields that only say how something looks, or repeat what is known: taken, and kept nowhere.
    func ignore(_ fields: String...) { for field in fields { rest[field] = nil } }

    /// Fields that mean something that coupons here cannot do: only what asks for nothing (absent, false, 0, empty) is taken.
    func refuse(_ fields: String...) throws {
        for field in fields {
            guard let value = take(field), !Self.asksForNothing(value) else { continue }
            throw SampanError.couponField(name(field))
        }
    }

    private static func asksForNothing(_ value: JSON) -> Bool {
        if let list = value.arrayValue { return list.isEmpty }
        if let object = value.objectValue { return object.values.allSatisfy { $0.isNull || asksForNothing($0) } }
        return value.boolValue == false || value.intValue == 0 || ["false", "0", "0.00"].contains(value.stringValue)
    }

    /// - Throws: `COUPON_FIELD_UNSUPPORTED` for the first field that nobody has asked for.
    func finish() throws {
        if let field = rest.first(where: { !$0.value.isNull })?.key { throw SampanError.couponField(name(String(field.prefix(60)))) }
        for part in parts { try part.finish() }
    }

    func wrong(_ field: String, _ expected: String, _ expectedZh: String) -> SampanError { .badMember(name(field), Localized(expected, zh: expectedZh)) }
}

extension SampanError {
    /// 422 for a field, or a value of one, that coupons here have nothing for.
    static func couponField(_ name: String) -> SampanError {
        SampanError(
            "COUPON_FIELD_UNSUPPORTED", status: 422, Localized("Coupons here have nothing for \"\(name)\".", zh: "此处的优惠券不支持“\(name)”。"),
            remedy: Localized("Leave it out; docs/coupons.md says which fields are taken and what they become.", zh: "请去掉该字段；支持的字段与对应关系见 docs/coupons.md。"),
            members: ["member": .string(name)])
    }
}
