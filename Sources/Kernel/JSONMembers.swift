/// Some members of objects, by name, for who reads many texts and wants little of each.
///
/// Reading ends with the last wanted member, and what stands before it is passed over without being made: a scan of documents whose
/// condition names one field takes a fraction of the time.
public struct JSONMembers: Sendable {
    /// By their bytes; `nil` where a name is not ASCII: one of a set then stands for all that Unicode takes for the same.
    private let plainNames: [[UInt8]]?
    private let names: Set<String>

    /// The members with these names.
    public init(_ names: Set<String>) {
        self.names = names
        let bytes = names.map { Array($0.utf8) }
        plainNames = bytes.joined().allSatisfy { $0 < 0x80 } ? bytes : nil
    }

    /// Reads the members from the text of an object, in the order in which they stand there.
    ///
    /// Only for texts that were written by ``JSON/write(to:)`` or have been parsed before: what is passed over is not checked.
    public func read(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> JSONObject {
        guard let start = bytes.baseAddress else { throw JSONError(.empty, offset: 0) }
        var parser = JSONParser(base: start.assumingMemoryBound(to: UInt8.self), count: bytes.count, maxDepth: 100)
        return try parser.parseMembers(names, plainNames)
    }
}

extension JSONParser {
    fileprivate mutating func parseMembers(_ names: Set<String>, _ plainNames: [[UInt8]]?) throws(JSONError) -> JSONObject {
        var found = JSONObject()
        skipSpace()
        guard position < count, base[position] == UInt8(ascii: "{") else { throw failure(.noValue) }
        try enter()
        if names.isEmpty || closes(with: UInt8(ascii: "}")) { return found }
        found.reserveCapacity(names.count)
        while true {
            guard position < count, base[position] == UInt8(ascii: "\"") else { throw failure(.keyExpected) }
            position += 1
            let name = if let plainNames { try takeName(among: plainNames) } else { try parseName(among: names) }
            skipSpace()
            guard position < count, base[position] == UInt8(ascii: ":") else { throw failure(.colonExpected) }
            position += 1
            skipSpace()
            if let name {
                found.append(name, try parseValue())
                if found.count == plainNames?.count { return found }
            } else {
                try skipValue()
            }
            if try endsContainer(UInt8(ascii: "}")) { return found }
        }
    }

    private mutating func parseName(among names: Set<String>) throws(JSONError) -> String? {
        let name = try parseString()
        return names.contains(name) ? name : nil
    }

    /// Takes the rest of a name; answers it if it is among `names`, which are ASCII.
    private mutating func takeName(among names: [[UInt8]]) throws(JSONError) -> String? {
        let start = position
        skipPlainText()
        guard position < count else { throw failure(.stringOpen) }
        let name = UnsafeBufferPointer(start: base + start, count: position - start)
        guard base[position] == UInt8(ascii: "\"") else {
            // With escapes, or letters beyond ASCII: it is made before it is compared.
            position = start
            let name = try parseString()
            return names.contains { $0.elementsEqual(name.utf8) } ? name : nil
        }
        position += 1
        return names.contains { $0.elementsEqual(name) } ? String(decoding: name, as: UTF8.self) : nil
    }

    /// Passes over a value.
    private mutating func skipValue() throws(JSONError) {
        var open = 0
        while position < count {
            switch base[position] {
            case UInt8(ascii: "\""): try skipString()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                open += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if open == 0 { return }
                open -= 1
                position += 1
            case UInt8(ascii: ",") where open == 0: return
            default: position += 1
            }
        }
        throw failure(.commaExpected)
    }

    private mutating func skipString() throws(JSONError) {
        position += 1
        while true {
            skipPlainText()
            guard position < count else { throw failure(.stringOpen) }
            switch base[position] {
            case UInt8(ascii: "\""):
                position += 1
                return
            case UInt8(ascii: "\\"): position += 2
            default: position += 1
            }
        }
    }
}
