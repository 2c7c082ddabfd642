import Kernel

/// What all expressions of one run share: the time, chance, and bounds on what they do.
///
/// Nested copies of one value cost memory only once they are written out, and then too late: so values are measured when they are built.
final class EvaluationContext {
    let now: Int64
    private var random: any RandomNumberGenerator
    private var remaining: Int
    private let checkpoint: () throws -> Void
    private var untilCheckpoint = checkpointInterval
    /// The elements and text blocks of values that wait for the rest of their operator's arguments.
    private var held = 0

    /// The most nodes or text blocks in one value.
    static let maximumValueSize = 2_000_000
    /// The most nodes or text blocks that half-done operators hold at one time.
    static let maximumHeld = 4_000_000
    /// The deepest nesting of one value; everything that walks values does so by recursion.
    static let maximumDepth = maximumDocumentDepth + 50
    /// The most steps of one run: about ten seconds.
    static let maximumSteps = 200_000_000
    /// How many steps pass between two looks at the clock.
    private static let checkpointInterval = 100_000

    init(
        now: Int64 = 0, random: any RandomNumberGenerator = SystemRandomNumberGenerator(), steps: Int = maximumSteps,
        checkpoint: @escaping () throws -> Void = {}
    ) {
        self.now = now
        self.random = random
        remaining = steps
        self.checkpoint = checkpoint
    }

    /// A number from 0 on and below 1.
    func randomFraction() -> Double { Double(random.next() >> 11) * 0x1p-53 }

    /// A whole number below `limit`.
    func randomNumber(below limit: Int) -> Int {
        func choose(_ generator: inout some RandomNumberGenerator) -> Int { Int.random(in: 0..<limit, using: &generator) }
        return choose(&random)
    }

    /// Counts one step of work.
    @inline(__always)
    func step() throws(QueryError) {
        remaining -= 1
        if remaining < 0 { throw Self.tooMuch }
    }

    /// Counts the nodes of a value that has been built.
    @inline(__always)
    func charge(_ value: JSON?) throws(QueryError) {
        switch value {
        case .string?, .array?, .object?: try chargeContainer(value ?? .null)
        default: try step()
        }
    }

    /// Counts a built value and answers how large it is.
    @discardableResult
    func chargeContainer(_ value: JSON) throws(QueryError) -> Int {
        var size = 0
        Self.measure(value, depth: 0, into: &size)
        remaining -= size
        if remaining < 0 || size > Self.maximumValueSize { throw Self.tooMuch }
        return size
    }

    /// Counts an argument as held while the others are evaluated; answers what to release.
    @inline(__always)
    func hold(_ value: JSON?) throws(QueryError) -> Int {
        let size: Int
        switch value {
        case .array(let elements)?: size = elements.count
        case .string(let text)?: size = text.utf8.count >> 5
        default: return 0
        }
        held += size
        if held > Self.maximumHeld { throw Self.tooMuch }
        return size
    }

    func release(_ size: Int) { held -= size }

    /// Lets the caller stop a run that takes too long: called for every document and in between.
    func pause() throws {
        untilCheckpoint -= 1000
        guard untilCheckpoint <= 0 else { return }
        untilCheckpoint = Self.checkpointInterval
        try checkpoint()
    }

    static var tooMuch: QueryError {
        QueryError(
            .limit, "The aggregation builds values that are too large or too deeply nested; filter earlier.", zh: "聚合生成的值过大或嵌套过深；请更早过滤。")
    }

    /// Counts nodes until there are too many; too deep counts as too many.
    private static func measure(_ value: JSON, depth: Int, into size: inout Int) {
        size += depth > maximumDepth ? maximumValueSize : 1
        if size > maximumValueSize { return }
        switch value {
        case .string(let text): size += text.utf8.count >> 5
        case .array(let elements):
            for element in elements where size <= maximumValueSize { measure(element, depth: depth + 1, into: &size) }
        case .object(let members):
            for member in members where size <= maximumValueSize { measure(member.value, depth: depth + 1, into: &size) }
        default: break
        }
    }
}
