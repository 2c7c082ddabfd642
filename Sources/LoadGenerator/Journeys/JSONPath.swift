public import Kernel

/// Where in an answer a value stands: names and places such as `data.items[0].id`.
public struct JSONPath: Sendable, Hashable {
    enum Part: Sendable, Hashable {
        case member(String)
        case element(Int)
    }

    let parts: [Part]

    init(parts: [Part]) { self.parts = parts }

    /// Reads a path; nil where it is not written that way.
    public init?(_ text: String) {
        var parts: [Part] = []
        for (place, section) in text.split(separator: ".", omittingEmptySubsequences: false).enumerated() {
            let pieces = section.split(separator: "[", omittingEmptySubsequences: false)
            guard let name = pieces.first, !name.isEmpty || place == 0 && pieces.count > 1 else { return nil }
            if !name.isEmpty { parts.append(.member(String(name))) }
            for piece in pieces.dropFirst() {
                guard piece.last == "]", let element = Int(piece.dropLast()), element >= 0 else { return nil }
                parts.append(.element(element))
            }
        }
        self.parts = parts
    }

    /// The value that stands there.
    public func value(in json: JSON) -> JSON? {
        var value = json
        for part in parts {
            switch (part, value) {
            case (.member(let name), .object(let members)):
                guard let found = members[name] else { return nil }
                value = found
            case (.element(let place), .array(let elements)):
                guard elements.indices.contains(place) else { return nil }
                value = elements[place]
            default: return nil
            }
        }
        return value
    }

    /// The value that stands there, as the text that a later request says it with; nil for lists, objects and nothing, and for text that could break out of a
    /// request's line.
    func text(in json: JSON) -> String? {
        switch value(in: json) {
        case .string(let text): text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } ? text : nil
        case .int(let number): String(number)
        case .bool(let flag): flag ? "true" : "false"
        case .double(let number): JSON.double(number).text
        default: nil
        }
    }
}
