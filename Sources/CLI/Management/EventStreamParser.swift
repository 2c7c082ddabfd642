/// Cuts a stream of server-sent events into the texts of their `data:` fields.
struct EventStreamParser {
    private var line: [UInt8] = []
    private var data: [String] = []
    private var sawCarriageReturn = false

    /// Takes the next bytes and answers the events that they complete.
    mutating func take(_ bytes: some Sequence<UInt8>) -> [String] {
        var events: [String] = []
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\n") where sawCarriageReturn: sawCarriageReturn = false
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                sawCarriageReturn = byte == UInt8(ascii: "\r")
                if let event = endLine() { events.append(event) }
            default:
                sawCarriageReturn = false
                line.append(byte)
            }
        }
        return events
    }

    /// An empty line ends an event; other fields and comments (keep-alives) are passed over.
    private mutating func endLine() -> String? {
        defer { line.removeAll(keepingCapacity: true) }
        guard !line.isEmpty else {
            defer { data.removeAll() }
            return data.isEmpty ? nil : data.joined(separator: "\n")
        }
        let text = String(decoding: line, as: UTF8.self)
        guard text.hasPrefix("data:") else { return nil }
        let value = text.dropFirst(5)
        data.append(String(value.first == " " ? value.dropFirst() : value))
        return nil
    }
}
