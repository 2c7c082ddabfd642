import Kernel

/// What `$group` gathers about one field of a group.
struct Accumulation: Sendable {
    /// The kinds of gathering.
    enum Kind: Sendable {
        case sum, average, minimum, maximum, first, last, push, addToSet, count, mergeObjects
        case deviation(ofSample: Bool)

        /// From the operator's name.
        init?(_ name: String) {
            switch name {
            case "$sum": self = .sum
            case "$avg": self = .average
            case "$min": self = .minimum
            case "$max": self = .maximum
            case "$first": self = .first
            case "$last": self = .last
            case "$push": self = .push
            case "$addToSet": self = .addToSet
            case "$count": self = .count
            case "$mergeObjects": self = .mergeObjects
            case "$stdDevPop": self = .deviation(ofSample: false)
            case "$stdDevSamp": self = .deviation(ofSample: true)
            default: return nil
            }
        }

        /// Whether every value stays in memory.
        var keepsValues: Bool {
            switch self {
            case .push, .addToSet, .mergeObjects: true
            default: false
            }
        }
    }

    private let kind: Kind
    private var count = 0
    private var total = JSON.int(0)
    private var best: JSON?
    private var values: [JSON] = []
    private var seen: Set<JSON> = []
    private var merged = JSONObject()
    /// Welford's running mean and sum of squared distances from it.
    private var mean = 0.0
    private var squares = 0.0

    init(_ kind: Kind) { self.kind = kind }

    /// Takes one more value; nil is a missing one.
    mutating func add(_ value: JSON?) {
        switch kind {
        case .count: count += 1
        case .sum, .average: addNumber(value)
        case .deviation: addDeviation(value)
        case .minimum: addExtreme(value, .ascending)
        case .maximum: addExtreme(value, .descending)
        case .first:
            if count == 0 { best = value }
            count += 1
        case .last: best = value
        case .push: if let value { values.append(value) }
        case .addToSet: if let value, seen.insert(value).inserted { values.append(value) }
        case .mergeObjects: if case .object(let members)? = value { for (key, member) in members { merged[key] = member } }
        }
    }

    private mutating func addNumber(_ value: JSON?) {
        guard let value, value.doubleValue != nil else { return }
        count += 1
        if case .int(let a) = total, case .int(let b) = value {
            let (sum, overflow) = a.addingReportingOverflow(b)
            total = overflow ? .double(Double(a) + Double(b)) : .int(sum)
        } else {
            total = .double((total.doubleValue ?? 0) + (value.doubleValue ?? 0))
        }
    }

    private mutating func addDeviation(_ value: JSON?) {
        guard let number = value?.doubleValue else { return }
        count += 1
        let distance = number - mean
        mean += distance / Double(count)
        squares += distance * (number - mean)
    }

    /// Null and missing values do not count.
    private mutating func addExtreme(_ value: JSON?, _ wanted: Precedence) {
        guard let value, !value.isNull else { return }
        if let best, ValueOrder.compare(value, best) != wanted { return }
        best = value
    }

    /// What has been gathered.
    var result: JSON {
        switch kind {
        case .count: .int(Int64(count))
        case .sum: total
        case .average: count == 0 ? .null : .double((total.doubleValue ?? 0) / Double(count))
        case .minimum, .maximum, .first, .last: best ?? .null
        case .push, .addToSet: .array(values)
        case .mergeObjects: .object(merged)
        case .deviation(let ofSample):
            count < (ofSample ? 2 : 1) ? .null : .double((squares / Double(ofSample ? count - 1 : count)).squareRoot())
        }
    }
}
