import Foundation
import Kernel

/// Fills `{{env.NAME}}`, `{{tcb.envId}}` and `{{util.uid}}` in a CloudBase configuration, as CloudBase's tool does.
///
/// `env` is `.env` of the project, over it `.env.local`, over it the process' own variables.
struct ConfigurationPlaceholders {
    private let environmentID: String?
    private let values: [String: String]

    init(folder: URL, environmentID: String?, variables: [String: String]) throws {
        self.environmentID = environmentID
        var values: [String: String] = [:]
        for name in [".env", ".env.local"] {
            let file = folder.appendingPathComponent(name)
            guard FileManager.default.fileExists(atPath: file.path) else { continue }
            values.merge(Self.assignments(in: try String(contentsOf: file, encoding: .utf8))) { $1 }
        }
        self.values = values.merging(variables) { $1 }
    }

    /// The same value with every placeholder filled.
    func resolve(_ json: JSON, in source: String) throws -> JSON {
        switch json {
        case .string(let text) where text.contains("{{"): .string(try fill(text, in: source))
        case .array(let elements): .array(try elements.map { try resolve($0, in: source) })
        case .object(let members): .object(JSONObject(try members.map { ($0.key, try resolve($0.value, in: source)) }))
        default: json
        }
    }

    private func fill(_ text: String, in source: String) throws -> String {
        var filled = ""
        var rest = Substring(text)
        while let start = rest.range(of: "{{"), let end = rest.range(of: "}}", range: start.upperBound..<rest.endIndex) {
            let name = rest[start.upperBound..<end.lowerBound].trimmingCharacters(in: .whitespaces)
            guard let value = value(of: name) else {
                throw CLIError(
                    Localized("\(source) uses {{\(name)}}, which has no value.", zh: "\(source) 用到了 {{\(name)}}，但它没有值。"),
                    remedy: Localized("Set it in .env or as an environment variable.", zh: "请在 .env 中或以环境变量设置。"))
            }
            filled += rest[..<start.lowerBound] + value
            rest = rest[end.upperBound...]
        }
        return filled + rest
    }

    private func value(of name: String) -> String? {
        switch name {
        case "tcb.envId": environmentID ?? ""
        case "util.uid": (0..<24).map { _ in String(UInt8.random(in: 0..<16), radix: 16) }.joined()
        default: name.hasPrefix("env.") ? values[String(name.dropFirst(4))] : nil
        }
    }

    /// The `NAME=value` lines of a `.env` file.
    static func assignments(in text: String) -> [String: String] {
        var values: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            var assignment = line.trimmingCharacters(in: .whitespaces)
            if assignment.hasPrefix("export ") { assignment = String(assignment.dropFirst(7)) }
            guard !assignment.hasPrefix("#"), let equals = assignment.firstIndex(of: "=") else { continue }
            let name = assignment[..<equals].trimmingCharacters(in: .whitespaces)
            let value = assignment[assignment.index(after: equals)...].trimmingCharacters(in: .whitespaces)
            values[name] = unquoted(value)
        }
        return values
    }

    private static func unquoted(_ value: String) -> String {
        guard value.count >= 2, let quote = value.first, quote == value.last, "\"'".contains(quote) else { return value }
        return String(value.dropFirst().dropLast())
    }
}
