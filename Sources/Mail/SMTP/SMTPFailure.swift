/// What was asked of the server when something went wrong.
enum SMTPStep: String, Sendable {
    case connection
    case greeting
    case hello = "EHLO"
    case startTLS = "STARTTLS"
    case handshake = "TLS handshake"
    case authentication = "AUTH"
    case sender = "MAIL"
    case recipient = "RCPT"
    case data = "DATA"
    case content = "the mail's content"
}

/// Why a mail was not sent.
enum SMTPFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// No connection, or it broke.
    case unreachable(String)
    case timedOut(SMTPStep)
    case disconnected(SMTPStep)
    /// TLS was wanted and is not to be had: a certificate that is not trusted, for example.
    case insecure(String)
    case refused(SMTPStep, SMTPReply)
    case malformedReply(String)
    /// The server does not offer what the settings ask for.
    case notOffered(String)

    /// Whether the same mail may go through later.
    var isTemporary: Bool {
        switch self {
        case .unreachable, .timedOut, .disconnected, .insecure: true
        case .refused(_, let reply): reply.kind == 4
        case .malformedReply, .notOffered: false
        }
    }

    /// For the log.
    var description: String {
        switch self {
        case .unreachable(let reason): "the SMTP server cannot be reached: \(reason)"
        case .timedOut(let step): "the SMTP server did not answer in time (\(step.rawValue))"
        case .disconnected(let step): "the SMTP server closed the connection (\(step.rawValue))"
        case .insecure(let reason): "no secure connection to the SMTP server: \(reason)"
        case .refused(let step, let reply): "the SMTP server refused \(step.rawValue): \(reply.code) \(reply.text)"
        case .malformedReply(let reply): "what answers is not an SMTP server: \(reply)"
        case .notOffered(let what): "the SMTP server does not offer \(what)"
        }
    }
}
