internal import HTTPSupport
internal import Kernel
internal import NIOCore

/// How far a peer has been told: the collection, which another one of the same name is not, and its last change.
struct WatchPlace: Sendable, Equatable {
    let collection: Int64
    let sequence: Int64

    init(collection: Int64, sequence: Int64) {
        self.collection = collection
        self.sequence = sequence
    }

    /// Reads what ``text`` writes; `nil` where it is something else.
    init?(_ text: String) {
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false).map { Int64($0) }
        guard numbers.count == 2, let collection = numbers[0], let sequence = numbers[1] else { return nil }
        self.init(collection: collection, sequence: sequence)
    }

    var text: String { "\(collection).\(sequence)" }
}

/// What a peer asks to watch.
struct WatchRequest: Sendable {
    let collection: String
    let filter: Filter
    let sort: SortOrder?
    let limit: Int?
    /// How far the peer has been told.
    let resume: WatchPlace?
    let language: Language
    /// The request without what differs from peer to peer.
    private let text: String

    /// - Parameters:
    ///   - message: `{"watch","collection","where","orderBy","limit","resume"}`
    ///   - caller: replaces `"{openid}"` in conditions.
    init(_ message: JSONObject, caller: Caller, limits: Limits, now: Int64, language: Language) throws {
        var get = message
        for name in ["type", "watch", "resume", "limit"] { get[name] = nil }
        let wantsLimit = try message.optionalInt("limit", in: 1...limits.watchedDocumentsMax)
        get["op"] = "get"
        let operation = try DocumentOperation(get, caller: caller, limits: limits, now: now)
        guard case .get(let selection) = operation.kind else { throw SampanError.badMember("where", Localized("a condition", zh: "查询条件")) }
        collection = operation.collection
        filter = selection.filter
        // Whether a document is in the result must not change with each look.
        if filter.isRandom {
            throw QueryError(.invalidQuery, "What is watched cannot depend on $sampleRate or $rand.", zh: "监听的条件不能使用 $sampleRate 或 $rand。")
        }
        sort = selection.sort
        limit = wantsLimit
        resume = try message.optionalText("resume").flatMap { WatchPlace($0) }
        self.language = language
        get["limit"] = wantsLimit.map { .int(Int64($0)) }
        text = String(decoding: JSON.object(get).serialized(), as: UTF8.self)
    }

    /// What watches have in common that share their documents.
    func key(_ reach: CollectionAccess.Reach, _ caller: Caller) -> String {
        if case .all = reach, !text.contains("{openid}") { return text }
        let user = caller.user ?? .nobody
        return "\(text) \(user.platform) \(user.openid)"
    }
}

/// The texts that watchers are sent (`docs/api/wire.md`, Watch).
enum WatchMessage {
    static func initial(_ watch: String, _ watched: WatchedQuery, _ place: WatchPlace) -> ByteBuffer {
        let documents = watched.order.compactMap { watched.documents[$0].map { JSON.object($0) } }
        return ByteBuffer(
            bytes: (["type": "init", "watch": .string(watch), "docs": .array(documents), "resume": .string(place.text)] as JSON).serialized())
    }

    /// What all watchers of a query are told alike.
    static func tail(_ events: [WatchedQuery.Event], _ order: [String]?, _ place: WatchPlace) -> [UInt8] {
        var json: JSONObject = ["changes": .array(events.map(\.json))]
        if let order { json["order"] = .array(order.map { .string($0) }) }
        json["resume"] = .string(place.text)
        return Array(JSON.object(json).serialized().dropFirst())
    }

    static func next(_ watch: String, _ tail: [UInt8]) -> ByteBuffer {
        var text = ByteBuffer(bytes: (["type": "next", "watch": .string(watch)] as JSON).serialized().dropLast())
        text.writeInteger(UInt8(ascii: ","))
        text.writeBytes(tail)
        return text
    }

    static func failure(_ watch: String?, _ error: any Error, _ language: Language) -> ByteBuffer {
        let known = SampanError(reporting: error)
        var json: JSONObject = ["type": "error"]
        if let watch { json["watch"] = .string(watch) }
        json["code"] = .string(known.code)
        json["status"] = .int(Int64(known.status))
        json["message"] = .string(known.detail[language])
        json["remedy"] = .string(known.remedy[language])
        return ByteBuffer(bytes: JSON.object(json).serialized())
    }

    static func plain(_ type: String, watch: String? = nil) -> ByteBuffer {
        var json: JSONObject = ["type": .string(type)]
        if let watch { json["watch"] = .string(watch) }
        return ByteBuffer(bytes: JSON.object(json).serialized())
    }
}
