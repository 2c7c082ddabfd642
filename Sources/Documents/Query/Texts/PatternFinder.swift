/// Finds where a regular expression matches and what its groups hold, in time proportional to the text.
///
/// Of the matches that begin first it takes the one that a backtracking engine would find first.
struct PatternFinder: Sendable {
    private let program: [PatternInstruction]
    /// How many groups there are.
    let groups: Int

    init(_ source: String, options: String) throws(QueryError) {
        // Checks the length, and says what is wrong in the same words.
        _ = try TextPattern(source, options: options)
        let tree = try PatternParser(source, flags: try PatternFlags(options)).parse()
        var compiler = PatternCompiler(savesGroups: true)
        try compiler.compile(tree)
        program = compiler.finish()
        groups = program.reduce(0) { most, instruction in
            if case .save(let slot) = instruction { max(most, slot / 2) } else { most }
        }
    }

    /// A match: the places of the whole (0) and of each group; nil for a group that takes no part.
    struct Match: Sendable {
        var ranges: [Range<Int>?]

        var whole: Range<Int> { ranges[0] ?? 0..<0 }
    }

    /// How many steps all searches in one text may take; looking for many matches can mean to read the rest of the text for each.
    static let maximumSteps = 5_000_000

    /// The first match from `start` on; takes the steps that it needs from `steps`.
    func firstMatch(in text: [Unicode.Scalar], from start: Int, steps: inout Int) throws(QueryError) -> Match? {
        var search = PatternSearch(program: program, slots: 2 * groups + 2, text: text, steps: steps)
        let found = search.run(from: start)
        steps = search.steps
        if steps < 0 {
            throw QueryError(
                .limit, "The regular expression takes too long on a text of \(text.count) characters; use a simpler one or a shorter text.",
                zh: "正则表达式在 \(text.count) 个字符的文本上耗时过长；请简化表达式或缩短文本。")
        }
        return found.map { slots in
            Match(
                ranges: (0...groups).map { group in
                    let (begin, end) = (slots[2 * group], slots[2 * group + 1])
                    return begin >= 0 && end >= begin ? begin..<end : nil
                })
        }
    }
}

/// One search: threads in the order of preference, at most one for each instruction.
private struct PatternSearch {
    let program: [PatternInstruction]
    let slots: Int
    let text: [Unicode.Scalar]
    private(set) var steps: Int
    private var enteredAt: [Int]
    private var threads: [(instruction: Int, slots: [Int])] = []

    init(program: [PatternInstruction], slots: Int, text: [Unicode.Scalar], steps: Int) {
        self.program = program
        self.slots = slots
        self.text = text
        self.steps = steps
        enteredAt = Array(repeating: -1, count: program.count)
    }

    mutating func run(from start: Int) -> [Int]? {
        var found: [Int]?
        var position = start
        var waiting: [(instruction: Int, slots: [Int])] = []
        while position <= text.count {
            threads = []
            for thread in waiting { enter(thread.instruction, thread.slots, position) }
            if found == nil {
                var fresh = Array(repeating: -1, count: slots)
                fresh[0] = position
                enter(0, fresh, position)
            }
            waiting = []
            for thread in threads {
                if case .accept = program[thread.instruction] {
                    // What follows is less preferred.
                    found = thread.slots
                    found?[1] = position
                    break
                }
                if position < text.count, case .scalar(let test) = program[thread.instruction], test.accepts(text[position]) {
                    waiting.append((thread.instruction + 1, thread.slots))
                }
            }
            if waiting.isEmpty, found != nil { return found }
            steps -= 1 + threads.count
            if steps < 0 { return nil }
            position += 1
        }
        return found
    }

    /// Follows a thread to the instructions that take a scalar or accept.
    private mutating func enter(_ first: Int, _ slots: [Int], _ position: Int) {
        var pending = [(first, slots)]
        while let (instruction, slots) = pending.popLast() {
            if enteredAt[instruction] == position { continue }
            enteredAt[instruction] = position
            switch program[instruction] {
            case .accept, .scalar: threads.append((instruction, slots))
            case .jump(let target): pending.append((target, slots))
            case .fork(let preferred, let other):
                pending.append((other, slots))
                pending.append((preferred, slots))
            case .save(let slot):
                var changed = slots
                changed[slot] = position
                pending.append((instruction + 1, changed))
            case .assertion(let assertion):
                let before = position > 0 ? text[position - 1] : nil
                let after = position < text.count ? text[position] : nil
                if assertion.holds(before: before, after: after, isAfterLast: position + 1 == text.count) { pending.append((instruction + 1, slots)) }
            }
        }
    }
}
