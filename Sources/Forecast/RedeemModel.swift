/// When claimed coupons are redeemed, learned from the ledger of a batch category or of a whole environment.
///
/// Life tables on the local clock (`RedeemTable`), one for each three hours of the day in which coupons are claimed (who claims in the morning means lunch,
/// who claims in the afternoon dinner), and one by age for the first twenty minutes. Meal humps, opening hours and "at once" are in it without being named.
/// Until it has learned, coupons are taken to be for meals.
public struct RedeemModel: Sendable, Equatable {
    /// Minutes after the claim that belong to the table of ages, and the length of its steps.
    static let young = 20
    static let step = 2
    /// Parts of the day that claims are told apart by.
    static let parts = 8
    /// So many coupons at risk weigh as much as what is assumed: of all coupons, and of those of one part of the day beside all.
    private static let (trust, partTrust) = (40.0, 100.0)
    /// Assumed: of a hundred coupons, 4 are used in the first twenty minutes.
    private static let atOnce = 0.004

    /// Minutes that local time is ahead of UTC.
    public let offset: Int
    /// Coupons that were learned from.
    public private(set) var coupons = 0
    private var tables = [RedeemTable?](repeating: nil, count: parts)
    private var youngRedeemed = [Double](repeating: 0, count: young / step)
    private var youngAtRisk = [Double](repeating: 0, count: young / step)

    /// An empty model for local time `offset` minutes ahead of UTC.
    public init(offset: Int = 480) { self.offset = min(1080, max(-1080, offset)) }

    /// Learns the lives of `count` coupons: claimed in a minute, and redeemed in another or, where `redeemed` is none, not until `observedUntil`
    /// (they expired, or that is as far as is known).
    public mutating func learn(claimed: Minute, redeemed: Minute?, observedUntil: Minute, count: Int = 1) {
        let (claimed, last) = (min(1 << 40, max(-1 << 40, claimed)), min(1 << 40, max(-1 << 40, redeemed ?? observedUntil)))
        guard last >= claimed, count > 0, coupons < 1 << 40 else { return }
        let count = min(count, 1 << 30)
        coupons += count
        let age = last - claimed
        for step in 0..<youngAtRisk.count where step * Self.step <= age - (redeemed == nil ? Self.step : 0) { youngAtRisk[step] += Double(count) }
        guard age >= Self.young else {
            if redeemed != nil { youngRedeemed[age / Self.step] += Double(count) }
            return
        }
        let minute = floored(claimed + offset, 1440).rest
        let (from, to) = (Double(minute + Self.young) / Double(RedeemTable.slot), (minute + age) / RedeemTable.slot)
        var table = tables[Self.part(minute)] ?? RedeemTable()
        tables[Self.part(minute)] = nil
        table.add(Double(count), from: from, to: to, redeemed: redeemed != nil)
        tables[Self.part(minute)] = table
    }

    /// The part of the day that a minute of the local day lies in.
    static func part(_ minuteOfDay: Int) -> Int { minuteOfDay * parts / 1440 }

    /// The hazards of the coupons claimed in these parts of the day, by part; empty for the others.
    func clockHazards(_ wanted: Set<Int>) -> [[Double]] {
        var all = RedeemTable()
        for case let table? in tables { all.add(table) }
        let whole = all.hazard(assumed: RedeemTable.meals, trust: Self.trust)
        return tables.indices.map { wanted.contains($0) ? tables[$0]?.hazard(assumed: whole, trust: Self.partTrust) ?? whole : [] }
    }

    /// The chance of each step of age.
    func youngHazard() -> [Double] {
        zip(youngRedeemed, youngAtRisk).map { min(0.95, max(0, ($0 + Self.trust * Self.atOnce) / ($1 + Self.trust))) }
    }
}

extension RedeemModel {
    private static let mark: UInt32 = 0x0152_4353  // "SCR", version 1

    /// The model as bytes (200, and 14 KB for each part of the day in which anybody claimed), to be kept and read again with `init(bytes:)`.
    public func bytes() -> [UInt8] {
        var writer = ByteWriter(mark: Self.mark)
        writer.append(UInt(offset + 1080))
        writer.append(UInt(coupons))
        for value in youngRedeemed + youngAtRisk { writer.append(value) }
        for table in tables {
            writer.append(UInt(table == nil ? 0 : 1))
            for value in table.map({ $0.redeemed + $0.entered + $0.left }) ?? [] { writer.append(value) }
        }
        return writer.finished()
    }

    /// Reads what `bytes()` gave.
    public init(bytes: [UInt8]) throws(DamagedBytes) {
        var reader = try ByteReader(bytes, mark: Self.mark)
        self.init(offset: try reader.number(upTo: 2160) - 1080)
        coupons = try reader.number(upTo: 1 << 41)
        youngRedeemed = try reader.amounts(youngRedeemed.count, upTo: 1e13)
        youngAtRisk = try reader.amounts(youngAtRisk.count, upTo: 1e13)
        for part in tables.indices where try reader.number(upTo: 1) == 1 {
            let redeemed = try reader.amounts(RedeemTable.places, upTo: 1e13)
            let entered = try reader.amounts(RedeemTable.places + 1, upTo: 1e13)
            tables[part] = RedeemTable(redeemed: redeemed, entered: entered, left: try reader.amounts(RedeemTable.places + 1, upTo: 1e13))
        }
        try reader.finish()
    }
}
