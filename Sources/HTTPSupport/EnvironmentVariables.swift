public import Kernel

/// The variables that functions find in `process.env`, as requests give them: of an environment and of one function.
public enum EnvironmentVariables {
    private static let nameBytesMax = 128
    private static let bytesMax = 64 << 10

    /// The names and values of a request, checked; numbers and truth values become text.
    public static func checked(_ object: JSONObject) throws -> [String: String] {
        var variables: [String: String] = [:]
        var bytes = 0
        for (name, value) in object {
            let text = value.stringValue ?? value.intValue.map(String.init) ?? value.boolValue.map(String.init)
            guard isName(name), let text, !text.utf8.contains(0) else {
                throw SampanError.badMember("variables", Localized("names of letters, digits and _ with text values", zh: "由字母、数字、下划线组成的名称及文本值"))
            }
            variables[name] = text
            bytes += name.utf8.count + text.utf8.count
        }
        guard bytes <= bytesMax else { throw SampanError.badMember("variables", Localized("at most 64 KiB together", zh: "总计至多 64 KiB")) }
        return variables
    }

    /// What was stored, which was checked when it came.
    public static func stored(_ text: String) throws -> [String: String] {
        let object = try JSON(parsing: Array(text.utf8)).objectValue ?? [:]
        return Dictionary(object.map { ($0.key, $0.value.stringValue ?? "") }) { _, last in last }
    }

    /// Letters, digits and `_`, not beginning with a digit: what POSIX promises to carry.
    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !isDigit(first), name.utf8.count <= nameBytesMax else { return false }
        return name.utf8.allSatisfy { isDigit($0) || ($0 | 32) >= 97 && ($0 | 32) <= 122 || $0 == 95 }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
}
