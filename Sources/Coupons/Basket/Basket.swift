internal import HTTPSupport
public import Kernel

/// What somebody is about to buy, and where.
public struct Basket: Sendable, Hashable {
    /// Some pieces of one kind of goods; the same goods may stand in several lines.
    public struct Line: Sendable, Hashable {
        /// The goods' id.
        public let goods: String
        /// The category that the goods are in; may be empty.
        public let category: String
        /// The price of one piece, in fen.
        public let price: Int64
        /// How many pieces.
        public let quantity: Int64

        /// Makes a line; ``Basket`` checks its numbers.
        public init(goods: String, category: String = "", price: Int64, quantity: Int64 = 1) {
            self.goods = goods
            self.category = category
            self.price = price
            self.quantity = quantity
        }

        var total: Int64 { price * quantity }
    }

    /// 1 to 200 lines.
    public let lines: [Line]
    /// The shop; empty if none was named.
    public let shop: String
    /// The channel (`miniapp`, `store`, …); empty if none was named.
    public let channel: String
    /// The member's level; empty if none was named.
    public let level: String

    private static let lineCount = 1...200
    private static let priceRange: ClosedRange<Int64> = 0...1_000_000_000
    private static let quantityRange: ClosedRange<Int64> = 1...10_000

    /// Makes a basket.
    /// - Throws: `BAD_MEMBER` for a number out of its range; what passes comes to at most 2 × 10¹⁵ fen, far from an overflow.
    public init(lines: [Line], shop: String = "", channel: String = "", level: String = "") throws {
        guard Self.lineCount.contains(lines.count) else { throw SampanError.badMember("lines", Localized("1 to 200 lines", zh: " 1 到 200 行商品")) }
        for (place, line) in lines.enumerated() {
            try Self.check(line.price, in: Self.priceRange, "lines[\(place)].price")
            try Self.check(line.quantity, in: Self.quantityRange, "lines[\(place)].quantity")
        }
        self.lines = lines
        self.shop = shop
        self.channel = channel
        self.level = level
    }

    /// Reads `{"lines":[{"goods":"sku1","category":"drinks","price":1200,"quantity":2}],"shop":"","channel":"","level":""}`.
    /// - Throws: `BAD_MEMBER` for a member that is unknown, absent, of the wrong type or out of its range.
    public init(_ object: JSONObject) throws {
        try object.refuseUnknown(["lines", "shop", "channel", "level"], in: "basket")
        guard let lines = object["lines"]?.arrayValue else { throw SampanError.badMember("lines", Localized("1 to 200 lines", zh: " 1 到 200 行商品")) }
        guard Self.lineCount.contains(lines.count) else { throw SampanError.badMember("lines", Localized("1 to 200 lines", zh: " 1 到 200 行商品")) }
        try self.init(
            lines: try lines.enumerated().map { try Line($1, at: "lines[\($0)]") }, shop: try Self.text(object["shop"], "shop"),
            channel: try Self.text(object["channel"], "channel"), level: try Self.text(object["level"], "level"))
    }

    /// What all lines come to without coupons.
    public var total: Int64 { lines.reduce(0) { $0 + $1.total } }

    private static func check(_ number: Int64, in range: ClosedRange<Int64>, _ name: String) throws {
        guard range.contains(number) else {
            throw SampanError.badMember(
                name, Localized("an integer from \(range.lowerBound) to \(range.upperBound)", zh: " \(range.lowerBound) 到 \(range.upperBound) 的整数"))
        }
    }

    /// A text that may be absent or empty.
    fileprivate static func text(_ value: JSON?, _ name: String) throws -> String {
        guard let value, !value.isNull else { return "" }
        guard let text = value.stringValue, text.utf8.count <= 128, !text.utf8.contains(0) else {
            throw SampanError.badMember(name, Localized("a text of at most 128 bytes", zh: "不超过 128 字节的文本"))
        }
        return text
    }
}

extension Basket.Line {
    fileprivate init(_ json: JSON, at place: String) throws {
        guard let object = json.objectValue else { throw SampanError.badMember(place, Localized("an object", zh: "对象")) }
        try object.refuseUnknown(["goods", "category", "price", "quantity"], in: "line of a basket")
        let goods = try Basket.text(object["goods"], "\(place).goods")
        guard !goods.isEmpty else { throw SampanError.badMember("\(place).goods", Localized("the goods' id", zh: "商品编号")) }
        guard let price = object["price"]?.intValue else { throw SampanError.badMember("\(place).price", Localized("an integer, in fen", zh: "以分为单位的整数")) }
        guard let quantity = object["quantity"]?.intValue else { throw SampanError.badMember("\(place).quantity", Localized("an integer", zh: "整数")) }
        self.init(goods: goods, category: try Basket.text(object["category"], "\(place).category"), price: price, quantity: quantity)
    }
}
