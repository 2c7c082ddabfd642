extension JSON {
    /// Parses exactly one JSON text (RFC 8259, strictly).
    ///
    /// Refused: invalid UTF-8, lone surrogates, bytes after the value, a key twice in one object, more than `maxDepth` nested containers,
    /// numbers too large for a double. `{"$date": milliseconds or ISO 8601 text}` alone in an object becomes `.date`;
    /// see ``TypedValue`` for its kin.
    public init(parsing bytes: UnsafeRawBufferPointer, maxDepth: Int = 100) throws(JSONError) {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { throw JSONError(.empty, offset: 0) }
        var parser = JSONParser(base: start.assumingMemoryBound(to: UInt8.self), count: bytes.count, maxDepth: maxDepth)
        self = try parser.parseDocument()
    }

    /// Parses exactly one JSON text; see ``init(parsing:maxDepth:)-(UnsafeRawBufferPointer,_)``.
    public init(parsing bytes: [UInt8], maxDepth: Int = 100) throws(JSONError) {
        let outcome = bytes.withUnsafeBytes { (raw) -> Result<JSON, JSONError> in
            do throws(JSONError) { return .success(try JSON(parsing: raw, maxDepth: maxDepth)) } catch { return .failure(error) }
        }
        self = try outcome.get()
    }

    /// Parses exactly one JSON text; see ``init(parsing:maxDepth:)-(UnsafeRawBufferPointer,_)``.
    public init(parsing text: String, maxDepth: Int = 100) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), maxDepth: maxDepth)
    }
}

/// One pass over the bytes, descending into containers; only text with escapes is ever copied twice.
struct JSONParser {
    let base: UnsafePointer<UInt8>
    let count: Int
    let maxDepth: Int
    var position = 0
    var depth = 0

    init(base: UnsafePointer<UInt8>, count: Int, maxDepth: Int) {
        self.base = base
        self.count = count
        self.maxDepth = maxDepth
    }

    mutating func parseDocument() throws(JSONError) -> JSON {
        skipSpace()
        let value = try parseValue()
        skipSpace()
        guard position == count else { throw failure(.textFollows) }
        return value
    }

    mutating func parseValue() throws(JSONError) -> JSON {
        guard position < count else { throw failure(.valueMissing) }
        switch base[position] {
        case UInt8(ascii: "\""):
            position += 1
            return .string(try parseString())
        case UInt8(ascii: "{"): return try parseObject()
        case UInt8(ascii: "["): return try parseArray()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
        case UInt8(ascii: "t"):
            try expect("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try expect("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try expect("null")
            return .null
        default: throw failure(.noValue)
        }
    }

    private mutating func parseArray() throws(JSONError) -> JSON {
        try enter()
        var elements: [JSON] = []
        if closes(with: UInt8(ascii: "]")) { return .array(elements) }
        elements.reserveCapacity(4)
        while true {
            elements.append(try parseValue())
            if try endsContainer(UInt8(ascii: "]")) { return .array(elements) }
        }
    }

    private mutating func parseObject() throws(JSONError) -> JSON {
        try enter()
        var members: [JSONObject.Element] = []
        if closes(with: UInt8(ascii: "}")) { return .object(JSONObject(distinct: members)) }
        let looksTyped = position + 1 < count && base[position + 1] == UInt8(ascii: "$")
        members.reserveCapacity(looksTyped ? 1 : 8)
        var seen = SeenKeys()
        while true {
            let keyStart = position
            guard position < count, base[position] == UInt8(ascii: "\"") else { throw failure(.keyExpected) }
            position += 1
            let key = try parseString()
            if seen.repeats(key, in: members) {
                throw JSONError(.keyRepeated(key), offset: keyStart)
            }
            skipSpace()
            guard position < count, base[position] == UInt8(ascii: ":") else { throw failure(.colonExpected) }
            position += 1
            skipSpace()
            members.append((key, try parseValue()))
            if try endsContainer(UInt8(ascii: "}")) { return Self.typedOrObject(members) }
        }
    }

    /// Recognises the written forms of dates, bytes and the like.
    @inline(__always)
    private static func typedOrObject(_ members: [JSONObject.Element]) -> JSON {
        if members.count == 1, members[0].key.utf8.first == UInt8(ascii: "$"), let typed = TypedValue.read(members[0].key, members[0].value) {
            return typed
        }
        return .object(JSONObject(distinct: members))
    }

    mutating func enter() throws(JSONError) {
        depth += 1
        if depth > maxDepth { throw failure(.tooDeep(maxDepth)) }
        position += 1
        skipSpace()
    }

    mutating func closes(with bracket: UInt8) -> Bool {
        guard position < count, base[position] == bracket else { return false }
        position += 1
        depth -= 1
        return true
    }

    /// After an element: takes the comma (false) or the closing bracket (true).
    @inline(__always)
    mutating func endsContainer(_ bracket: UInt8) throws(JSONError) -> Bool {
        skipSpace()
        if closes(with: bracket) { return true }
        guard position < count, base[position] == UInt8(ascii: ",") else { throw failure(.commaExpected) }
        position += 1
        skipSpace()
        return false
    }

    @inline(__always)
    mutating func skipSpace() {
        while position < count {
            let byte = base[position]
            guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }

    private mutating func expect(_ word: StaticString) throws(JSONError) {
        let length = word.utf8CodeUnitCount
        guard count - position >= length else { throw failure(.unknownWord) }
        for place in 0..<length where base[position + place] != word.utf8Start[place] {
            throw failure(.unknownWord)
        }
        position += length
    }

    func failure(_ reason: JSONError.Reason) -> JSONError { JSONError(reason, offset: position) }
}

/// Finds repeated keys: by comparing while an object is small and only if a key's mark has been seen, with a set once it is not.
private struct SeenKeys {
    private struct Key: Hashable {
        let text: String
        static func == (left: Key, right: Key) -> Bool { left.text.hasSameBytes(as: right.text) }
        func hash(into hasher: inout Hasher) { text.hashBytes(into: &hasher) }
    }
    private var marks: UInt64 = 0
    private var set: Set<Key> = []

    @inline(__always)
    mutating func repeats(_ key: String, in members: [JSONObject.Element]) -> Bool {
        if members.count < 24 {
            let mark = Self.mark(of: key)
            if marks & mark == 0 {
                marks |= mark
                return false
            }
            for member in members where member.key.hasSameBytes(as: key) { return true }
            return false
        }
        return repeatsInLargeObject(key, members)
    }

    /// A bit chosen by the length and the first byte.
    @inline(__always)
    private static func mark(of key: String) -> UInt64 {
        let mix = key.utf8.count &* 31 &+ Int(key.utf8.first ?? 0)
        return 1 << UInt64(truncatingIfNeeded: mix & 63)
    }

    @inline(never)
    private mutating func repeatsInLargeObject(_ key: String, _ members: [JSONObject.Element]) -> Bool {
        if set.isEmpty { for member in members { set.insert(Key(text: member.key)) } }
        return !set.insert(Key(text: key)).inserted
    }
}
