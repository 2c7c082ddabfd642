internal import Kernel

/// Why the bytes are no document, and where in it.
struct BSONFailure: Error {
    var reason: Localized
    /// In bytes from the start of the document.
    var offset: Int
    var code = QueryError.Code.invalidDocument
}

/// The types of BSON by their numbers.
enum BSONType: UInt8 {
    case double = 0x01
    case string, document, array, binary, undefined, objectID, bool, date, null, regularExpression, pointer, code, symbol
    case codeWithScope, int32, timestamp, int64, decimal
    case largestKey = 0x7F
    case smallestKey = 0xFF
}

/// Reads one document; nothing in its bytes is trusted.
struct BSONDecoder {
    static let depthMax = 100
    private static let warningsMax = 16

    let bytes: [UInt8]
    let decimals: InexactDecimals
    var position = 0
    private(set) var warnings: [FormatWarning] = []
    /// The end of what the innermost container may use.
    private var limit: Int
    /// The names on the way to the innermost container, and the name of the value that is read.
    private var path: [String] = []
    private var key = ""

    init(bytes: [UInt8], decimals: InexactDecimals) {
        self.bytes = bytes
        self.decimals = decimals
        limit = bytes.count
    }

    /// The whole document.
    mutating func document() throws(BSONFailure) -> JSONObject {
        let document = try members()
        guard position == bytes.count else { throw failure("bytes follow the end of the document", "文档结束之后还有多余字节") }
        return document
    }

    private mutating func members() throws(BSONFailure) -> JSONObject {
        let outer = try enter()
        var members = JSONObject()
        var seen: Set<FieldName> = []
        while position < limit {
            let start = position
            let value = try element()
            if isRepeated(key, in: members, &seen) {
                position = start
                throw failure("the name occurs twice in one object", "同一对象中名称重复")
            }
            members.append(key, value)
        }
        leave(outer)
        return members
    }

    /// Small objects are looked through, large ones are not.
    private func isRepeated(_ key: String, in members: JSONObject, _ seen: inout Set<FieldName>) -> Bool {
        if members.count < 24 { return members.index(ofKey: key) != nil }
        if seen.isEmpty { for name in members.keys { seen.insert(FieldName(name)) } }
        return !seen.insert(FieldName(key)).inserted
    }

    /// Elements in their order; MongoDB does not look at their names either.
    private mutating func elements() throws(BSONFailure) -> [JSON] {
        let outer = try enter()
        var elements: [JSON] = []
        while position < limit { elements.append(try element()) }
        leave(outer)
        return elements
    }

    /// Takes the length of a container and narrows the limit to what is before its closing zero.
    private mutating func enter() throws(BSONFailure) -> Int {
        let start = position
        let length = try takeLength()
        guard length >= 5, length <= limit - start, bytes[start + length - 1] == 0 else {
            position = start
            throw failure("the length of an object or array is wrong", "对象或数组的长度有误")
        }
        guard path.count < Self.depthMax else {
            throw BSONFailure(
                reason: Localized("More than \(Self.depthMax) objects and arrays are nested; flatten the document.", zh: "嵌套超过 \(Self.depthMax) 层；请减少文档的层级。"),
                offset: start, code: .limit)
        }
        path.append(key)
        let outer = limit
        limit = start + length - 1
        return outer
    }

    /// Passes over the closing zero, and `key` is the container's name again.
    private mutating func leave(_ outer: Int) {
        position += 1
        limit = outer
        key = path.popLast() ?? ""
    }

    private mutating func element() throws(BSONFailure) -> JSON {
        let start = position
        let number = bytes[position]
        position += 1
        key = try takeName()
        guard let type = BSONType(rawValue: number) else {
            position = start
            throw failure("there is no type \(number)", "类型 \(number) 不存在")
        }
        return try value(type, start)
    }

    private mutating func value(_ type: BSONType, _ start: Int) throws(BSONFailure) -> JSON {
        switch type {
        case .double: return .double(Double(bitPattern: try takeWord()))
        case .string, .symbol: return .string(try takeText())
        case .document: return .object(try members())
        case .array: return .array(try elements())
        case .binary: return .binary(try takeBinary())
        case .undefined, .null: return .null
        case .objectID: return .string(bytes[try take(12)].hex)
        case .bool:
            let flag = bytes[try take(1).lowerBound]
            guard flag <= 1 else { throw failure("a boolean is neither 0 nor 1", "布尔值既不是 0 也不是 1") }
            return .bool(flag == 1)
        case .date: return .date(Int64(bitPattern: try takeWord()))
        case .regularExpression: return .regularExpression(RegularExpression(pattern: try takeName(), options: try takeName()))
        case .code:
            warn("JavaScript became text.", "JavaScript 已转为文本。")
            return .string(try takeText())
        case .int32: return .int(Int64(try takeInt32()))
        case .timestamp: return timestamp(try takeWord())
        case .int64: return .int(Int64(bitPattern: try takeWord()))
        case .decimal: return try decimal(low: takeWord(), high: takeWord(), start)
        case .pointer: throw unsupported("a DBPointer", "DBPointer", start)
        case .codeWithScope: throw unsupported("JavaScript with variables", "带作用域的 JavaScript", start)
        case .largestKey: throw unsupported("MaxKey", "MaxKey", start)
        case .smallestKey: throw unsupported("MinKey", "MinKey", start)
        }
    }

    /// MongoDB's internal clock: seconds since 1970, and a counter within one.
    private mutating func timestamp(_ word: UInt64) -> JSON {
        if UInt32(truncatingIfNeeded: word) != 0 { warn("A timestamp became a date without its counter.", "时间戳已转为日期，计数部分被舍去。") }
        return .date(Int64(word >> 32) * 1000)
    }

    private mutating func decimal(low: UInt64, high: UInt64, _ start: Int) throws(BSONFailure) -> JSON {
        let text = BSONDecimal.text(low: low, high: high)
        // The parser knows which decimals are numbers here.
        if let exact = try? JSON(parsing: "{\"$numberDecimal\":\"\(text)\"}"), exact.doubleValue != nil { return exact }
        guard decimals == .text else {
            position = start
            throw failure("the decimal number \(text) has too many digits; round it, or have such numbers read as text", "小数 \(text) 位数过多；请取舍后再导出，或选择按文本读取")
        }
        warn("The decimal number \(text) has too many digits for a number and became text.", "小数 \(text) 位数过多，已转为文本。")
        return .string(text)
    }

    private mutating func warn(_ en: String, _ zh: String) {
        if warnings.count < Self.warningsMax { warnings.append(FormatWarning(path: shownPath, message: Localized(en, zh: zh))) }
    }

    /// The dotted path of the value that is read.
    private var shownPath: String { (path.dropFirst() + [key]).joined(separator: ".") }
}

extension BSONDecoder {
    func failure(_ en: String, _ zh: String) -> BSONFailure {
        let (placeEn, placeZh) = shownPath.isEmpty ? ("", "") : (" at \"\(shownPath.prefix(200))\"", "“\(shownPath.prefix(200))”处")
        return BSONFailure(
            reason: Localized("The document is damaged or not allowed\(placeEn): \(en).", zh: "文档\(placeZh)已损坏或不被允许：\(zh)。"), offset: min(position, bytes.count)
        )
    }

    private func unsupported(_ en: String, _ zh: String, _ start: Int) -> BSONFailure {
        BSONFailure(
            reason: Localized(
                "\"\(shownPath.prefix(200))\" is \(en), which cannot be stored; replace or remove it before dumping.",
                zh: "“\(shownPath.prefix(200))”的类型为 \(zh)，无法存储；请在导出前替换或删除。"), offset: start, code: .unsupported)
    }

    /// Takes `count` bytes of the container and answers where they are.
    private mutating func take(_ count: Int) throws(BSONFailure) -> Range<Int> {
        guard count >= 0, count <= limit - position else { throw failure("a value goes beyond the end", "值超出了末尾") }
        position += count
        return position - count..<position
    }

    private mutating func takeWord() throws(BSONFailure) -> UInt64 {
        try take(8).reversed().reduce(0) { $0 << 8 | UInt64(bytes[$1]) }
    }

    private mutating func takeInt32() throws(BSONFailure) -> Int32 {
        Int32(bitPattern: try take(4).reversed().reduce(0 as UInt32) { $0 << 8 | UInt32(bytes[$1]) })
    }

    private mutating func takeLength() throws(BSONFailure) -> Int { Int(try takeInt32()) }

    private mutating func takeName() throws(BSONFailure) -> String {
        guard let end = bytes[position..<limit].firstIndex(of: 0) else { throw failure("a name does not end", "名称没有结束") }
        let name = try text(position..<end)
        position = end + 1
        return name
    }

    private mutating func takeText() throws(BSONFailure) -> String {
        let length = try takeLength()
        guard length >= 1 else { throw failure("the length of a text is wrong", "文本长度有误") }
        let range = try take(length)
        guard bytes[range.upperBound - 1] == 0 else { throw failure("a text does not end where its length says", "文本未在其长度处结束") }
        return try text(range.lowerBound..<range.upperBound - 1)
    }

    private func text(_ range: Range<Int>) throws(BSONFailure) -> String {
        guard let text = String(validating: bytes[range], as: UTF8.self) else { throw failure("a text is not valid UTF-8", "文本不是合法的 UTF-8") }
        return text
    }

    /// The old subtype 2 repeats the length inside.
    private mutating func takeBinary() throws(BSONFailure) -> BinaryData {
        let length = try takeLength()
        let subtype = bytes[try take(1).lowerBound]
        guard subtype == 2 else { return BinaryData(Array(bytes[try take(length)]), subtype: subtype) }
        guard length >= 4, try takeLength() == length - 4 else { throw failure("the length of binary data is wrong", "二进制数据的长度有误") }
        return BinaryData(Array(bytes[try take(length - 4)]), subtype: subtype)
    }
}
