internal import Kernel

/// An object of a plan while it is read: knows where it stands, and that every member was asked for.
struct PlanMembers {
    /// Where it stands, as `journeys[0].steps[1]`; empty for the plan itself.
    let path: String
    private let members: JSONObject

    /// - Throws: `BAD_LOAD_PLAN` where `json` is no object, or has a member that nobody knows: a misspelt one would be passed over in silence.
    init(_ json: JSON?, at path: String, known: Set<String>) throws(SampanError) {
        guard let members = json?.objectValue else { throw .badLoadPlan(path.isEmpty ? "plan" : path, Localized("an object", zh: "对象")) }
        (self.path, self.members) = (path, members)
        for name in members.keys where !known.contains(name) {
            let names = known.sorted().joined(separator: ", ")
            throw .badLoadPlan(self.path(of: name), Localized("one of the members \(names)", zh: "成员之一:\(names)"))
        }
    }

    func path(of name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    subscript(name: String) -> JSON? { members[name].flatMap { $0.isNull ? nil : $0 } }

    func optionalText(_ name: String) throws(SampanError) -> String? {
        guard let value = self[name] else { return nil }
        guard let text = value.stringValue else { throw .badLoadPlan(path(of: name), Localized("a text", zh: "文本")) }
        return text
    }

    func text(_ name: String) throws(SampanError) -> String {
        guard let text = try optionalText(name) else { throw .badLoadPlan(path(of: name), Localized("a text", zh: "文本")) }
        return text
    }

    func optionalNumber(_ name: String) throws(SampanError) -> Double? {
        guard let value = self[name] else { return nil }
        guard let number = value.doubleValue else { throw .badLoadPlan(path(of: name), Localized("a number", zh: "数字")) }
        return number
    }

    func number(_ name: String) throws(SampanError) -> Double {
        guard let number = try optionalNumber(name) else { throw .badLoadPlan(path(of: name), Localized("a number", zh: "数字")) }
        return number
    }

    func optionalInteger(_ name: String) throws(SampanError) -> Int? {
        guard let number = try optionalNumber(name) else { return nil }
        guard let whole = Int(exactly: number) else { throw .badLoadPlan(path(of: name), Localized("a whole number", zh: "整数")) }
        return whole
    }

    func list(_ name: String) throws(SampanError) -> [JSON] {
        guard let list = self[name]?.arrayValue else { throw .badLoadPlan(path(of: name), Localized("a list", zh: "列表")) }
        return list
    }

    func numbers(_ name: String) throws(SampanError) -> [Double] {
        let numbers = try list(name).compactMap(\.doubleValue)
        guard numbers.count == (try list(name)).count else { throw .badLoadPlan(path(of: name), Localized("a list of numbers", zh: "数字列表")) }
        return numbers
    }

    func optionalTexts(_ name: String) throws(SampanError) -> [String]? {
        guard let value = self[name] else { return nil }
        let texts = value.arrayValue?.compactMap(\.stringValue)
        guard let texts, texts.count == value.arrayValue?.count else { throw .badLoadPlan(path(of: name), Localized("a list of texts", zh: "文本列表")) }
        return texts
    }

    /// The members of an object that may have any names, with the place of each.
    func optionalObject(_ name: String) throws(SampanError) -> JSONObject? {
        guard let value = self[name] else { return nil }
        guard let object = value.objectValue else { throw .badLoadPlan(path(of: name), Localized("an object", zh: "对象")) }
        return object
    }
}
