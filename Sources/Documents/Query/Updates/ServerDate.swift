public import Kernel

/// Replaces every `{"$serverDate":{"offset":milliseconds}}` by the date `now + offset`.
public func resolvingServerDates(_ json: JSON, now: Int64) -> JSON {
    ServerDate.isUsed(in: json) ? ServerDate.resolve(json, now: now) : json
}

/// The server's time as a value that a client can send.
enum ServerDate {
    /// The offset in milliseconds when the members are those of a server date.
    static func offset(in members: JSONObject) -> Int64? {
        guard members.count == 1, let only = members.first, only.key == "$serverDate" else { return nil }
        switch only.value {
        case .bool(true): return 0
        case .object(let options):
            if options.isEmpty { return 0 }
            return options.count == 1 ? options["offset"]?.intValue : nil
        default: return nil
        }
    }

    static func isUsed(in json: JSON) -> Bool {
        switch json {
        case .object(let members): offset(in: members) != nil || members.contains { isUsed(in: $0.value) }
        case .array(let elements): elements.contains { isUsed(in: $0) }
        default: false
        }
    }

    static func resolve(_ json: JSON, now: Int64) -> JSON {
        switch json {
        case .object(let members):
            if let offset = offset(in: members) {
                let (sum, overflow) = now.addingReportingOverflow(offset)
                return .date(overflow ? (offset < 0 ? .min : .max) : sum)
            }
            var resolved = members
            for place in members.indices { resolved.modifyValue(at: place) { $0 = resolve($0, now: now) } }
            return .object(resolved)
        case .array(let elements): return .array(elements.map { resolve($0, now: now) })
        default: return json
        }
    }
}
