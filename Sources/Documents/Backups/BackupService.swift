public import Kernel
public import ServiceLifecycle

/// Makes the backups that environments have planned: once a minute it looks what is due.
public struct BackupService: Service {
    private let documents: Documents
    private let plans: @Sendable () -> [EnvironmentID: BackupPlan]

    /// Makes the service.
    /// - Parameter plans: the plans as they are now.
    public init(_ documents: Documents, plans: @escaping @Sendable () -> [EnvironmentID: BackupPlan]) {
        self.documents = documents
        self.plans = plans
    }

    /// Runs until shutdown.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await documents.followBackupPlans(plans())
                // Cancelled by shutdown: the loop ends.
                try? await Task.sleep(for: .seconds(60))
            }
        }
    }
}
