internal import HTTPSupport
internal import Kernel

/// Members of a batch's JSON, read with an error that names the member.
extension JSONObject {
    /// A sum of money in the smallest unit, or nothing.
    func money(_ name: String) throws -> Int64? {
        guard let value = self[name], !value.isNull else { return nil }
        return try requiredInt(name, in: 0...BatchDefinition.moneyMax)
    }

    /// A text of 1 to 128 bytes.
    func shortText(_ name: String) throws -> String {
        let text = try text(name)
        guard text.utf8.count <= 128, !text.utf8.contains(0) else { throw SampanError.badMember(name, Localized("1 to 128 bytes", zh: " 1 到 128 字节")) }
        return text
    }

    /// A moment in milliseconds since 1970, or as ISO 8601.
    func moment(_ name: String) throws -> Int64 {
        let range: ClosedRange<Int64> = 0...4_102_444_800_000
        let moment = self[name]?.intValue ?? self[name]?.dateValue ?? self[name]?.stringValue.flatMap { DateText.milliseconds(fromISO8601: $0) }
        guard let moment, range.contains(moment) else {
            throw SampanError.badMember(
                name, Localized("a time from 1970 to 2099: milliseconds or 2026-10-01T12:00:00+08:00", zh: " 1970 到 2099 年间的时间：毫秒数或 2026-10-01T12:00:00+08:00"))
        }
        return moment
    }

    /// A list of at most a thousand short texts.
    func names(_ name: String) throws -> Set<String> {
        let list = try optionalList(name) ?? []
        guard list.count <= 1000 else { throw SampanError.badMember(name, Localized("at most 1000", zh: "不超过 1000 个")) }
        return Set(
            try list.map {
                guard let text = $0.stringValue, (1...128).contains(text.utf8.count), !text.utf8.contains(0) else {
                    throw SampanError.badMember(name, Localized("a list of texts of 1 to 128 bytes", zh: "由 1 到 128 字节文本组成的数组"))
                }
                return text
            })
    }
}
