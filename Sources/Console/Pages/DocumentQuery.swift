internal import Documents
internal import HTTPSupport
internal import Kernel
internal import NIOCore

/// What documents a collection's page is asked for: a condition in the query language, or a field with a value from the small form.
struct DocumentQuery: Sendable {
    /// The comparisons of the small form.
    static let comparisons = ["$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "exists"]
    static let documentsOnAPage = 50
    /// Further pages would be counted through one by one: a condition finds more quickly what lies there.
    static let pagesMax = 200

    let conditionText: String?
    let field: String?
    let comparison: String
    let value: String
    let sort: String?
    let isDescending: Bool
    let page: Int

    init(_ visit: Visit) {
        conditionText = visit.query("where")
        field = visit.query("field")
        comparison = visit.query("is").flatMap { Self.comparisons.contains($0) ? $0 : nil } ?? "$eq"
        value = visit.query("value") ?? ""
        sort = visit.query("sort")
        isDescending = visit.query("order") == "desc"
        page = min(visit.listPage, Self.pagesMax)
    }

    var isFiltered: Bool { conditionText != nil || field != nil }

    /// The condition of both forms together.
    func condition() throws -> JSON? {
        let written = try conditionText.map(Self.parsed)
        guard let field else { return written }
        let chosen: JSON = [field: comparison == "exists" ? ["$exists": true] : .object([comparison: Self.typed(value)])]
        guard let written else { return chosen }
        return ["$and": [written, chosen]]
    }

    /// The address of this query at another page.
    func path(_ base: String, page: Int) -> String {
        Address.with(
            base,
            [
                ("where", conditionText), ("field", field), ("is", field.map { _ in comparison }), ("value", field.map { _ in value }),
                ("sort", sort), ("order", sort.map { _ in isDescending ? "desc" : "asc" }), ("page", page > 1 ? "\(page)" : nil),
            ])
    }

    /// A number, a truth value or a quoted text as JSON has it; anything else is the text itself.
    private static func typed(_ text: String) -> JSON {
        guard let value = try? JSON(parsing: Array(text.utf8)) else { return .string(text) }
        return value
    }

    private static func parsed(_ text: String) throws -> JSON {
        do {
            let condition = try JSON(parsing: Array(text.utf8))
            guard condition.objectValue != nil else { throw SampanError.badMember("where", Localized("a JSON object", zh: " JSON 对象")) }
            return condition
        } catch let error as JSONError {
            throw SampanError.badRequest(
                "MALFORMED_JSON",
                Localized("The condition is not valid JSON: \(error.message.en).", zh: "条件不是合法的 JSON：\(error.message.zh)。"),
                remedy: Localized("Write names and texts in double quotes.", zh: "字段名与文本请用英文双引号。"))
        }
    }
}

extension Documents {
    /// Performs an operation of the database protocol as the console's visitor.
    func perform(_ operation: JSONObject, in environment: EnvironmentID, _ visit: Visit) async throws -> JSON {
        let request = ByteBuffer(bytes: JSON.object(operation).serialized())
        return try JSON(try await perform(request, visit.context.keyCall(environment)))
    }
}
