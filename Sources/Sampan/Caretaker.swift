internal import Identity
internal import Kernel
internal import Logging
internal import ServiceLifecycle
internal import Tenancy

/// Once a minute: destroys environments whose grace period is over or that were never finished, and forgets expired sessions.
struct Caretaker: Service {
    let parts: EnvironmentParts
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                for environment in parts.tenancy.expired() + parts.tenancy.abandoned() { await destroy(environment) }
                do {
                    try await parts.identity.purge()
                    try await parts.tenancy.sweep()
                } catch {
                    logger.warning("sessions and the use of keys could not be written down", metadata: ["error": "\(error)"])
                }
                // Cancelled by shutdown: the loop ends.
                try? await Task.sleep(for: .seconds(60))
            }
        }
    }

    private func destroy(_ environment: EnvironmentID) async {
        do {
            try await parts.remove(environment)
            logger.notice("environment destroyed", metadata: ["environment": "\(environment)"])
        } catch {
            logger.error("environment could not be destroyed; tried again in a minute", metadata: ["environment": "\(environment)", "error": "\(error)"])
        }
    }
}
