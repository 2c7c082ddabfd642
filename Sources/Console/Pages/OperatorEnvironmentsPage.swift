internal import Functions
internal import HTTPSupport
internal import Kernel
internal import Tenancy

/// `/console/operator/environments`: every environment of the platform and how it does.
///
/// Runs of the last hour lie in each environment's own file; the page's script asks for those of the rows that are shown.
struct OperatorEnvironmentsPage: Sendable {
    let tenancy: Tenancy
    let functions: Functions

    private struct Row {
        let environment: Environment
        let organization: Organization
        let functions: Int
    }

    func show(_ visit: Visit) async throws -> Page {
        let language = visit.language
        let all = try tenancy.environments().map { environment in
            Row(
                environment: environment, organization: try tenancy.organizations.find(environment.organization),
                functions: Int(functions.count(in: environment.id)))
        }
        let list = ListView<Row>(
            columns: [
                .init(title: "environment", name: "name", ascends: { $0.environment.name < $1.environment.name }),
                .init(title: "organization", name: "organization", ascends: { $0.organization.name < $1.organization.name }),
                .init(title: "stage", name: "stage", ascends: { $0.environment.stage.rawValue < $1.environment.stage.rawValue }),
                .init(title: "status", name: "status", ascends: { $0.environment.status.rawValue < $1.environment.status.rawValue }),
                .init(title: "functions", name: "functions", ascends: { $0.functions < $1.functions }), .init(title: "lastHour"),
                .init(title: "created", name: "created", ascends: { $0.environment.createdAt < $1.environment.createdAt }),
            ], text: { Self.text($0, language) })
        let (rows, listModel) = list.shown(all, visit)
        var model = listModel
        model["isEnvironments"] = true
        model["environments"] = .array(rows.map { Self.shown($0, language) })
        return Page(template: "operator-environments", title: Catalogue.phrase("operator", language), model: model, scripts: ["activity.js"])
    }

    private static func text(_ row: Row, _ language: Language) -> String {
        let environment = row.environment
        return [
            environment.name, environment.id.text, row.organization.name, row.organization.id.text,
            Catalogue.phrase("stage-\(environment.stage.rawValue)", language), Catalogue.phrase("status-\(environment.status.rawValue)", language),
        ].joined(separator: " ")
    }

    private static func shown(_ row: Row, _ language: Language) -> JSON {
        var shown = row.environment.shown(language)
        shown["organizationName"] = .string(row.organization.name)
        shown["organizationPath"] = .string("\(OrganizationPage.list)/\(row.organization.id)")
        shown["isOrganizationSuspended"] = .bool(row.organization.status == .suspended)
        shown["functionTotal"] = .int(Int64(row.functions))
        return .object(shown)
    }
}
