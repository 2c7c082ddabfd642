internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// How long a server may take for each step.
struct SMTPTimeouts: Sendable {
    var connect = TimeAmount.seconds(10)
    /// For the answer to a command, and for the TLS handshake.
    var reply = TimeAmount.seconds(30)
    /// For the answer to the content: servers look for viruses and unwanted mail meanwhile.
    var content = TimeAmount.seconds(120)
}

/// Takes one mail to the SMTP server, over a connection of its own.
struct SMTPClient: Sendable {
    private let settings: MailSettings
    private let timeouts: SMTPTimeouts
    private let security: SMTPSecurity?

    /// Throws when the certificates that the settings name cannot be read.
    init(_ settings: MailSettings, timeouts: SMTPTimeouts = SMTPTimeouts()) throws {
        self.settings = settings
        self.timeouts = timeouts
        security = settings.encryption == .none ? nil : try SMTPSecurity(settings)
    }

    /// Returns once the server has taken the mail; throws an ``SMTPFailure``, or `CancellationError`.
    func deliver(_ mail: ComposedMail) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let outcome = loop.makePromise(of: Void.self)
        let connecting = bootstrap(mail, loop, outcome).connect(host: settings.host, port: settings.port)
        connecting.whenFailure { outcome.fail(SMTPFailure.unreachable("\($0)")) }
        try await withTaskCancellationHandler {
            try await outcome.futureResult.get()
        } onCancel: {
            outcome.fail(CancellationError())
            connecting.whenSuccess { $0.close(promise: nil) }
        }
    }

    private func bootstrap(_ mail: ComposedMail, _ loop: any EventLoop, _ outcome: EventLoopPromise<Void>) -> ClientBootstrap {
        ClientBootstrap(group: loop).connectTimeout(timeouts.connect)
            .channelInitializer { [settings, timeouts, security] channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if settings.encryption == .tls, let security { try pipeline.addHandler(security.handler()) }
                    let conversation = SMTPConversation(mail, encryption: settings.encryption, credentials: settings.credentials)
                    try pipeline.addHandler(SMTPChannelHandler(conversation, timeouts: timeouts, security: security, outcome: outcome))
                }
            }
    }
}

/// Whom to trust, and how the server is called.
struct SMTPSecurity: Sendable {
    private let context: NIOSSLContext
    private let serverName: String?

    init(_ settings: MailSettings) throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let file = settings.certificateAuthority { configuration.additionalTrustRoots = [.file(file)] }
        context = try NIOSSLContext(configuration: configuration)
        // A certificate can name an address too; then the peer's own address is compared with it.
        serverName = (try? SocketAddress(ipAddress: settings.host, port: 0)) == nil ? settings.host : nil
    }

    func handler() throws -> NIOSSLClientHandler { try NIOSSLClientHandler(context: context, serverHostname: serverName) }
}
