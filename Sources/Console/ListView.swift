internal import Kernel

/// A list of rows in memory as a table that sorts, filters and pages by the parameters `q`, `sort` and `page` of its address.
struct ListView<Row> {
    /// One column; without an order it cannot be sorted by.
    struct Column {
        /// The phrase that names it; `nil` for a column of buttons.
        let title: String?
        /// Its name in the address.
        var name = ""
        var ascends: ((Row, Row) -> Bool)?
    }

    static var rowsOnAPage: Int { 50 }

    let columns: [Column]
    /// What the search looks at.
    let text: (Row) -> String

    /// The rows to show now, and what the templates `table-head`, `search` and `pager` need.
    func shown(_ rows: [Row], _ visit: Visit) -> (rows: [Row], model: JSONObject) {
        let wanted = visit.query("q")
        let found = wanted.map { wanted in rows.filter { text($0).lowercased().contains(wanted.lowercased()) } } ?? rows
        let sort = visit.query("sort")
        let sorted = Self.sorted(found, by: column(of: sort), descending: sort?.hasPrefix("-") == true)
        let pages = max(1, (sorted.count + Self.rowsOnAPage - 1) / Self.rowsOnAPage)
        let page = min(visit.listPage, pages)
        let path = visit.path
        let model: JSONObject = [
            "listPath": .string(path), "search": .string(wanted ?? ""), "isFiltered": .bool(wanted != nil), "hasRows": .bool(!sorted.isEmpty),
            "isEmpty": .bool(rows.isEmpty), "head": .array(columns.map { head($0, sort: sort, search: wanted, path, visit.language) }),
            "pager": .object(Pager(page: page, of: pages) { Address.with(path, [("q", wanted), ("sort", sort), ("page", "\($0)")]) }.model(visit.language)),
        ]
        return (Array(sorted.dropFirst((page - 1) * Self.rowsOnAPage).prefix(Self.rowsOnAPage)), model)
    }

    private func column(of sort: String?) -> Column? {
        guard let name = sort.map({ $0.hasPrefix("-") ? String($0.dropFirst()) : $0 }) else { return nil }
        return columns.first { $0.name == name && $0.ascends != nil }
    }

    private static func sorted(_ rows: [Row], by column: Column?, descending: Bool) -> [Row] {
        guard let ascends = column?.ascends else { return rows }
        return descending ? rows.sorted { ascends($1, $0) } : rows.sorted(by: ascends)
    }

    private func head(_ column: Column, sort: String?, search: String?, _ path: String, _ language: Language) -> JSON {
        guard let title = column.title else { return [:] }
        var head: JSONObject = ["label": .string(Catalogue.phrase(title, language))]
        guard column.ascends != nil else { return .object(head) }
        let isAscending = sort == column.name
        head["sortPath"] = .string(Address.with(path, [("q", search), ("sort", isAscending ? "-\(column.name)" : column.name)]))
        if isAscending || sort == "-\(column.name)" { head["direction"] = .string(isAscending ? "ascending" : "descending") }
        return .object(head)
    }
}

/// The links to the pages of a list.
struct Pager {
    let page: Int
    let pages: Int
    let path: (Int) -> String

    init(page: Int, of pages: Int, path: @escaping (Int) -> String) {
        self.page = page
        self.pages = pages
        self.path = path
    }

    /// As the template `pager` reads it; nothing when one page is all.
    func model(_ language: Language) -> JSONObject {
        var model: JSONObject = ["hasPages": .bool(pages > 1), "pageText": .string(Phrases.page(Int64(page), of: Int64(pages))[language])]
        if page > 1 { model["previousPath"] = .string(path(page - 1)) }
        if page < pages { model["nextPath"] = .string(path(page + 1)) }
        return model
    }
}
