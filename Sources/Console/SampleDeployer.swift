public import Kernel

/// Puts the sample shop into an environment; supplied by the composition root.
public protocol SampleDeployer: Sendable {
    /// Deploys the sample shop with its data.
    /// - Returns: the path at which the shop opens.
    func deployRetail(to environment: EnvironmentID) async throws -> String
}
