internal import Functions
internal import HTTPSupport
internal import Kernel
internal import NIOCore

/// A run by hand for a page without a script: the answer, and the lines that were logged.
struct FunctionRun: Sendable {
    private static let linesShown = 200
    /// A worker's last lines arrive a moment after its answer.
    private static let linesArrive = Duration.milliseconds(200)

    let functions: Functions

    func model(of name: String, in environment: EnvironmentID, _ visit: Visit, _ form: Form) async throws -> JSON {
        let event = form.text("event") ?? "{}"
        do {
            _ = try JSON(parsing: Array(event.utf8))
        } catch {
            return shown("\(Catalogue.phrase("badJSON", visit.language)) \(error.message[visit.language])", isGood: false, visit)
        }
        let call = visit.context.keyCall(environment, as: form.text("openid").map { User(openid: $0, platform: "development") })
        var model: JSONObject
        do {
            let answer = try await functions.call(name, ByteBuffer(string: event), source: "admin", call)
            model = shown(Self.readable(answer), isGood: true, visit).objectValue ?? [:]
        } catch {
            let problem = SampanError(reporting: error).problem(requestID: visit.context.requestID, language: visit.language)
            model = shown(JSON.object(problem).indented(), isGood: false, visit).objectValue ?? [:]
        }
        guard visit.may(.logsRead) else { return .object(model) }
        try await Task.sleep(for: Self.linesArrive)
        model["runLines"] = .array(try await lines(visit, environment).map { LogLines.row($0) })
        return .object(model)
    }

    private func shown(_ output: String, isGood: Bool, _ visit: Visit) -> JSON {
        ["output": .string(output), "isGood": .bool(isGood), "request": .string(visit.context.requestID), "runLines": []]
    }

    /// In the order in which they were written.
    private func lines(_ visit: Visit, _ environment: EnvironmentID) async throws -> [JSON] {
        var wanted = Functions.LineQuery()
        wanted.requestID = visit.context.requestID
        return try await functions.latestLogs(wanted, in: environment, limit: Self.linesShown).reversed()
    }

    private static func readable(_ answer: ByteBuffer) -> String { (try? JSON(answer))?.indented() ?? String(buffer: answer) }
}
