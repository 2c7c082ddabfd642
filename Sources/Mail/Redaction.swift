internal import Foundation

/// Takes addresses out of what goes into a log.
enum Redaction {
    /// The text with this address cut down wherever it stands, in capitals too.
    static func of(_ address: MailAddress, in text: String) -> String {
        text.replacingOccurrences(of: address.text, with: address.redacted, options: .caseInsensitive)
    }
}
