public import Kernel

/// Which documents of a collection are written, and how.
public struct ExportPlan: Sendable {
    /// What is written.
    public enum Form: Sendable, Equatable {
        /// A document a line, as documents are stored and as the database protocol writes them.
        case lines
        /// MongoDB's Extended JSON, a document a line, as `mongoexport` writes it.
        case extendedJSON(ExtendedJSON.Form)
        /// A table with a row for each document.
        case csv
        /// What `mongorestore` reads.
        case bson
    }

    /// The collection.
    public var collection: String
    /// What is written.
    public var form: Form
    /// Which texts become ObjectIds, in MongoDB's formats.
    public var objectIDs = ObjectIDForm.text
    /// The columns of a table; `nil` takes all that there are.
    public var fields: [String]?
    /// The separator of a table.
    public var separator = CSVSeparator.comma
    /// Whether texts that a spreadsheet would compute are kept from that.
    public var guards = true
    /// The documents that are written; `nil` for all.
    public var condition: JSON?

    /// Makes a plan that writes all documents.
    public init(collection: String, form: Form = .lines) {
        self.collection = collection
        self.form = form
    }

    /// Reads a plan from named texts, as they stand in a query.
    ///
    /// | name | value |
    /// | --- | --- |
    /// | `collection` | the collection's name |
    /// | `format` | `jsonl` (as without it), `ejson` (Extended JSON, relaxed), `ejson-canonical`, `csv` or `bson` |
    /// | `objectIds` | `text` (as without it), `identifiers` or `everywhere`: see ``ObjectIDForm`` |
    /// | `fields` | the columns of a table, `name,price` |
    /// | `separator` | `comma` (as without it), `semicolon` or `tab` |
    /// | `guards` | `none`: texts that start with `=`, `+`, `-`, `@` get no `'` in front |
    /// | `where` | a condition, as in a query |
    ///
    /// - Throws: `SampanError`, 400, that names what cannot be read.
    public init(_ value: @escaping (String) -> String?) throws {
        guard let name = value("collection") else { throw SampanError.badMember("collection", Localized("a name", zh: "集合名")) }
        let choice = WordChoice(value)
        let forms: KeyValuePairs<String, Form> = [
            "jsonl": .lines, "ejson": .extendedJSON(.relaxed), "ejson-canonical": .extendedJSON(.canonical), "csv": .csv, "bson": .bson,
        ]
        self.init(collection: name, form: try choice("format", forms, else: .lines))
        objectIDs = try choice("objectIds", ["text": .text, "identifiers": .identifiers, "everywhere": .everywhere], else: .text)
        separator = try choice("separator", ["comma": .comma, "semicolon": .semicolon, "tab": .tab], else: .comma)
        guards = try choice("guards", ["add": true, "none": false], else: true)
        fields = value("fields")?.split(separator: ",").map { String($0) }
        if let text = value("where") {
            do throws(JSONError) { condition = try JSON(parsing: text) } catch { throw SampanError.malformedJSON(error) }
        }
    }

    /// The end of the file's name.
    public var fileNameExtension: String {
        switch form {
        case .lines: "jsonl"
        case .extendedJSON: "json"
        case .csv: separator == .tab ? "tsv" : "csv"
        case .bson: "bson"
        }
    }

    /// The type of the file.
    public var mediaType: String {
        switch form {
        case .lines, .extendedJSON: "application/x-ndjson; charset=utf-8"
        case .csv: separator == .tab ? "text/tab-separated-values; charset=utf-8" : "text/csv; charset=utf-8"
        case .bson: "application/bson"
        }
    }
}
