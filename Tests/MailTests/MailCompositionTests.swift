import Foundation
import Kernel
import Testing

@testable import Mail

@Suite("How a mail is written down")
struct MailCompositionTests {
    private func compose(subject: String = "Hello", html: String? = nil, to name: String? = nil) throws -> ComposedMail {
        let recipient = try Mailbox(MailAddress("xiaoming@example.com"), name: name)
        let message = try MailMessage(to: recipient, subject: subject, text: "Grüße\n小明\r\n.\n", html: html)
        return try ComposedMail(message, from: Mailbox(parsing: "Sampan <noreply@sampan.test>"), at: 1_795_407_199_000, id: "abc")
    }

    @Test func theWholeOfAPlainMail() throws {
        #expect(
            try compose().lines == [
                "From: \"Sampan\" <noreply@sampan.test>", "To: xiaoming@example.com", "Subject: Hello", "Date: Mon, 23 Nov 2026 04:13:19 +0000",
                "Message-ID: <abc@sampan.test>", "Auto-Submitted: auto-generated", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
                "Content-Transfer-Encoding: base64", "", Data("Grüße\r\n小明\r\n.\r\n".utf8).base64EncodedString(), "",
            ])
    }

    @Test func theTextComesBeforeThePage() throws {
        let lines = try compose(html: "<p>" + String(repeating: "小明", count: 200)).lines
        let boundary = "=_abc"
        #expect(lines.contains("Content-Type: multipart/alternative; boundary=\"\(boundary)\""))
        let parts = lines.split(separator: "--\(boundary)", omittingEmptySubsequences: false)
        #expect(parts.count == 3)
        #expect(parts[1].contains("Content-Type: text/plain; charset=utf-8"))
        #expect(parts[2].contains("Content-Type: text/html; charset=utf-8"))
        #expect(parts[2].suffix(2) == ["--\(boundary)--", ""])
        #expect(lines.allSatisfy { $0.utf8.count <= 78 && $0.utf8.allSatisfy { (32...126).contains($0) } })
    }

    @Test(arguments: [
        (Int64(0), "Thu, 1 Jan 1970 00:00:00 +0000"), (951_827_696_000, "Tue, 29 Feb 2000 12:34:56 +0000"),
        (4_102_444_799_999, "Thu, 31 Dec 2099 23:59:59 +0000"),
    ])
    func dates(moment: Int64, text: String) { #expect(ComposedMail.date(moment) == text) }

    @Test(arguments: ["您正在重置密码", "Grüße 🚤", String(repeating: "小程序云", count: 40), String(repeating: "plain words ", count: 20), "=?UTF-8?B?YQ==?="])
    func encodedSubjectsComeBack(subject: String) throws {
        let header = HeaderText.unstructured(subject)
        let words = header.split(separator: "\r\n ")
        var bytes = Data()
        for word in words {
            #expect("Subject: ".utf8.count + word.utf8.count <= 76)
            let content = try #require(word.wholeMatch(of: /=\?UTF-8\?B\?([A-Za-z0-9+\/=]+)\?=/)).1
            let decoded = try #require(Data(base64Encoded: String(content)))
            #expect(String(validating: decoded, as: UTF8.self) != nil, "each word is text of its own")
            bytes += decoded
        }
        #expect(String(decoding: bytes, as: UTF8.self) == subject)
    }

    @Test(arguments: [
        ("Anna", "\"Anna\" <a@b.test>"), ("Karenina, Anna \"A\" \\", "\"Karenina, Anna \\\"A\\\" \\\\\" <a@b.test>"), ("小明", "=?UTF-8?B?5bCP5piO?= <a@b.test>"),
        ("", "a@b.test"),
    ])
    func names(name: String, header: String) throws {
        #expect(HeaderText.mailbox(try Mailbox(MailAddress("a@b.test"), name: name)) == header)
    }

    /// Nothing that a person types becomes a header of its own.
    @Test(arguments: ["a\r\nBcc: x@y.test", "a\nb", "a\rb", "a\0b", "a\u{85}b", "a\u{2028}b", "\u{7f}"])
    func lineBreaksAreRefused(text: String) throws {
        let address = try MailAddress("a@b.test")
        for attempt in [
            { _ = try MailMessage(to: Mailbox(address), subject: text, text: "") },
            { _ = try Mailbox(address, name: text) },
            { _ = try Mailbox(parsing: "\(text) <a@b.test>") },
        ] as [() throws -> Void] {
            #expect { try attempt() } throws: { ($0 as? SampanError)?.code == "MAIL_INVALID" }
        }
        #expect(MailAddress(wellFormed: "\(text)@b.test") == nil)
        #expect(MailAddress(wellFormed: "a@b.test\(text)") == nil)
    }

    @Test func whatIsTooLongIsRefused() throws {
        let recipient = try Mailbox(MailAddress("a@b.test"))
        #expect(throws: SampanError.self) { try MailMessage(to: recipient, subject: String(repeating: "a", count: 501), text: "") }
        #expect(throws: SampanError.self) { try MailMessage(to: recipient, subject: "a", text: "", html: String(repeating: "a", count: 300_000)) }
        #expect(throws: SampanError.self) { try Mailbox(recipient.address, name: String(repeating: "a", count: 201)) }
    }

    @Test(arguments: ["a@b.test", "li.xiao-ming+shop@mail.example.com", "o'neil@example.com", "1@2.cn", "root@localhost"])
    func addresses(text: String) throws {
        #expect(try MailAddress(text).text == text)
    }

    @Test(arguments: [
        "", "a", "@", "a@", "@b.test", "a@@b.test", "a@b@c.test", "a b@c.test", "a@b c.test", "<a@b.test>", "a@b..test", ".a@b.test", "a.@b.test", "a@-b.test",
        "a@b.test.", "a@[127.0.0.1]", "\"a\"@b.test", "a@b.test>", "小明@b.test", "a@例子.cn", "a,b@c.test", String(repeating: "a", count: 65) + "@b.test",
    ])
    func whatIsNoAddress(text: String) {
        #expect { try MailAddress(text) } throws: { ($0 as? SampanError)?.code == "MAIL_ADDRESS_INVALID" }
    }

    @Test func anAddressInALogCannotBeWrittenTo() throws {
        let address = try MailAddress("xiaoming@example.com")
        #expect(address.redacted == "x***@example.com")
        #expect(Redaction.of(address, in: "550 <XiaoMing@Example.com>: unknown") == "550 <x***@example.com>: unknown")
    }
}
