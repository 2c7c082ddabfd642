import Kernel
import Logging
import Synchronization
import Testing

@testable import Mail

extension MailMessage {
    /// A mail as the tests send it.
    static func sample(to address: String = "xiaoming@example.com", subject: String = "Hello", html: String? = nil) throws -> MailMessage {
        try MailMessage(to: Mailbox(MailAddress(address), name: "小明"), subject: subject, text: "one\n.two\n", html: html)
    }
}

extension ComposedMail {
    static func sample(to address: String = "xiaoming@example.com") throws -> ComposedMail {
        try ComposedMail(.sample(to: address), from: Mailbox(parsing: "Sampan <noreply@sampan.test>"), at: 0, id: "mail-1")
    }

    /// The lines as they go over the wire.
    var lines: [String] { String(decoding: bytes, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init) }
}

/// Keeps what is logged, each as one line.
final class KeptLog: LogHandler {
    private let kept = Mutex<[String]>([])

    var lines: [String] { kept.withLock { $0 } }
    var logger: Logger { Logger(label: "test") { _ in self } }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        kept.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }
}
