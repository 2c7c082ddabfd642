internal import Kernel

extension CompiledStep {
    /// What an answer means, and the values that it gives to later steps.
    func judge(_ answer: Answer) -> (outcome: Outcome, captured: [(slot: Int, value: String)]) {
        // A body that is no JSON says no code and holds no value; both are told apart below.
        let json = readsBody(status: answer.status) ? try? JSON(parsing: answer.body) : nil
        let code = json.flatMap { success.codePath.text(in: $0) }
        if let code, success.acceptedCodes.contains(code) { return (.accepted(code: code), []) }
        guard success.statuses.contains(answer.status) else {
            return (answer.status == 429 || answer.status == 503 ? .refused : .failed(status: answer.status, code: code), [])
        }
        if let code, let good = success.successCodes, !good.contains(code) { return (.failed(status: answer.status, code: code), []) }
        var captured: [(slot: Int, value: String)] = []
        for (slot, path) in captures {
            guard let value = json.flatMap({ path.text(in: $0) }) else { return (.lost(.captureMissing), []) }
            captured.append((slot, value))
        }
        return (.served, captured)
    }
}
