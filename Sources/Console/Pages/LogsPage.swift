internal import Functions
internal import HTTPSupport
internal import Kernel
internal import Tenancy

/// `/console/env/{env}/logs`: the log lines of all functions, searched and as they come.
///
/// The newest lines come with the page; its script follows live and fetches older ones from the management API.
struct LogsPage: Sendable {
    private static let linesShown = 100
    /// In minutes.
    private static let spans: [Int64] = [15, 60, 1440]
    private static let minuteMilliseconds: Int64 = 60_000

    let tenancy: Tenancy
    let functions: Functions

    var section: ConsoleSection {
        ConsoleSection(path: "logs", title: "logs", icon: "log", permission: .logsRead, pages: [.show(needs: .logsRead, show)])
    }

    func show(_ visit: Visit) async throws -> Page {
        let environment = try tenancy.environment(visit.environment())
        let language = visit.language
        let minutes = visit.query("minutes").flatMap { Int64($0) }.flatMap { Self.spans.contains($0) ? $0 : nil }
        let wanted = Self.wanted(visit, minutes)
        var model = environment.shown(language)
        model.merge(
            try await LogLines(functions: functions).model(wanted, in: environment.id, limit: Self.linesShown, language) {
                Address.environment(environment.id, "functions", $0)
            })
        model["path"] = .string(visit.path)
        model["chosenFunction"] = .string(wanted.function ?? "")
        model["chosenRequest"] = .string(wanted.requestID ?? "")
        model["functionNames"] = .array(functions.names(in: environment.id).map { .string($0) })
        model["spans"] = .array(
            Self.spans.map {
                ["value": .int($0), "label": .string(Catalogue.phrase("span-\($0)", language)), "isChosen": .bool($0 == minutes)]
            })
        if let last = model["lastLine"]?.intValue { model["olderPath"] = .string(Self.path(visit, after: "\(last)")) }
        if wanted.after != nil { model["newestPath"] = .string(Self.path(visit, after: nil)) }
        return Page(template: "logs", title: Catalogue.phrase("logs", language), model: model, scripts: ["logs.js"])
    }

    private static func wanted(_ visit: Visit, _ minutes: Int64?) -> Functions.LineQuery {
        var wanted = Functions.LineQuery()
        wanted.function = visit.query("function")
        wanted.text = visit.query("text")
        wanted.level = visit.query("level")
        wanted.requestID = visit.query("requestId")
        wanted.since = minutes.map { WallClock.system.now() - $0 * minuteMilliseconds }
        wanted.after = visit.query("after").flatMap { Int64($0) }
        return wanted
    }

    /// The same search from another line on.
    private static func path(_ visit: Visit, after: String?) -> String {
        Address.with(visit.path, ["function", "text", "level", "minutes", "requestId"].map { ($0, visit.query($0)) } + [("after", after)])
    }
}
