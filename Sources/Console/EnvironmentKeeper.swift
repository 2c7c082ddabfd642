public import HTTPSupport
public import Kernel
public import Tenancy

/// What the console does with environments as a whole; the composition root, which knows all their parts, does it.
public protocol EnvironmentKeeper: Sendable {
    /// How much an environment has of what quotas limit.
    func usage(_ environment: EnvironmentID) throws -> [EnvironmentQuotas.Measure: Int64]

    /// Makes a copy of the environment in the request's path: the members of `POST …/copies`.
    /// - Throws: 403 for somebody who may not see all of it, or not make one.
    func copy(_ wanted: JSONObject, _ context: SampanRequestContext) async throws -> Environment
}
