internal import HTTPSupport
public import Kernel

/// An environment's functions as a whole: how many there are, a copy of all, their code.
extension Functions {
    /// Makes the functions of one environment functions of another one as well: the version of each that gets most calls.
    /// - Parameter withTriggers: whether their timers run there, too.
    public func copy(_ source: EnvironmentID, to copy: EnvironmentID, withTriggers: Bool) async throws {
        try await deployments.copy(source, to: copy, withTriggers: withTriggers)
    }

    /// A function with the files of the version that gets most calls.
    public struct Deployed: Sendable {
        /// Its name.
        public let name: String
        /// How it runs and what starts it; of its variables only the names.
        public let manifest: JSON
        /// When it was deployed, in milliseconds.
        public let deployedAt: Int64
        /// Its code.
        public let files: [VersionFile]
    }

    /// What is deployed in an environment, by name.
    public func deployed(in environment: EnvironmentID) async throws -> [Deployed] {
        var all: [Deployed] = []
        for record in catalog.records(of: environment) {
            guard let version = record.primary else { continue }
            let folder = folders.version(version.number, of: record.name, in: environment)
            let files = try await offEventLoop { try VersionFile.all(in: folder) }
            all.append(Deployed(name: record.name, manifest: .object(Self.manifest(record, version)), deployedAt: version.createdAt, files: files))
        }
        return all
    }

    private static func manifest(_ record: FunctionRecord, _ version: FunctionVersion) -> JSONObject {
        var manifest: JSONObject = ["name": .string(record.name), "version": .int(Int64(version.number)), "description": .string(version.description)]
        for (name, value) in version.settings.json { manifest[name] = value }
        manifest["triggers"] = .array(record.triggers.map(\.json))
        if let httpPath = record.httpPath { manifest["httpPath"] = .string(httpPath) }
        manifest["variables"] = .array(version.variables.keys.sorted().map { .string($0) })
        return manifest
    }
}
