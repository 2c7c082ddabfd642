import Kernel

/// The type names of `$type`.
enum ValueType: String, Sendable, CaseIterable {
    case double, string, object, array, binData, objectId, bool, date, null, regex, int, timestamp, long, decimal, number

    /// MongoDB's numbers of the types.
    private static let numbers: [Int64: ValueType] = [
        1: .double, 2: .string, 3: .object, 4: .array, 5: .binData, 7: .objectId, 8: .bool, 9: .date, 10: .null, 11: .regex, 16: .int,
        17: .timestamp, 18: .long, 19: .decimal,
    ]

    /// From the name or MongoDB's number.
    init?(_ json: JSON) {
        let type: ValueType? =
            switch json {
            case .string(let name): ValueType(rawValue: name)
            case .int(let number): Self.numbers[number]
            default: nil
            }
        guard let type else { return nil }
        self = type
    }

    /// Whether a value is of this type.
    ///
    /// `int` is a whole number within 32 bits, `long` one beyond. No value is an ObjectId, a timestamp or a decimal.
    func includes(_ value: JSON) -> Bool {
        switch (self, value) {
        case (.double, .double), (.string, .string), (.object, .object), (.array, .array), (.bool, .bool), (.date, .date), (.null, .null),
            (.number, .int), (.number, .double), (.binData, .binary), (.regex, .regularExpression):
            true
        case (.int, .int(let number)): Int32(exactly: number) != nil
        case (.long, .int(let number)): Int32(exactly: number) == nil
        default: false
        }
    }
}
