/// Runs `work` for every element, at most `limit` at a time, and answers the results in the elements' order.
///
/// The first failure ends the rest.
func concurrently<Element: Sendable, Answer: Sendable>(
    _ elements: [Element], limit: Int, _ work: @escaping @Sendable (Element) async throws -> Answer
) async throws -> [Answer] {
    try await withThrowingTaskGroup(of: (Int, Answer).self) { group in
        var answers = [Answer?](repeating: nil, count: elements.count)
        var next = 0
        func startNext() {
            guard next < elements.count else { return }
            let place = next
            next += 1
            group.addTask { (place, try await work(elements[place])) }
        }
        for _ in 0..<limit { startNext() }
        while let (place, answer) = try await group.next() {
            answers[place] = answer
            startNext()
        }
        return answers.compactMap(\.self)
    }
}
