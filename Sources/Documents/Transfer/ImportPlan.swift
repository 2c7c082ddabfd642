internal import Kernel

/// What becomes of the documents of a file.
public struct ImportPlan: Sendable {
    /// The collection that they go into; it is made when it is missing.
    public var collection: String
    /// Whether a document replaces the one with its `_id`; otherwise such a document is refused.
    public var upserts: Bool
    /// The kind of file; `nil` finds out from the first bytes whether it is JSON or BSON.
    public var format: DocumentFormat?
    /// How the cells of a table are read.
    public var csv: CSVOptions
    /// Whether the first document that is refused ends the import; otherwise it is left out and told of.
    public var stopsOnError: Bool

    /// Makes a plan; tables are read as Sampan's own exports write them, without their guards against formulas.
    public init(collection: String, upserts: Bool = false, format: DocumentFormat? = nil, csv: CSVOptions? = nil, stopsOnError: Bool = true) {
        self.collection = collection
        self.upserts = upserts
        self.format = format
        var standard = CSVOptions()
        standard.removesGuards = true
        self.csv = csv ?? standard
        self.stopsOnError = stopsOnError
    }

    /// Reads a plan from named texts, as they stand in a query or a form.
    ///
    /// | name | value |
    /// | --- | --- |
    /// | `collection` | the collection's name |
    /// | `mode` | `insert` (as without it) or `upsert` |
    /// | `format` | `json`, `csv` or `bson`; found out without it, first from the end of `fileName`, then, for JSON and BSON, from the bytes |
    /// | `onError` | `stop` (as without it) or `skip` |
    /// | `types` | of cells: `detect` (as without it) or `text` |
    /// | `dates` | `yes`: cells that are ISO 8601 dates become dates |
    /// | `separator` | `comma`, `semicolon` or `tab`; found in the header without it |
    /// | `guards` | `keep`: a `'` in front of `=`, `+`, `-`, `@` stays |
    ///
    /// - Throws: `SampanError`, 400, that names what cannot be read.
    public init(fileName: String? = nil, _ value: @escaping (String) -> String?) throws {
        guard let name = value("collection") else { throw SampanError.badMember("collection", Localized("a name", zh: "集合名")) }
        let choice = WordChoice(value)
        self.init(collection: name, upserts: try choice("mode", ["insert": false, "upsert": true], else: false))
        format = try choice("format", ["json": .json, "csv": .csv, "bson": .bson], else: fileName.flatMap { DocumentFormat(fileName: $0) })
        stopsOnError = try choice("onError", ["stop": true, "skip": false], else: true)
        csv.types = try choice("types", ["detect": .detect, "text": .text], else: .detect)
        csv.dates = try choice("dates", ["yes": true, "no": false], else: false)
        csv.separator = try choice("separator", ["comma": .comma, "semicolon": .semicolon, "tab": .tab], else: nil)
        csv.removesGuards = try choice("guards", ["remove": true, "keep": false], else: true)
    }

    /// The same texts again, to be kept and read by ``init(fileName:_:)``.
    var texts: JSONObject {
        var texts: JSONObject = [
            "collection": .string(collection), "mode": .string(upserts ? "upsert" : "insert"), "onError": .string(stopsOnError ? "stop" : "skip"),
            "types": .string(csv.types.rawValue), "dates": .string(csv.dates ? "yes" : "no"), "guards": .string(csv.removesGuards ? "remove" : "keep"),
        ]
        texts["format"] = (format?.rawValue).map { .string($0) }
        switch csv.separator {
        case .comma: texts["separator"] = "comma"
        case .semicolon: texts["separator"] = "semicolon"
        case .tab: texts["separator"] = "tab"
        case nil: break
        }
        return texts
    }
}

/// One of several words.
struct WordChoice {
    private let value: (String) -> String?

    init(_ value: @escaping (String) -> String?) { self.value = value }

    func callAsFunction<Value>(_ name: String, _ words: KeyValuePairs<String, Value>, else standard: Value) throws -> Value {
        guard let word = value(name) else { return standard }
        if let found = words.first(where: { $0.key == word }) { return found.value }
        let list = words.map(\.key)
        throw SampanError.badMember(name, Localized(list.joined(separator: " or "), zh: " \(list.joined(separator: " 或 "))"))
    }
}
