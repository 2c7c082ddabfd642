public import Kernel

/// Puts the sample shop into an environment; supplied by the composition root.
public protocol SampleDeployer: Sendable {
    /// Deploys the sample shop with its data.
    /// - Parameter withCustomers: whether a few customers come in at once, so that every page has something to show.
    /// - Returns: the path at which the shop opens.
    func deployRetail(to environment: EnvironmentID, withCustomers: Bool) async throws -> String
}
