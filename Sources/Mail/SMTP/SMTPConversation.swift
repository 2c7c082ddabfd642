internal import Foundation

/// What to say to an SMTP server next: the whole protocol as a value, which knows nothing of connections and of time.
struct SMTPConversation: Sendable {
    /// What the connection has to do.
    enum Action: Sendable, Equatable {
        case send([UInt8])
        /// Turn to TLS, and call ``secured()``.
        case secure
        /// The server has taken the mail: say this and hang up.
        case finish([UInt8])
    }

    /// Where within AUTH LOGIN: it asks for the user and then for the password.
    private enum Login { case user, password }

    /// What was said last, and so what the next reply answers.
    private(set) var step = SMTPStep.greeting
    private let mail: ComposedMail
    private let credentials: MailSettings.Credentials?
    private let needsStartTLS: Bool
    private var isSecured = false
    private var login: Login?

    init(_ mail: ComposedMail, encryption: MailSettings.Encryption, credentials: MailSettings.Credentials?) {
        self.mail = mail
        self.credentials = credentials
        needsStartTLS = encryption == .startTLS
    }

    /// What follows from a reply; throws when it is a refusal.
    mutating func receive(_ reply: SMTPReply) throws(SMTPFailure) -> Action {
        switch step {
        case .greeting:
            try require(reply, kind: 2)
            return hello()
        case .hello:
            try require(reply, kind: 2)
            return try begin(SMTPExtensions(reply))
        case .startTLS:
            try require(reply, kind: 2)
            step = .handshake
            return .secure
        case .authentication: return try authenticate(reply)
        case .sender:
            try require(reply, kind: 2)
            return say(.recipient, "RCPT TO:<\(mail.recipient.text)>")
        case .recipient:
            try require(reply, kind: 2)
            return say(.data, "DATA")
        case .data:
            try require(reply, kind: 3)
            step = .content
            return .send(SMTPContent.encode(mail.bytes))
        case .content:
            try require(reply, kind: 2)
            return .finish(Self.line("QUIT"))
        case .connection, .handshake: throw .malformedReply("a reply that nothing was asked for")
        }
    }

    /// The connection is encrypted now.
    ///
    /// What the server said before may have been anybody's words: it is asked again.
    mutating func secured() -> Action {
        isSecured = true
        return hello()
    }

    /// The domain of the sender: a full name, which this machine often has not.
    private mutating func hello() -> Action { say(.hello, "EHLO \(mail.sender.domain)") }

    private mutating func begin(_ offered: SMTPExtensions) throws(SMTPFailure) -> Action {
        if needsStartTLS, !isSecured {
            guard offered.startTLS else { throw .notOffered("STARTTLS") }
            return say(.startTLS, "STARTTLS")
        }
        guard let credentials else { return mailFrom() }
        if offered.authentication.contains("PLAIN") {
            return say(.authentication, "AUTH PLAIN \(Self.base64("\0\(credentials.user)\0\(credentials.password)"))")
        }
        guard offered.authentication.contains("LOGIN") else { throw .notOffered("AUTH PLAIN or AUTH LOGIN") }
        login = .user
        return say(.authentication, "AUTH LOGIN")
    }

    private mutating func authenticate(_ reply: SMTPReply) throws(SMTPFailure) -> Action {
        guard let credentials, let asked = login else {
            try require(reply, kind: 2)
            return mailFrom()
        }
        try require(reply, kind: 3)
        login = asked == .user ? .password : nil
        return say(.authentication, Self.base64(asked == .user ? credentials.user : credentials.password))
    }

    private mutating func mailFrom() -> Action { say(.sender, "MAIL FROM:<\(mail.sender.text)>") }

    private func require(_ reply: SMTPReply, kind: Int) throws(SMTPFailure) {
        guard reply.kind != kind else { return }
        guard reply.kind >= 4 else { throw .malformedReply("\(reply.code) to \(step.rawValue)") }
        throw .refused(step, reply)
    }

    private mutating func say(_ next: SMTPStep, _ text: String) -> Action {
        step = next
        return .send(Self.line(text))
    }

    private static func line(_ text: String) -> [UInt8] { Array((text + "\r\n").utf8) }

    private static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
}

/// What a server's answer to EHLO offers, of that which is used here.
struct SMTPExtensions: Sendable, Equatable {
    let startTLS: Bool
    let authentication: Set<String>

    init(_ reply: SMTPReply) {
        // The first line is the server's name.
        let offers = reply.lines.dropFirst().map { $0.uppercased() }
        startTLS = offers.contains { $0.split(separator: " ").first == "STARTTLS" }
        // Old servers write AUTH=LOGIN.
        let words = offers.filter { $0.hasPrefix("AUTH ") || $0.hasPrefix("AUTH=") }.map { $0.dropFirst(5).split(separator: " ") }
        authentication = Set(words.joined().map(String.init))
    }
}

/// The content of a mail between DATA and the dot that ends it.
enum SMTPContent {
    /// Every line end becomes CRLF, since a bare one is an end to some servers and none to others; dots that begin a line are doubled.
    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        let (cr, lf, dot) = (UInt8(ascii: "\r"), UInt8(ascii: "\n"), UInt8(ascii: "."))
        var content: [UInt8] = []
        content.reserveCapacity(bytes.count + bytes.count / 64 + 5)
        var isLineStart = true
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case lf where index > 0 && bytes[index - 1] == cr: continue
            case cr, lf:
                content += [cr, lf]
                isLineStart = true
            default:
                if isLineStart, byte == dot { content.append(dot) }
                content.append(byte)
                isLineStart = false
            }
        }
        if !isLineStart { content += [cr, lf] }
        return content + [dot, cr, lf]
    }
}
