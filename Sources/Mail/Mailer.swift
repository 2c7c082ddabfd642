public import Kernel
public import Logging
public import ServiceLifecycle
internal import Synchronization

/// Sends mails, without letting anybody wait for it.
///
/// What waits lies in memory: a mail that was not sent when the server stops is lost, and the log says so. That suits
/// mails that a person can ask for again.
public final class Mailer: Service {
    /// A mail on its way.
    private struct Outgoing: Sendable {
        /// What the log calls it.
        let id: String
        let mail: ComposedMail
    }

    /// How many mails may wait, those that are tried again included.
    private static let waitingMax = 1000
    /// How many connections to the mail server are open at once.
    private static let connectionsMax = 4
    /// How long a stopping server goes on with what it is sending.
    private static let farewell = Duration.seconds(5)
    /// The waits between the five tries: ten minutes in all, for greylisting and for mail servers that start again.
    static let pauses: [Duration] = [.seconds(10), .seconds(50), .seconds(180), .seconds(360)]

    private let sender: Mailbox?
    private let clock: WallClock
    private let logger: Logger
    private let pauses: [Duration]
    private let deliver: @Sendable (ComposedMail) async throws -> Void
    private let connections = AdmissionGate(places: connectionsMax, waitingMax: waitingMax)
    private let unsent = Mutex(0)
    private let arrivals = AsyncStream<Outgoing>.makeStream()

    /// A mailer for these settings; without any it refuses every mail.
    ///
    /// Throws when the certificates that the settings name cannot be read.
    public convenience init(settings: MailSettings?, clock: WallClock = .system, logger: Logger) throws {
        let client = try settings.map { try SMTPClient($0) }
        self.init(sender: settings?.from, clock: clock, logger: logger) { mail in
            guard let client else { throw SampanError.mailNotConfigured }
            try await client.deliver(mail)
        }
    }

    init(
        sender: Mailbox?, clock: WallClock, logger: Logger, pauses: [Duration] = Mailer.pauses,
        deliver: @escaping @Sendable (ComposedMail) async throws -> Void
    ) {
        self.sender = sender
        self.clock = clock
        self.logger = logger
        self.pauses = pauses
        self.deliver = deliver
    }

    /// Whether mails can be sent at all.
    public var isConfigured: Bool { sender != nil }

    /// Takes a mail to be sent soon; returns at once.
    ///
    /// Throws `MAIL_NOT_CONFIGURED`, or `MAIL_BUSY` when too many wait.
    public func send(_ message: MailMessage) throws {
        guard let sender else { throw SampanError.mailNotConfigured }
        let isAccepted = unsent.withLock { count in
            guard count < Self.waitingMax else { return false }
            count += 1
            return true
        }
        guard isAccepted else { throw SampanError.mailBusy }
        let id = RandomText.make(20, alphabet: RandomText.readable)
        arrivals.continuation.yield(Outgoing(id: id, mail: ComposedMail(message, from: sender, at: clock.now(), id: id)))
    }

    /// Sends what comes until shutdown; then finishes what is being sent, for some seconds.
    public func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.deliverArrivals() }
            group.addTask {
                // Cancelled: everything was sent, or the process ends.
                try? await gracefulShutdown()
                self.arrivals.continuation.finish()
                try? await Task.sleep(for: Self.farewell)
            }
            await group.next()
            group.cancelAll()
        }
        let lost = unsent.withLock { $0 }
        if lost > 0 { logger.warning("mails were not sent before the server stopped", metadata: ["count": "\(lost)"]) }
    }

    private func deliverArrivals() async {
        await withDiscardingTaskGroup { group in
            for await outgoing in arrivals.stream {
                group.addTask { await self.deliverWithRetries(outgoing) }
            }
        }
    }

    /// Ends when the mail was sent, was given up, or the server stops.
    private func deliverWithRetries(_ outgoing: Outgoing) async {
        for attempt in 0...pauses.count {
            do {
                try await connections.run { try await self.deliver(outgoing.mail) }
                logger.info("a mail was sent", metadata: metadata(outgoing, attempt))
                return unsent.withLock { $0 -= 1 }
            } catch is CancellationError {
                return
            } catch {
                guard attempt < pauses.count, (error as? SMTPFailure)?.isTemporary ?? false else {
                    logger.error("a mail could not be sent and was given up", metadata: metadata(outgoing, attempt, error))
                    return unsent.withLock { $0 -= 1 }
                }
                logger.warning("a mail could not be sent and will be tried again", metadata: metadata(outgoing, attempt, error))
                guard await rest(pauses[attempt]) else { return }
            }
        }
    }

    /// Waits; answers `false` when the server stops meanwhile.
    private func rest(_ pause: Duration) async -> Bool {
        do {
            try await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
            return true
        } catch {
            return false
        }
    }

    /// What the log says of a mail: nothing that is in it, and its recipient not in full, also where the mail server names them.
    private func metadata(_ outgoing: Outgoing, _ attempt: Int, _ error: (any Error)? = nil) -> Logger.Metadata {
        let recipient = outgoing.mail.recipient
        var metadata: Logger.Metadata = ["mail": "\(outgoing.id)", "to": "\(recipient.redacted)", "attempt": "\(attempt + 1)"]
        if let error { metadata["error"] = "\(Redaction.of(recipient, in: "\(error)"))" }
        return metadata
    }
}
