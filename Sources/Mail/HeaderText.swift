internal import Foundation
internal import Kernel

/// Text in the header of a mail: in ASCII as it is, everything else as encoded words (RFC 2047).
enum HeaderText {
    /// A line of encoded words may have 76 characters, `Subject: ` included; 12 are `=?UTF-8?B?` and `?=`, and base64 makes 4 of 3.
    private static let wordBytesMax = 39
    /// Longer ASCII is encoded too, since encoded words can be folded anywhere.
    private static let plainBytesMax = 60

    /// Refuses line breaks, which would begin a header of somebody else's choice, and other control characters.
    static func check(_ text: String, bytesMax: Int) throws {
        guard text.utf8.count <= bytesMax else {
            throw SampanError.invalidMail(Localized("A name or subject of a mail is too long.", zh: "邮件的名称或主题过长。"))
        }
        guard !text.unicodeScalars.contains(where: isControl) else {
            throw SampanError.invalidMail(
                Localized("A name or subject of a mail holds line breaks or control characters.", zh: "邮件的名称或主题包含换行或控制字符。"))
        }
    }

    /// ASCII's and Latin-1's control characters, and Unicode's separators of lines and paragraphs.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 32 || (127...159).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
    }

    /// A subject.
    static func unstructured(_ text: String) -> String {
        isPlain(text) ? text : encodedWords(text)
    }

    /// A mailbox as `From` and `To` have it.
    static func mailbox(_ mailbox: Mailbox) -> String {
        guard let name = mailbox.name else { return mailbox.address.text }
        return "\(isPlain(name) ? quoted(name) : encodedWords(name)) <\(mailbox.address.text)>"
    }

    private static func isPlain(_ text: String) -> Bool {
        text.utf8.count <= plainBytesMax && !text.contains("=?") && text.utf8.allSatisfy { (32...126).contains($0) }
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.reduce(into: "") { $0 += $1 == "\"" || $1 == "\\" ? "\\\($1)" : "\($1)" } + "\""
    }

    /// Encoded words on lines of their own; none ends within a character.
    private static func encodedWords(_ text: String) -> String {
        var words: [[UInt8]] = [[]]
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if words[words.count - 1].count + bytes.count > wordBytesMax { words.append([]) }
            words[words.count - 1] += bytes
        }
        return words.map { "=?UTF-8?B?\(Data($0).base64EncodedString())?=" }.joined(separator: "\r\n ")
    }
}
