import Kernel

extension JSON {
    /// About how many bytes the value takes in memory beyond the place that it is stored in.
    var heapBytes: Int {
        switch self {
        case .string(let text): text.utf8.count > 15 ? 32 + text.utf8.count : 0
        case .array(let elements): elements.reduce(32 + 24 * elements.count) { $0 + $1.heapBytes }
        case .object(let members): members.heapBytes
        default: 0
        }
    }
}

extension JSONObject {
    /// About how many bytes the members take in memory.
    var heapBytes: Int {
        var total = 32 + 40 * count
        for member in self {
            if member.key.utf8.count > 15 { total += 32 + member.key.utf8.count }
            total += member.value.heapBytes
        }
        return total
    }
}
