import Kernel

/// How a typed value is written, for those who wrote it in another way: the parser has left such an object as it was.
struct TypedForm {
    private let text: Localized

    /// The form that a name such as `$date` belongs to.
    init?(_ name: String) {
        switch name {
        case "$date":
            text = Localized(
                "A date is written {\"$date\": milliseconds} or {\"$date\": \"2024-01-31T08:00:00Z\"}, with nothing beside it.",
                zh: "日期写作 {\"$date\": 毫秒数} 或 {\"$date\": \"2024-01-31T08:00:00Z\"}，不能有其他成员。")
        case "$binary":
            text = Localized(
                "Bytes are written {\"$binary\":{\"base64\":\"aGk=\",\"subType\":\"00\"}}, with nothing beside it.",
                zh: "二进制写作 {\"$binary\":{\"base64\":\"aGk=\",\"subType\":\"00\"}}，不能有其他成员。")
        case "$regularExpression":
            text = Localized(
                "A regular expression is written {\"$regularExpression\":{\"pattern\":\"^a\",\"options\":\"i\"}}, with nothing beside it.",
                zh: "正则表达式写作 {\"$regularExpression\":{\"pattern\":\"^a\",\"options\":\"i\"}}，不能有其他成员。")
        case "$oid":
            text = Localized(
                "An ObjectId is written {\"$oid\":\"…\"} with 24 hexadecimal digits; ids here are texts, so the digits alone do too.",
                zh: "ObjectId 写作 {\"$oid\":\"…\"}，为 24 位十六进制数字；本库的 id 是文本，也可直接写这 24 位。")
        case "$numberInt", "$numberLong", "$numberDouble":
            text = Localized(
                "\(name) holds a number of its kind as a text, such as {\"\(name)\":\"5\"}, with nothing beside it.",
                zh: "\(name) 的值是文本形式的数字，例如 {\"\(name)\":\"5\"}，不能有其他成员。")
        case "$numberDecimal":
            text = Localized(
                "$numberDecimal must fit a 64-bit integer or a double exactly; keep longer decimals as texts, or as integers of a smaller unit.",
                zh: "$numberDecimal 必须能精确表示为 64 位整数或双精度数；更长的小数请保存为文本，或换算成更小单位的整数。")
        default: return nil
        }
    }

    func error(_ code: QueryError.Code) -> QueryError { QueryError(code, text.en, zh: text.zh) }
}
