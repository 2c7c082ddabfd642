internal import Functions
internal import HTTPSupport
internal import Kernel
internal import Tenancy

/// `/console/env/{env}/logs`: the log lines of all functions, searched and as they come.
///
/// The page holds the form; its script reads the lines from the management API, as the command line does.
struct LogsPage: Sendable {
    private static let levels = ["debug", "info", "warn", "error"]
    /// In minutes.
    private static let spans = [15, 60, 1440]

    let tenancy: Tenancy
    let functions: Functions

    var section: ConsoleSection {
        ConsoleSection(path: "logs", title: "logs", icon: "log", permission: .logsRead, pages: [.show(needs: .logsRead, show)])
    }

    func show(_ visit: Visit) async throws -> Page {
        let environment = try tenancy.environment(visit.environment())
        let language = visit.language
        var model = environment.shown(language)
        model["path"] = .string(visit.path)
        model["chosenFunction"] = .string(visit.query("function") ?? "")
        model["chosenText"] = .string(visit.query("text") ?? "")
        model["chosenRequest"] = .string(visit.query("requestId") ?? "")
        model["functionNames"] = .array(functions.overview(of: environment.id).compactMap { $0["name"] })
        model["levels"] = .array(
            Self.levels.map {
                ["value": .string($0), "label": .string(Catalogue.phrase("level-\($0)", language)), "isChosen": .bool($0 == visit.query("level"))]
            })
        model["spans"] = .array(
            Self.spans.map {
                ["value": .int(Int64($0)), "label": .string(Catalogue.phrase("span-\($0)", language)), "isChosen": .bool("\($0)" == visit.query("minutes"))]
            })
        return Page(template: "logs", title: Catalogue.phrase("logs", language), model: model, scripts: ["logs.js"])
    }
}
