/// One step of a compiled regular expression.
enum PatternInstruction: Sendable {
    case scalar(ScalarTest)
    case assertion(PatternAssertion)
    case jump(Int)
    /// Goes on at both places; the first one is preferred.
    case fork(Int, Int)
    /// Notes the position: twice the number of a group for its start, one more for its end.
    case save(Int)
    case accept
}

/// Turns a tree into instructions.
struct PatternCompiler {
    private var program: [PatternInstruction] = []
    /// Whether the groups' positions are noted.
    private let savesGroups: Bool

    init(savesGroups: Bool = false) { self.savesGroups = savesGroups }

    mutating func compile(_ tree: PatternTree) throws(QueryError) {
        switch tree {
        case .empty: break
        case .scalar(let test): try emit(.scalar(test))
        case .assertion(let assertion): try emit(.assertion(assertion))
        case .sequence(let parts): for part in parts { try compile(part) }
        case .alternatives(let parts): try compileAlternatives(parts)
        case .repetition(let part, let minimum, let maximum, let isLazy): try compileRepetition(part, minimum, maximum, isLazy)
        case .group(let number, let part):
            if savesGroups { try emit(.save(2 * number)) }
            try compile(part)
            if savesGroups { try emit(.save(2 * number + 1)) }
        }
    }

    /// The finished program.
    consuming func finish() -> [PatternInstruction] { program + [.accept] }

    private mutating func emit(_ instruction: PatternInstruction) throws(QueryError) {
        guard program.count < TextPattern.maximumProgram else {
            throw QueryError(
                .limit, "The regular expression is too large once its counts are written out; use smaller counts.",
                zh: "正则表达式展开后过大；请减小重复次数。")
        }
        program.append(instruction)
    }

    private mutating func compileAlternatives(_ parts: [PatternTree]) throws(QueryError) {
        var exits: [Int] = []
        for (place, part) in parts.enumerated() {
            let isLast = place == parts.count - 1
            let fork = program.count
            if !isLast { try emit(.fork(0, 0)) }
            try compile(part)
            guard !isLast else { break }
            exits.append(program.count)
            try emit(.jump(0))
            program[fork] = .fork(fork + 1, program.count)
        }
        for exit in exits { program[exit] = .jump(program.count) }
    }

    private mutating func compileRepetition(_ part: PatternTree, _ minimum: Int, _ maximum: Int?, _ isLazy: Bool) throws(QueryError) {
        for _ in 0..<minimum { try compile(part) }
        guard let maximum else {
            let fork = program.count
            try emit(.fork(0, 0))
            try compile(part)
            try emit(.jump(fork))
            program[fork] = Self.fork(into: fork + 1, past: program.count, isLazy)
            return
        }
        var forks: [Int] = []
        for _ in minimum..<max(minimum, maximum) {
            forks.append(program.count)
            try emit(.fork(0, 0))
            try compile(part)
        }
        for fork in forks { program[fork] = Self.fork(into: fork + 1, past: program.count, isLazy) }
    }

    private static func fork(into: Int, past: Int, _ isLazy: Bool) -> PatternInstruction { isLazy ? .fork(past, into) : .fork(into, past) }
}

/// Runs all possibilities side by side (Thompson's simulation): at most one thread per instruction and scalar.
struct PatternMachine {
    private let program: [PatternInstruction]
    private let startsAtBeginning: Bool
    private var current: [Int] = []
    private var following: [Int] = []
    /// The step at which an instruction was last entered.
    private var enteredAt: [Int]
    private var step = 0
    private var pending: [Int] = []

    init(program: [PatternInstruction], startsAtBeginning: Bool) {
        self.program = program
        self.startsAtBeginning = startsAtBeginning
        enteredAt = Array(repeating: -1, count: program.count)
    }

    mutating func matches(_ text: String.UnicodeScalarView) -> Bool {
        var before: Unicode.Scalar?
        var position = text.startIndex
        while true {
            let after = position < text.endIndex ? text[position] : nil
            let next = after == nil ? position : text.index(after: position)
            let place = Place(before: before, after: after, isAfterLast: next == text.endIndex)
            if settle(at: place) { return true }
            guard let after else { return false }
            if startsAtBeginning, following.isEmpty { return false }
            swap(&current, &following)
            following.removeAll(keepingCapacity: true)
            for thread in current {
                if case .scalar(let test) = program[thread], test.accepts(after) { following.append(thread + 1) }
            }
            before = after
            position = next
            step += 1
        }
    }

    private struct Place {
        let before: Unicode.Scalar?
        let after: Unicode.Scalar?
        let isAfterLast: Bool
    }

    /// Follows every thread to the instructions that take a scalar; true when one accepts.
    ///
    /// Leaves those instructions in `following`.
    private mutating func settle(at place: Place) -> Bool {
        pending.removeAll(keepingCapacity: true)
        swap(&pending, &following)
        if place.before == nil || !startsAtBeginning { pending.append(0) }
        while let thread = pending.popLast() {
            if enteredAt[thread] == step { continue }
            enteredAt[thread] = step
            switch program[thread] {
            case .accept: return true
            case .scalar: following.append(thread)
            case .jump(let target): pending.append(target)
            case .save: pending.append(thread + 1)
            case .fork(let first, let second):
                pending.append(second)
                pending.append(first)
            case .assertion(let assertion):
                if assertion.holds(before: place.before, after: place.after, isAfterLast: place.isAfterLast) { pending.append(thread + 1) }
            }
        }
        return false
    }
}
