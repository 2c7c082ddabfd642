internal import HTTPSupport
public import Kernel
internal import Storage

/// What the documents of a collection look like, inferred from a sample of them.
struct SchemaOverview {
    /// The most paths that are told apart, so that ids used as names do not fill the memory.
    private static let pathsMax = 500
    private static let depthMax = 8
    /// The most different values that are listed.
    fileprivate static let listedMax = 10
    fileprivate static let exampleBytesMax = 200

    fileprivate struct Field {
        /// How many documents have it.
        var documents = 0
        /// The last document that it was counted in: an array can hold it many times.
        var lastDocument = -1
        var values = 0
        var types: [(name: String, count: Int)] = []
        var example: JSON?
        var least: JSON?
        var most: JSON?
        /// `nil` once there are too many to list.
        var different: Set<JSON>? = []
    }

    private var fields: [String: Field] = [:]
    private var order: [String] = []
    private(set) var sampled = 0
    private(set) var isCut = false

    mutating func add(_ document: JSONObject) {
        for (name, value) in document { add(value, at: name, depth: 1) }
        sampled += 1
    }

    private mutating func add(_ value: JSON, at path: String, depth: Int) {
        guard note(value, at: path), depth < Self.depthMax else { return }
        switch value {
        case .object(let members): for (name, member) in members { add(member, at: "\(path).\(name)", depth: depth + 1) }
        case .array(let elements): for element in elements { add(element, at: "\(path)[]", depth: depth + 1) }
        default: break
        }
    }

    /// - Returns: whether the path is one that is told.
    private mutating func note(_ value: JSON, at path: String) -> Bool {
        if fields[path] == nil {
            guard fields.count < Self.pathsMax else {
                isCut = true
                return false
            }
            order.append(path)
        }
        fields[path, default: Field()].note(value, in: sampled)
        return true
    }

    /// `[{"path","missing","types":[{"type","share"}],"example","min"?,"max"?,"values"?}]`, parents before children.
    var json: JSON {
        .array(
            order.compactMap { path in fields[path].map { $0.json(path, of: sampled) } })
    }
}

extension SchemaOverview.Field {
    mutating func note(_ value: JSON, in document: Int) {
        if lastDocument != document {
            lastDocument = document
            documents += 1
        }
        values += 1
        let type = value.typeName
        if let place = types.firstIndex(where: { $0.name == type }) { types[place].count += 1 } else { types.append((type, 1)) }
        switch value {
        case .object, .array, .binary: different = nil
        default: different?.insert(value)
        }
        if let count = different?.count, count > SchemaOverview.listedMax { different = nil }
        if example == nil || example?.isNull == true, value.serialized().count <= SchemaOverview.exampleBytesMax { example = value }
        guard value.isMeasured else { return }
        if least.map({ ValueOrder.compare(value, $0) == .ascending }) ?? true { least = value }
        if most.map({ ValueOrder.compare(value, $0) == .descending }) ?? true { most = value }
    }

    func json(_ path: String, of sampled: Int) -> JSON {
        func share(_ count: Int, of all: Int) -> JSON { .double(Double(count * 1000 / max(1, all)) / 1000) }
        var json: JSONObject = [
            "path": .string(path), "missing": share(sampled - documents, of: sampled),
            "types": .array(types.sorted { $0.count > $1.count }.map { ["type": .string($0.name), "share": share($0.count, of: values)] }),
        ]
        json["example"] = example
        // A few values that come again and again say more than two ends; where each is another one, they say nothing.
        if let different, different.count < max(2, values) {
            json["values"] = .array(different.sorted { ValueOrder.compare($0, $1) == .ascending })
        } else {
            json["min"] = least
            json["max"] = most
        }
        return .object(json)
    }
}

extension JSON {
    /// As `$type` and `bsonType` name it.
    fileprivate var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "bool"
        case .int(let number): Int32(exactly: number) == nil ? "long" : "int"
        case .double: "double"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        case .date: "date"
        case .binary: "binData"
        case .regularExpression: "regex"
        }
    }

    /// Whether least and most say something.
    fileprivate var isMeasured: Bool {
        switch self {
        case .int, .double, .date: true
        default: false
        }
    }
}

extension Documents {
    /// How many documents a sample may have.
    private static let sampledMax = 1000
    /// A sample is taken at so many places of the collection.
    private static let places: Int64 = 20

    /// What the documents of a collection look like: paths with types, shares, examples, and the ends or the few values that they have.
    ///
    /// At most 1000 documents are read, a few at each of 20 places between the oldest and the newest.
    /// - Returns: `{"documents","sampled","fields":[…],"more"?}`
    public func schema(of name: String, _ environment: EnvironmentID) async throws -> JSON {
        let store = try store(environment)
        let collection = try store.collection(name)
        return try await offEventLoop {
            try store.read { connection in
                var overview = SchemaOverview()
                try Self.sample(collection, connection) { overview.add($0) }
                var json: JSONObject = [
                    "documents": .int(try store.count(collection, connection)), "sampled": .int(Int64(overview.sampled)), "fields": overview.json,
                ]
                if overview.isCut { json["more"] = true }
                return .object(json)
            }
        }
    }

    private static func sample(_ collection: Collection, _ connection: Connection, _ body: (JSONObject) -> Void) throws {
        let table = "d\(collection.number)"
        let ends = try connection.first("SELECT coalesce(min(seq), 0), coalesce(max(seq), -1) FROM \(table)") { (first: $0.int(0), last: $0.int(1)) }
        guard let ends, ends.last >= ends.first else { return }
        let step = max(Int64(sampledMax) / places, (ends.last - ends.first) / places + 1)
        var (start, left) = (ends.first, sampledMax)
        while start <= ends.last, left > 0 {
            let most = min(left, step <= Int64(sampledMax) / places ? sampledMax : sampledMax / Int(places))
            try connection.rows("SELECT body FROM \(table) WHERE seq >= $1 AND seq < $2 ORDER BY seq LIMIT \(most)", [.int(start), .int(start + step)]) { row in
                body(try row.document(0))
                left -= 1
                return true
            }
            start += step
        }
    }
}
