/// Writes the little JSON that the pool itself sends.
struct JSONText {
    enum Value {
        case string(String)
        case number(Int)
        case strings([String])
        case map([String: String])
    }

    private(set) var text = ""

    mutating func object(_ members: [(String, Value)]) {
        text += "{"
        for (index, (name, value)) in members.enumerated() {
            if index > 0 { text += "," }
            string(name)
            text += ":"
            write(value)
        }
        text += "}"
    }

    private mutating func write(_ value: Value) {
        switch value {
        case .string(let string): self.string(string)
        case .number(let number): text += "\(number)"
        case .strings(let strings):
            text += "["
            for (index, element) in strings.enumerated() {
                if index > 0 { text += "," }
                string(element)
            }
            text += "]"
        case .map(let map): object(map.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
        }
    }

    private mutating func string(_ string: String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
