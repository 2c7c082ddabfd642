internal import Documents
internal import Files
internal import Foundation
internal import Functions
internal import Identity
internal import Kernel
internal import Logging
internal import ServiceLifecycle
internal import Tenancy

/// Once a minute: destroys environments whose grace period is over, and forgets expired sessions.
struct Caretaker: Service {
    let tenancy: Tenancy
    let identity: Identity
    let documents: Documents
    let files: Files
    let functions: Functions
    let folder: DataFolder
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                for environment in tenancy.expired() { await destroy(environment) }
                do {
                    try await identity.purge()
                    try await tenancy.sweep()
                } catch {
                    logger.warning("sessions and the use of keys could not be written down", metadata: ["error": "\(error)"])
                }
                // Cancelled by shutdown: the loop ends.
                try? await Task.sleep(for: .seconds(60))
            }
        }
    }

    /// Removes everything of an environment; its row goes last, so that what fails is tried again.
    private func destroy(_ environment: EnvironmentID) async {
        do {
            try await functions.removeAll(of: environment)
            try functions.logBook.close(environment)
            try documents.close(environment)
            try files.close(environment)
            try await identity.remove(environment)
            let url = folder.path(environment)
            if FileManager.default.fileExists(atPath: url.path) { try FileManager.default.removeItem(at: url) }
            try await tenancy.forget(environment)
            logger.notice("environment destroyed", metadata: ["environment": "\(environment)"])
        } catch {
            logger.error("environment could not be destroyed; tried again in a minute", metadata: ["environment": "\(environment)", "error": "\(error)"])
        }
    }
}
