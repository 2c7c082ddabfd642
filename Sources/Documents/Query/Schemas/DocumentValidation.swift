public import Kernel

/// The deepest nesting of a stored document; the document itself is the first level.
public let maximumDocumentDepth = 100

/// Refuses documents that cannot be stored.
///
/// Refused are keys that start with `$` (typed values have been read and server dates resolved by then), empty keys, keys with NUL, dots in
/// top-level keys, numbers that JSON cannot write, and more than 100 nested levels.
public func validateDocument(_ object: JSONObject) throws(QueryError) { try validateDocument(object, code: .invalidDocument) }

/// The same with the code of what made the document.
func validateDocument(_ object: JSONObject, code: QueryError.Code) throws(QueryError) {
    for (key, _) in object where key.utf8.contains(UInt8(ascii: ".")) {
        throw QueryError(
            code, "The field name \"\(key)\" contains a dot; nest objects instead.", zh: "字段名“\(key)”含有点号；请改用嵌套对象。")
    }
    try ValueValidation(code: code, allowsServerDates: false).check(.object(object), depth: 0)
}

/// The rules for values inside documents and updates.
struct ValueValidation {
    let code: QueryError.Code
    let allowsServerDates: Bool

    /// Checks a value that lies inside `depth` containers.
    func check(_ value: JSON, depth: Int) throws(QueryError) {
        switch value {
        case .object(let members):
            try checkDepth(depth + 1)
            if allowsServerDates, ServerDate.offset(in: members) != nil { return }
            for (key, member) in members {
                try checkKey(key)
                try check(member, depth: depth + 1)
            }
        case .array(let elements):
            try checkDepth(depth + 1)
            for element in elements { try check(element, depth: depth + 1) }
        // What is written as an object in JSON must be as shallow as one, or a stored document could not be read again.
        case .date: try checkDepth(depth + 1)
        case .binary, .regularExpression: try checkDepth(depth + 2)
        case .double(let number) where !number.isFinite:
            throw QueryError(code, "NaN and infinity cannot be stored; use null.", zh: "不能保存 NaN 或无穷大；请用 null。")
        default: break
        }
    }

    private func checkDepth(_ depth: Int) throws(QueryError) {
        if depth > maximumDocumentDepth {
            throw QueryError(
                code, "A document can have at most \(maximumDocumentDepth) nested levels.", zh: "文档最多嵌套 \(maximumDocumentDepth) 层。")
        }
    }

    private func checkKey(_ key: String) throws(QueryError) {
        switch key.utf8.first {
        case nil: throw QueryError(code, "A field name cannot be empty.", zh: "字段名不能为空。")
        case UInt8(ascii: "$")?: throw refusal(ofDollarKey: key)
        default:
            if key.utf8.contains(0) { throw QueryError(code, "A field name cannot contain NUL.", zh: "字段名不能含 NUL 字符。") }
        }
    }

    private func refusal(ofDollarKey key: String) -> QueryError {
        if let form = TypedForm(key) { return form.error(code) }
        if key == "$serverDate" {
            return QueryError(
                code, "The server's time is written {\"$serverDate\":{\"offset\":0}}, with a whole number of milliseconds.",
                zh: "服务器时间写作 {\"$serverDate\":{\"offset\":0}}，offset 为整数毫秒。")
        }
        return QueryError(code, "The field name \"\(key)\" starts with $; use another name.", zh: "字段名“\(key)”以 $ 开头；请换一个名称。")
    }
}
