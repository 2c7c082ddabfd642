/// The bounds that whoever runs a server may set.
extension Limits {
    /// One of them.
    public struct Setting: Sendable {
        /// Its name, which is the property's.
        public let name: String
        /// What it may be set to.
        public let range: ClosedRange<Int64>
        /// Reads it.
        public let get: @Sendable (Limits) -> Int64
        fileprivate let set: @Sendable (inout Limits, Int64) -> Void

        fileprivate init(_ name: String, _ path: any WritableKeyPath<Limits, Int> & Sendable, _ range: ClosedRange<Int64>) {
            self.name = name
            self.range = range
            get = { Int64($0[keyPath: path]) }
            set = { $0[keyPath: path] = Int($1) }
        }

        fileprivate init(_ name: String, _ path: any WritableKeyPath<Limits, Int64> & Sendable, _ range: ClosedRange<Int64>) {
            self.name = name
            self.range = range
            get = { $0[keyPath: path] }
            set = { $0[keyPath: path] = $1 }
        }
    }

    /// All of them; what they mean stands in `docs/limits.md`.
    public static let settings: [Setting] = [
        Setting("queryRowsDefault", \.queryRowsDefault, 1...100_000),
        Setting("queryRowsMax", \.queryRowsMax, 1...100_000),
        Setting("answerBytesMax", \.answerBytesMax, 1 << 20...1 << 30),
        Setting("scanDocumentsMax", \.scanDocumentsMax, 1000...1_000_000_000),
        Setting("scanMillisecondsMax", \.scanMillisecondsMax, 100...600_000),
        Setting("distinctValuesMax", \.distinctValuesMax, 1...1_000_000),
        Setting("aggregateMemoryBytesMax", \.aggregateMemoryBytesMax, 1 << 20...16 << 30),
        Setting("addDocumentsMax", \.addDocumentsMax, 1...100_000),
        Setting("documentBytesMax", \.documentBytesMax, 1 << 10...64 << 20),
        Setting("clientDocumentBytesMax", \.clientDocumentBytesMax, 1 << 10...64 << 20),
        Setting("collectionsMax", \.collectionsMax, 1...100_000),
        Setting("indexesMax", \.indexesMax, 0...64),
        Setting("transactionMillisecondsMax", \.transactionMillisecondsMax, 100...300_000),
        Setting("transactionReadsMax", \.transactionReadsMax, 1...1_000_000),
        Setting("lockWaitMillisecondsMax", \.lockWaitMillisecondsMax, 10...60_000),
        Setting("watchedDocumentsMax", \.watchedDocumentsMax, 1...100_000),
        Setting("watchesOfConnectionMax", \.watchesOfConnectionMax, 1...10_000),
        Setting("historyDays", \.historyDays, 0...3650),
        Setting("historyRowsMax", \.historyRowsMax, 1000...10_000_000_000),
        Setting("idempotencyHours", \.idempotencyHours, 1...8760),
        Setting("slowQueryMilliseconds", \.slowQueryMilliseconds, 1...600_000),
        Setting("slowQueryExamined", \.slowQueryExamined, 1...1_000_000_000),
        Setting("writeQueueMax", \.writeQueueMax, 64...1_000_000),
        Setting("openDatabasesMax", \.openDatabasesMax, 4...10_000),
        Setting("bodyBytesMax", \.bodyBytesMax, 1 << 20...256 << 20),
        Setting("functionBytesMax", \.functionBytesMax, 1 << 20...256 << 20),
        Setting("fileBytesMax", \.fileBytesMax, 1 << 20...64 << 30),
        Setting("importBytesMax", \.importBytesMax, 1 << 20...1 << 40),
        Setting("elasticMemoryPercent", \.elasticMemoryPercent, 0...100),
        Setting("admissionMilliseconds", \.admissionMilliseconds, 0...1000),
        Setting("connectionsMax", \.connectionsMax, 100...1_000_000),
        Setting("couponTailMax", \.couponTailMax, 10_000...10_000_000),
        Setting("couponLockSecondsMax", \.couponLockSecondsMax, 60...2_592_000),
        Setting("couponLockSecondsDefault", \.couponLockSecondsDefault, 10...2_592_000),
    ]

    /// Why bounds cannot be set: one sentence.
    public struct SettingError: Error, CustomStringConvertible {
        /// The sentence.
        public let description: String
    }

    /// Sets bounds.
    /// - Parameter text: `name=number`, several with commas between them.
    public mutating func set(_ text: String) throws(SettingError) {
        for part in text.split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1).map { $0.filter { !$0.isWhitespace } }
            guard let setting = Self.settings.first(where: { $0.name == pair.first }) else {
                throw SettingError(description: "\"\(pair.first ?? String(part))\" is no limit that can be set; docs/limits.md names them")
            }
            guard pair.count == 2, let value = Int64(pair[1]), setting.range.contains(value) else {
                throw SettingError(
                    description: "\(setting.name) has to be a number from \(setting.range.lowerBound) to \(setting.range.upperBound)")
            }
            setting.set(&self, value)
        }
        guard queryRowsDefault <= queryRowsMax else { throw SettingError(description: "queryRowsDefault is more than queryRowsMax") }
        guard clientDocumentBytesMax <= documentBytesMax else { throw SettingError(description: "clientDocumentBytesMax is more than documentBytesMax") }
        guard couponLockSecondsDefault <= couponLockSecondsMax else {
            throw SettingError(description: "couponLockSecondsDefault is more than couponLockSecondsMax")
        }
    }
}
