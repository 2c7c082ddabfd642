import Kernel

/// `$documents`: passes over what comes and hands on a list of its own.
final class DocumentsSink: StageSink {
    private let list: Expression

    init(_ list: Expression, _ surroundings: Surroundings) {
        self.list = list
        super.init(surroundings)
    }

    override func take(_ document: consuming PipelineDocument) -> Bool { false }

    override func finish() throws {
        var scope = scope(for: PipelineDocument(fields: [:]))
        let value = try list.evaluate(&scope)
        guard case .array(let elements)? = value else { throw Self.wrongList(value) }
        for element in elements {
            guard case .object(let document) = element else { throw Self.wrongList(element) }
            try context.evaluation.pause()
            if try !pass(PipelineDocument(fields: document)) { break }
        }
        try super.finish()
    }

    private static func wrongList(_ found: JSON?) -> QueryError { OperatorError.wrongType("$documents", "an array of objects", "由对象组成的数组", found) }
}
