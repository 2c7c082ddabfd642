import Kernel

/// `$bitsAllSet` and its kin: tests of the bits of whole numbers and of bytes, whose lowest bit comes first.
struct BitTest: Sendable {
    /// What is asked of the bits.
    enum Question: String, Sendable {
        case allSet = "$bitsAllSet"
        case anySet = "$bitsAnySet"
        case allClear = "$bitsAllClear"
        case anyClear = "$bitsAnyClear"
    }

    let question: Question
    /// The positions, counted from the lowest bit.
    let positions: [Int]

    /// The highest position that can be asked about.
    private static let maximumPosition = 8 * 1024

    /// The operand is a mask, bytes, or a list of positions.
    init(_ question: Question, _ operand: JSON) throws(QueryError) {
        self.question = question
        switch operand {
        case .binary(let data): positions = Self.positions(of: data.bytes)
        case .array(let elements):
            var positions: Set<Int> = []
            for element in elements {
                guard let position = element.intValue, (0...Int64(Self.maximumPosition)).contains(position) else {
                    throw Self.failure(question, operand)
                }
                positions.insert(Int(position))
            }
            self.positions = positions.sorted()
        default:
            guard let mask = operand.intValue, mask >= 0 else { throw Self.failure(question, operand) }
            positions = (0..<63).filter { mask >> Int64($0) & 1 == 1 }
        }
    }

    private static func failure(_ question: Question, _ operand: JSON) -> QueryError {
        QueryError(
            .invalidQuery,
            "\(question.rawValue) needs a whole number of at least 0, a list of bit positions or bytes, not \(operand.excerpt).",
            zh: "\(question.rawValue) 需要不小于 0 的整数、位序号列表或二进制数据，而不是 \(operand.excerpt)。")
    }

    private static func positions(of bytes: [UInt8]) -> [Int] {
        (0..<min(bytes.count * 8, maximumPosition)).filter { bytes[$0 >> 3] >> UInt8($0 & 7) & 1 == 1 }
    }

    func passes(_ value: JSON?) -> Bool {
        switch value {
        case .binary(let data)?: holds { $0 >> 3 < data.bytes.count && data.bytes[$0 >> 3] >> UInt8($0 & 7) & 1 == 1 }
        case .int?, .double?:
            // Beyond its 64 bits a number goes on with its sign.
            value?.intValue.map { number in holds { number >> Int64(min($0, 63)) & 1 == 1 } } ?? false
        default: false
        }
    }

    private func holds(_ isSet: (Int) -> Bool) -> Bool {
        switch question {
        case .allSet: positions.allSatisfy(isSet)
        case .anySet: positions.contains(where: isSet)
        case .allClear: !positions.contains(where: isSet)
        case .anyClear: !positions.allSatisfy(isSet)
        }
    }
}
