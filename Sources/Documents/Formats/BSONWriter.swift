public import Kernel

/// Writes documents as `mongorestore` reads them from `.bson` files.
///
/// Whole numbers are int32 where they fit, else int64, as MongoDB's drivers write them; all else is written as ``BSONReader`` reads it.
public struct BSONWriter: Sendable {
    /// Which texts become ObjectIds.
    public var objectIDs: ObjectIDForm
    /// The largest document that MongoDB takes.
    public var documentBytesMax: Int

    /// Makes a writer.
    public init(objectIDs: ObjectIDForm = .text, documentBytesMax: Int = 16 << 20) {
        self.objectIDs = objectIDs
        self.documentBytesMax = documentBytesMax
    }

    /// Appends one document; nothing, when it is refused.
    public func append(_ document: JSONObject, to out: inout [UInt8]) throws(FormatError) {
        let start = out.count
        do throws(FormatError) {
            try append(document, depth: 1, to: &out)
            if out.count - start > documentBytesMax {
                throw Self.refusal("The document has more than \(documentBytesMax) bytes", "文档超过 \(documentBytesMax) 字节", .limit)
            }
        } catch {
            out.removeLast(out.count - start)
            throw error
        }
    }

    private func append(_ members: JSONObject, depth: Int, to out: inout [UInt8]) throws(FormatError) {
        let start = try Self.open(depth, &out)
        for (key, value) in members { try append(value, key: key, depth: depth, to: &out) }
        try close(start, &out)
    }

    private func append(_ elements: [JSON], depth: Int, to out: inout [UInt8]) throws(FormatError) {
        let start = try Self.open(depth, &out)
        for (place, value) in elements.enumerated() { try append(value, key: String(place), depth: depth, to: &out) }
        try close(start, &out)
    }

    private static func open(_ depth: Int, _ out: inout [UInt8]) throws(FormatError) -> Int {
        if depth > BSONDecoder.depthMax {
            throw refusal("More than \(BSONDecoder.depthMax) objects and arrays are nested", "嵌套超过 \(BSONDecoder.depthMax) 层", .limit)
        }
        out.append(contentsOf: [0, 0, 0, 0])
        return out.count - 4
    }

    private func close(_ start: Int, _ out: inout [UInt8]) throws(FormatError) {
        out.append(0)
        guard let length = UInt32(exactly: out.count - start), length <= Int32.max else {
            throw Self.refusal("The document is too large", "文档过大", .limit)
        }
        for place in 0..<4 { out[start + place] = UInt8(truncatingIfNeeded: length >> UInt32(place * 8)) }
    }

    private func append(_ value: JSON, key: String, depth: Int, to out: inout [UInt8]) throws(FormatError) {
        switch value {
        case .null: try Self.begin(.null, key, &out)
        case .bool(let flag):
            try Self.begin(.bool, key, &out)
            out.append(flag ? 1 : 0)
        case .int(let number):
            if let small = Int32(exactly: number) {
                try Self.begin(.int32, key, &out)
                Self.append(small, &out)
            } else {
                try Self.begin(.int64, key, &out)
                Self.append(number, &out)
            }
        case .double(let number):
            try Self.begin(.double, key, &out)
            Self.append(number.bitPattern, &out)
        case .string(let text): try append(text, key: key, depth: depth, to: &out)
        case .date(let milliseconds):
            try Self.begin(.date, key, &out)
            Self.append(milliseconds, &out)
        case .binary(let data):
            try Self.begin(.binary, key, &out)
            try Self.append(data, &out)
        case .regularExpression(let expression):
            try Self.begin(.regularExpression, key, &out)
            try Self.append(name: expression.pattern, &out)
            try Self.append(name: expression.options, &out)
        case .array(let elements):
            try Self.begin(.array, key, &out)
            try append(elements, depth: depth + 1, to: &out)
        case .object(let members):
            try Self.begin(.document, key, &out)
            try append(members, depth: depth + 1, to: &out)
        }
    }

    private func append(_ text: String, key: String, depth: Int, to out: inout [UInt8]) throws(FormatError) {
        if objectIDs.converts(text, key: key, depth: depth) {
            try Self.begin(.objectID, key, &out)
            let digits = Array(text.utf8).map { $0 < 0x3A ? $0 - 0x30 : $0 - 0x57 }
            for place in stride(from: 0, to: digits.count, by: 2) { out.append(digits[place] << 4 | digits[place + 1]) }
            return
        }
        try Self.begin(.string, key, &out)
        Self.append(try Self.length(text.utf8.count + 1), &out)
        out.append(contentsOf: text.utf8)
        out.append(0)
    }

    private static func append(_ data: BinaryData, _ out: inout [UInt8]) throws(FormatError) {
        let isOld = data.subtype == 2
        append(try length(data.bytes.count + (isOld ? 4 : 0)), &out)
        out.append(data.subtype)
        if isOld { append(try length(data.bytes.count), &out) }
        out.append(contentsOf: data.bytes)
    }

    private static func begin(_ type: BSONType, _ key: String, _ out: inout [UInt8]) throws(FormatError) {
        out.append(type.rawValue)
        try append(name: key, &out)
    }

    private static func append(name: String, _ out: inout [UInt8]) throws(FormatError) {
        guard !name.utf8.contains(0) else {
            throw refusal("A name or a regular expression contains NUL", "名称或正则表达式含有 NUL 字符", .invalidDocument)
        }
        out.append(contentsOf: name.utf8)
        out.append(0)
    }

    private static func append(_ number: some FixedWidthInteger, _ out: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { out.append(contentsOf: $0) }
    }

    private static func length(_ count: Int) throws(FormatError) -> Int32 {
        guard let length = Int32(exactly: count) else { throw refusal("The document is too large", "文档过大", .limit) }
        return length
    }

    private static func refusal(_ en: String, _ zh: String, _ code: QueryError.Code) -> FormatError {
        FormatError(
            Localized("\(en), which MongoDB does not take; change it, or export as JSON lines.", zh: "\(zh)，MongoDB 不接受；请修改文档，或导出为 JSON 行。"),
            at: .unplaced, code: code)
    }
}
