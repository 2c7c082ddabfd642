internal import Foundation
internal import Kernel

/// A mail as it goes over the wire (RFC 5322, RFC 2045), and who sends it to whom.
struct ComposedMail: Sendable {
    let sender: MailAddress
    let recipient: MailAddress
    let bytes: [UInt8]

    /// Writes the mail down.
    /// - Parameter id: what tells it from every other mail of this domain; the same at each try, so that a mail that arrives twice is shown once.
    init(_ message: MailMessage, from sender: Mailbox, at now: Int64, id: String) {
        self.sender = sender.address
        recipient = message.recipient.address
        let headers = [
            "From: \(HeaderText.mailbox(sender))",
            "To: \(HeaderText.mailbox(message.recipient))",
            "Subject: \(HeaderText.unstructured(message.subject))",
            "Date: \(Self.date(now))",
            "Message-ID: <\(id)@\(sender.address.domain)>",
            // No holiday notice answers what a machine has sent (RFC 3834).
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
        ]
        bytes = Array((headers.map { $0 + "\r\n" }.joined() + Self.body(message, boundary: "=_\(id)")).utf8)
    }

    private static func body(_ message: MailMessage, boundary: String) -> String {
        let text = part(message.text, type: "text/plain")
        guard let html = message.html else { return text }
        return "Content-Type: multipart/alternative; boundary=\"\(boundary)\"\r\n\r\n"
            + "--\(boundary)\r\n\(text)--\(boundary)\r\n\(part(html, type: "text/html"))--\(boundary)--\r\n"
    }

    /// In base64: Chinese is shorter so than quoted-printable, and no line is too long or begins with a dot.
    private static func part(_ text: String, type: String) -> String {
        let lines = text.replacing("\r\n", with: "\n").replacing("\n", with: "\r\n")
        let options: Data.Base64EncodingOptions = [.lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed]
        return "Content-Type: \(type); charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n\(Data(lines.utf8).base64EncodedString(options: options))\r\n"
    }

    /// RFC 5322, 3.3; always in UTC.
    static func date(_ milliseconds: Int64) -> String {
        let time = CivilTime(milliseconds: milliseconds)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let clock = [time.hour, time.minute, time.second].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
        return "\(days[time.dayOfWeek - 1]), \(time.day) \(months[time.month - 1]) \(time.year) \(clock) +0000"
    }
}
