internal import Functions
internal import Kernel
internal import Tenancy

/// `/console/env/{env}/functions`: all functions.
struct FunctionsPage: Sendable {
    let tenancy: Tenancy
    let functions: Functions

    func show(_ visit: Visit) async throws -> Page {
        let environment = try tenancy.environment(visit.environment())
        let list = ListView<JSON>(
            columns: [
                .init(title: "name", name: "name", ascends: { Self.name($0) < Self.name($1) }),
                .init(title: "version", name: "version", ascends: { Self.number($0, "version") < Self.number($1, "version") }),
                .init(title: "updated", name: "updated", ascends: { Self.number($0, "updatedAt") < Self.number($1, "updatedAt") }),
                .init(title: "memory", name: "memory", ascends: { Self.number($0, "memoryMB") < Self.number($1, "memoryMB") }),
                .init(title: "triggers"),
            ], text: { "\(Self.name($0)) \($0["httpPath"]?.stringValue ?? "")" })
        let (rows, listModel) = list.shown(functions.overview(of: environment.id), visit)
        var model = environment.shown(visit.language)
        for (key, value) in listModel { model[key] = value }
        model["functions"] = .array(rows.map { Self.row($0, environment.id) })
        return Page(template: "functions", title: Catalogue.phrase("functions", visit.language), model: model)
    }

    private static func name(_ function: JSON) -> String { function["name"]?.stringValue ?? "" }

    private static func number(_ function: JSON, _ member: String) -> Int64 { function[member]?.intValue ?? 0 }

    private static func row(_ function: JSON, _ environment: EnvironmentID) -> JSON {
        let triggers = function["triggers"]?.arrayValue ?? []
        return [
            "functionName": .string(name(function)), "functionPath": .string(Address.environment(environment, "functions", name(function))),
            "version": function["version"] ?? .null, "memoryMB": function["memoryMB"] ?? .null,
            "updated": Showing.time(number(function, "updatedAt")), "triggers": .array(triggers), "hasTriggers": .bool(!triggers.isEmpty),
            "httpPath": function["httpPath"] ?? .null,
        ]
    }
}
