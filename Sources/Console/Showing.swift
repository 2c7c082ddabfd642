internal import Foundation
internal import Kernel

/// How values are written on pages.
enum Showing {
    /// A moment: the page's script turns it into the reader's own time, without a script it reads as UTC.
    static func time(_ milliseconds: Int64) -> JSON {
        let iso = DateText.iso8601(fromMilliseconds: milliseconds)
        return ["iso": .string(iso), "utc": .string("\(iso.prefix(10)) \(iso.dropFirst(11).prefix(8)) UTC")]
    }

    static func bytes(_ count: Int64) -> String {
        var value = Double(count)
        for unit in ["B", "KB", "MB", "GB"] {
            if value < 1024 || unit == "GB" { return unit == "B" ? "\(count) B" : String(format: "%.1f %@", value, unit) }
            value /= 1024
        }
        return "\(count) B"
    }

    /// The beginning of a value, on one line.
    static func excerpt(_ value: JSON) -> String {
        let text = (value.stringValue ?? value.forReading).split(whereSeparator: \.isNewline).joined(separator: " ")
        return text.count > excerptCharacters ? "\(text.prefix(excerptCharacters - 1))…" : text
    }

    private static let excerptCharacters = 60

    static func duration(_ milliseconds: Double) -> String {
        if milliseconds >= 1000 { return String(format: "%.2f s", milliseconds / 1000) }
        return String(format: milliseconds >= 100 ? "%.0f ms" : "%.1f ms", milliseconds)
    }
}

extension JSON {
    /// As people read it: a member a line, two spaces a level.
    func indented(_ level: Int = 0) -> String {
        let inner = String(repeating: "  ", count: level + 1)
        let outer = String(repeating: "  ", count: level)
        switch self {
        case .array(let elements) where !elements.isEmpty:
            return "[\n" + elements.map { inner + $0.indented(level + 1) }.joined(separator: ",\n") + "\n\(outer)]"
        case .object(let members) where !members.isEmpty:
            let lines = members.map { "\(inner)\(JSON.string($0.key).text): \($0.value.indented(level + 1))" }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
        default: return text
        }
    }

    /// As JSON, dates as people write them.
    var forReading: String {
        if case .date(let milliseconds) = self { DateText.iso8601(fromMilliseconds: milliseconds) } else { text }
    }

    /// As a template reads it.
    ///
    /// `null` is absent, so that `{{#x}}` is false for it.
    var forTemplate: Any? {
        switch self {
        case .null: nil
        case .bool(let flag): flag
        case .int(let number): number
        case .double(let number): number
        case .string(let text): text
        case .date(let milliseconds): DateText.iso8601(fromMilliseconds: milliseconds)
        case .binary, .regularExpression: text
        case .array(let elements): elements.compactMap(\.forTemplate)
        case .object(let members): members.forTemplate
        }
    }
}

extension JSONObject {
    /// Takes over the members of another object.
    mutating func merge(_ other: JSONObject) {
        for (key, value) in other { self[key] = value }
    }

    /// As a template reads it.
    var forTemplate: [String: Any] {
        var values: [String: Any] = [:]
        for (key, value) in self { values[key] = value.forTemplate }
        return values
    }
}
