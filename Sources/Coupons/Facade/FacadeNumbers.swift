internal import Kernel

/// Sums and discounts as Alipay writes them, without floating point.
enum FacadeNumber {
    /// Fen as yuan with two decimals.
    static func yuan(_ fen: Int64) -> String { ScaledDecimal.hundredths(fen) }

    /// How many hundredths of a percent a discount takes off: `8.5` or `8.5折` is 1500, as is the rate `0.85`.
    static func basisPointsOff(_ text: String) -> Int64? {
        let isFold = text.hasSuffix("折")
        let digits = isFold ? text.dropLast() : Substring(text)
        guard let scaled = ScaledDecimal.scaled(digits, places: 4, digitsMax: 1) else { return nil }
        // A bare 1 could be a tenth or everything.
        guard isFold || scaled != 10_000 else { return nil }
        let asFold = isFold || scaled > 10_000
        guard !asFold || scaled % 10 == 0 else { return nil }
        let paid = asFold ? scaled / 10 : scaled
        return (1..<10_000).contains(paid) ? 10_000 - paid : nil
    }

    /// The text that ``basisPointsOff(_:)`` reads as this.
    static func discount(_ basisPointsOff: Int64) -> String {
        let paid = 10_000 - basisPointsOff
        let (number, places) = paid > 1000 ? (paid, 3) : (paid, 4)
        let unit: Int64 = places == 3 ? 1000 : 10_000
        var text = "\(number / unit).\(DateText.padded(Int(number % unit), places))"
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }
}

/// Moments as the platforms write them.
enum FacadeTime {
    private static let beijing: Int64 = 8 * 3_600_000

    /// `yyyy-MM-dd HH:mm:ss` by Beijing's clock.
    static func alipay(_ moment: Int64) -> String { String(DateText.iso8601(fromMilliseconds: moment + beijing).prefix(19).replacing("T", with: " ")) }

    static func moment(alipay text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 19, bytes[10] == UInt8(ascii: " ") else { return nil }
        return DateText.milliseconds(fromISO8601: text + "+08:00")
    }

    /// RFC 3339 by Beijing's clock.
    static func wechat(_ moment: Int64) -> String { DateText.iso8601(fromMilliseconds: moment + beijing).prefix(19) + "+08:00" }

    static func moment(wechat text: String) -> Int64? {
        let zone = text.utf8.suffix(6)
        guard text.utf8.last == UInt8(ascii: "Z") || zone.first == UInt8(ascii: "+") || zone.first == UInt8(ascii: "-"), text.utf8.count >= 20 else {
            return nil
        }
        return DateText.milliseconds(fromISO8601: text)
    }

    /// A part of a day out of seconds since midnight; the platforms' ends are the last second in it.
    static func hours(from: Int64, through end: Int64) -> UseTimes.Hours? {
        let until = end % 60 == 59 ? end + 1 : end
        guard from % 60 == 0, until % 60 == 0, from != until, (0..<86_400).contains(from), (1...86_400).contains(until) else { return nil }
        return UseTimes.Hours(from: Int(from / 60), until: Int(until / 60))
    }

    /// `HH:mm:ss` as seconds since midnight.
    static func seconds(_ text: String) -> Int64? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { $0.utf8.count == 2 ? Int64($0) ?? -1 : -1 }
        guard parts.count == 3, (0...24).contains(parts[0]), (0...59).contains(parts[1]), (0...59).contains(parts[2]) else { return nil }
        let seconds = parts[0] * 3600 + parts[1] * 60 + parts[2]
        return seconds <= 86_400 ? seconds : nil
    }

    static func clock(_ seconds: Int64) -> String {
        "\(DateText.padded(Int(seconds / 3600), 2)):\(DateText.padded(Int(seconds / 60 % 60), 2)):\(DateText.padded(Int(seconds % 60), 2))"
    }
}

extension FacadeFields {
    /// Yuan as a text such as `5.00`, in fen.
    func yuan(_ field: String, in range: ClosedRange<Int64> = 0...BatchDefinition.moneyMax) throws -> Int64? {
        guard let value = take(field) else { return nil }
        let fen = value.stringValue.flatMap { ScaledDecimal.scaled($0, places: 2) } ?? value.intValue.flatMap { ScaledDecimal.scaled("\($0)", places: 2) }
        guard let fen, range.contains(fen) else {
            throw wrong(
                field, "yuan from \(FacadeNumber.yuan(range.lowerBound)) to \(FacadeNumber.yuan(range.upperBound)), such as 5.00",
                " \(FacadeNumber.yuan(range.lowerBound)) 到 \(FacadeNumber.yuan(range.upperBound)) 元的金额，例如 5.00")
        }
        return fen
    }

    func alipayMoment(_ field: String) throws -> Int64? {
        guard let value = take(field) else { return nil }
        guard let moment = value.stringValue.flatMap(FacadeTime.moment(alipay:)), (0...Self.latest).contains(moment) else {
            throw wrong(field, "a time such as 2026-10-01 12:00:00", "时间，例如 2026-10-01 12:00:00")
        }
        return moment
    }

    func wechatMoment(_ field: String) throws -> Int64? {
        guard let value = take(field) else { return nil }
        guard let moment = value.stringValue.flatMap(FacadeTime.moment(wechat:)), (0...Self.latest).contains(moment) else {
            throw wrong(field, "a time such as 2026-10-01T12:00:00+08:00", "时间，例如 2026-10-01T12:00:00+08:00")
        }
        return moment
    }

    private static var latest: Int64 { 4_102_444_700_000 }
}
