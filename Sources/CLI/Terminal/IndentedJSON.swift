import Kernel

extension JSON {
    /// The text over several lines, two blanks a level, for people.
    var indentedText: String {
        var out = ""
        appendIndented(to: &out, level: 0)
        return out
    }

    private func appendIndented(to out: inout String, level: Int) {
        let inner = String(repeating: "  ", count: level + 1)
        let outer = String(repeating: "  ", count: level)
        switch self {
        case .array(let elements) where !elements.isEmpty:
            out += "[\n"
            for (place, element) in elements.enumerated() {
                out += inner
                element.appendIndented(to: &out, level: level + 1)
                out += place + 1 < elements.count ? ",\n" : "\n"
            }
            out += outer + "]"
        case .object(let members) where !members.isEmpty:
            out += "{\n"
            for (place, member) in members.enumerated() {
                out += inner + JSON.string(member.key).text + ": "
                member.value.appendIndented(to: &out, level: level + 1)
                out += place + 1 < members.count ? ",\n" : "\n"
            }
            out += outer + "}"
        default: out += text
        }
    }
}
