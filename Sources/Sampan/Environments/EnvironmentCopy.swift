internal import Coupons
internal import Documents
internal import Files
internal import Functions
internal import HTTPSupport
internal import Identity
internal import Kernel
internal import Logging
internal import Tenancy

// The database has permissions of its own.
internal import enum HTTPSupport.Permission

/// What a copy of an environment is to be.
struct EnvironmentCopy: Sendable {
    let source: Environment
    let name: String
    let app: AppID?
    let stage: Environment.Stage
    /// Whether documents come along; otherwise only collections, permissions and indexes do.
    let documents: Bool
    /// Whether files come along.
    let files: Bool
    /// Whether timers run in the copy.
    let triggers: Bool

    init(of source: Environment, _ request: JSONObject, _ tenancy: Tenancy) throws {
        self.source = source
        name = try tenancy.checkedEnvironmentName(request.text("name"))
        stage = try Environment.Stage(in: request) ?? .development
        let asked = try request.optionalText("app").map { try tenancy.app(named: $0, of: source.organization) }
        app = request["app"] == nil ? source.app : asked
        documents = try request.optionalBool("documents") ?? true
        files = try request.optionalBool("files") ?? true
        triggers = try request.optionalBool("triggers") ?? false
        guard source.status != .deleted else {
            throw SampanError(
                "WRONG_STATUS", status: 409, Localized("Environment \(source.id) is deleted.", zh: "环境 \(source.id) 已删除。"),
                remedy: Localized("Restore it first.", zh: "请先恢复该环境。"))
        }
    }
}

extension EnvironmentParts {
    /// What a copy shows whoever asked for it, beside making environments.
    private static let copied: [HTTPSupport.Permission] = [
        .settingsRead, .functionsRead, .functionsDeploy, .documentsRead, .filesRead, .usersRead, .couponsRead,
    ]

    /// Makes the copy that somebody asks for of the environment in their request's path.
    ///
    /// Nobody gets by copying what they could not read, or an environment where they could not make one.
    func copy(_ request: JSONObject, _ context: SampanRequestContext) async throws -> Environment {
        let source = try tenancy.environment(context.managedEnvironment())
        for permission in Self.copied where !context.may(permission) { throw SampanError.lacking(permission) }
        guard try tenancy.permissions(of: context.requirePrincipal(), in: source.organization).contains(.environmentsCreate) else {
            throw SampanError.lacking(.environmentsCreate)
        }
        return try await make(EnvironmentCopy(of: source, request, tenancy), withSecrets: context.may(.settingsChange))
    }

    /// Makes a copy of an environment, which appears when it is whole; what fails or is cut off leaves nothing.
    ///
    /// Documents before files: whatever file they name was there before them.
    /// - Parameter withSecrets: whether the secrets in the settings come along.
    func make(_ copy: EnvironmentCopy, withSecrets: Bool) async throws -> Environment {
        let place = try places.take(for: copy.source.organization)
        defer { withExtendedLifetime(place) {} }
        let source = copy.source.id
        let id = try await tenancy.beginMaking()
        do {
            try await documents.copy(source, to: id, withDocuments: copy.documents)
            if copy.files { try await files.copy(source, to: id) }
            try await identity.copyUsers(of: source, to: id)
            try await coupons.copyBatches(source, to: id)
            try await functions.copy(source, to: id, withTriggers: copy.triggers)
            return try await tenancy.finishMaking(
                id, copyOf: source, name: copy.name, app: copy.app, stage: copy.stage, withSecrets: withSecrets)
        } catch {
            await giveUp(id)
            throw error
        }
    }

    /// Removes what there is of an environment that could not be finished.
    func giveUp(_ id: EnvironmentID) async {
        tenancy.abandon(id)
        do {
            try await remove(id)
        } catch {
            logger.error("a copy that failed could not be removed; tried again in a minute", metadata: ["environment": "\(id)", "error": "\(error)"])
        }
    }
}
