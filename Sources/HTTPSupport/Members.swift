public import Kernel

/// Typed reading of a request's members, with an error that names the member.
extension JSONObject {
    /// A member that must be a non-empty text.
    public func text(_ name: String) throws -> String {
        guard let text = self[name]?.stringValue, !text.isEmpty else { throw SampanError.badMember(name, Localized("a text", zh: "文本")) }
        return text
    }

    /// A member that is a text or absent.
    public func optionalText(_ name: String) throws -> String? {
        guard let value = self[name], !value.isNull else { return nil }
        guard let text = value.stringValue else { throw SampanError.badMember(name, Localized("a text", zh: "文本")) }
        return text
    }

    /// A member that is an integer in `range` or absent.
    public func optionalInt(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let value = self[name], !value.isNull else { return nil }
        guard let int = value.intValue, range.contains(Int(int)) else {
            throw SampanError.badMember(
                name, Localized("an integer from \(range.lowerBound) to \(range.upperBound)", zh: " \(range.lowerBound) 到 \(range.upperBound) 的整数"))
        }
        return Int(int)
    }

    /// A member that is true, false or absent.
    public func optionalBool(_ name: String) throws -> Bool? {
        guard let value = self[name], !value.isNull else { return nil }
        guard let bool = value.boolValue else { throw SampanError.badMember(name, Localized("true or false", zh: " true 或 false")) }
        return bool
    }

    /// A member that is a list or absent.
    public func optionalList(_ name: String) throws -> [JSON]? {
        guard let value = self[name], !value.isNull else { return nil }
        guard let list = value.arrayValue else { throw SampanError.badMember(name, Localized("a list", zh: "数组")) }
        return list
    }

    /// A member that is an object or absent.
    public func optionalObject(_ name: String) throws -> JSONObject? {
        guard let value = self[name], !value.isNull else { return nil }
        guard let object = value.objectValue else { throw SampanError.badMember(name, Localized("an object", zh: "对象")) }
        return object
    }

    /// A JSON object that must be there.
    public func requiredObject(_ name: String) throws -> JSONObject {
        guard let object = try optionalObject(name) else { throw SampanError.badMember(name, Localized("an object", zh: "对象")) }
        return object
    }

    /// An integer that must be there, within a range.
    public func requiredInt(_ name: String, in range: ClosedRange<Int64>) throws -> Int64 {
        guard let int = self[name]?.intValue, range.contains(int) else {
            throw SampanError.badMember(
                name, Localized("an integer from \(range.lowerBound) to \(range.upperBound)", zh: " \(range.lowerBound) 到 \(range.upperBound) 的整数"))
        }
        return int
    }

    /// Refuses members that a `what` does not have.
    public func refuseUnknown(_ known: Set<String>, in what: String) throws {
        for (name, _) in self where !known.contains(name) {
            throw SampanError.badMember(String(name.prefix(60)), Localized("nothing: a \(what) has no such member", zh: "不存在的字段：\(what) 没有该成员"))
        }
    }
}
