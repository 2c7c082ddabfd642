/// Finds the time to settle: not while a crowd is here, whose last ones are refused from memory, but when it has gone.
struct Lull: Sendable {
    /// What passes between two looks, a quarter of a second apart, when it is calm.
    private static let entriesMax = 200
    private static let questionsMax = 500
    /// So few are settled in no time, at the first calm look: whoever follows the ledger is not kept waiting.
    private static let fewEntries = 2000
    /// Of many, whoever asked a moment ago may ask again.
    private static let calmLooks = 8

    private var unsettled = 0
    private var questions: UInt64 = 0
    private var calm = 0

    /// - Parameters:
    ///   - unsettled: how many entries wait to be settled.
    ///   - questions: how often the ledger was asked since the start.
    /// - Returns: whether they may be settled now.
    mutating func look(unsettled: Int, questions: UInt64) -> Bool {
        let isCalm = unsettled - self.unsettled <= Self.entriesMax && questions &- self.questions <= Self.questionsMax
        self.unsettled = unsettled
        self.questions = questions
        calm = isCalm ? calm + 1 : 0
        return calm >= (unsettled <= Self.fewEntries ? 1 : Self.calmLooks)
    }

    /// Whether a crowd has come since the last look.
    func isOver(questions: UInt64) -> Bool { questions &- self.questions > Self.questionsMax }
}
