internal import Foundation
public import Hummingbird
public import Kernel

/// Which part of a list a request wants: `limit` rows after the one at `after`.
public struct ListWindow: Sendable {
    private static let limitMax: Int64 = 1000
    private static let positionCharactersMax = 256

    /// How many rows at most.
    public let limit: Int
    /// The position of the last row of the page before; `nil` for the first page.
    public let after: String?

    /// What a request wants: 100 rows from the first on, unless it says otherwise.
    public init(_ request: Request) throws {
        limit = Int(try request.queryInt("limit", in: 1...Self.limitMax) ?? 100)
        after = request.queryText("after")
        guard (after ?? "").count <= Self.positionCharactersMax else {
            throw SampanError.badMember("after", Localized("the `next` of the page before", zh: "上一页的 `next`"))
        }
    }

    /// One page: `{"<name>":[…]}`, and `"next"` where there are more rows.
    /// - Parameters:
    ///   - rows: all rows, in the order of their positions.
    ///   - position: where a row stands; unlike that of any other, and the same as long as the row is there.
    public func page<Row>(_ name: String, _ rows: [Row], position: (Row) -> String, _ json: (Row) throws -> JSON) rethrows -> JSON {
        let rest = after.map { after in rows.drop { position($0) <= after } } ?? rows[...]
        let shown = rest.prefix(limit)
        var page: JSONObject = [name: .array(try shown.map(json))]
        if rest.count > shown.count, let last = shown.last { page["next"] = .string(position(last)) }
        return .object(page)
    }

    /// The position of what is listed oldest first.
    public static func position(_ createdAt: Int64, _ id: String) -> String {
        let digits = String(createdAt)
        return String(repeating: "0", count: max(0, 15 - digits.count)) + digits + "." + id
    }
}

/// A text that a list is searched for, whatever its case.
public struct TextSearch: Sendable {
    private let text: String?

    /// What a request's `search` says.
    public init(_ request: Request) { text = request.queryText("search")?.lowercased() }

    /// Whether one of a row's texts has it.
    public func fits(_ texts: String...) -> Bool { text.map { text in texts.contains { $0.lowercased().contains(text) } } ?? true }
}

extension Request {
    /// A query parameter that is one of a few words; `nil` when absent.
    public func queryWord<Word: RawRepresentable<String> & CaseIterable>(_ name: String, _ type: Word.Type = Word.self) throws -> Word? {
        guard let text = queryText(name) else { return nil }
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map(\.rawValue)
            throw SampanError.badMember(name, Localized(words.joined(separator: ", "), zh: " \(words.joined(separator: "、"))"))
        }
        return word
    }
}
