import Foundation
import Testing

@testable import Mail

@Suite("What is said to an SMTP server")
struct SMTPConversationTests {
    private static let greeting = reply(220, "mail.test ESMTP")
    private static let ok = reply(250, "OK")
    private static let goOn = reply(354, "go on")

    private static func reply(_ code: Int, _ lines: String...) -> SMTPReply { SMTPReply(code: code, lines: lines) }

    private static func credentials() throws -> MailSettings.Credentials? {
        try MailSettings(url: "smtps://user:pass@mail.test", from: "a@b.test").credentials
    }

    /// Gives the replies one after the other; answers what was said after each.
    private func run(
        _ encryption: MailSettings.Encryption = .none, _ credentials: MailSettings.Credentials? = nil, _ replies: [SMTPReply]
    ) throws -> [String] {
        var conversation = SMTPConversation(try .sample(), encryption: encryption, credentials: credentials)
        var said: [String] = []
        for reply in replies {
            switch try conversation.receive(reply) {
            case .send(let bytes): said.append(String(decoding: bytes, as: UTF8.self))
            case .finish(let bytes): said.append("finish " + String(decoding: bytes, as: UTF8.self))
            case .secure:
                said.append("secure")
                guard case .send(let bytes) = conversation.secured() else { continue }
                said.append(String(decoding: bytes, as: UTF8.self))
            }
        }
        return said
    }

    private func failure(_ encryption: MailSettings.Encryption = .none, _ credentials: MailSettings.Credentials? = nil, _ replies: [SMTPReply]) -> SMTPFailure?
    {
        do {
            _ = try run(encryption, credentials, replies)
            return nil
        } catch {
            return error as? SMTPFailure
        }
    }

    @Test func aMailInTheClear() throws {
        let said = try run(.none, nil, [Self.greeting, Self.reply(250, "mail.test", "SIZE 1000"), Self.ok, Self.ok, Self.goOn, Self.ok])
        #expect(said.count == 6)
        #expect(
            said[..<4] == ["EHLO sampan.test\r\n", "MAIL FROM:<noreply@sampan.test>\r\n", "RCPT TO:<xiaoming@example.com>\r\n", "DATA\r\n"])
        #expect(said[4].hasPrefix("From: "))
        #expect(said[4].hasSuffix("\r\n.\r\n"))
        #expect(said[5] == "finish QUIT\r\n")
    }

    /// What the server offered before TLS counts for nothing afterwards.
    @Test func turnsToTLSBeforeAnythingElse() throws {
        let said = try run(
            .startTLS, Self.credentials(),
            [
                Self.greeting, Self.reply(250, "mail.test", "STARTTLS", "AUTH LOGIN"), Self.reply(220, "go"), Self.reply(250, "mail.test", "AUTH PLAIN"),
                Self.reply(235, "welcome"), Self.ok,
            ])
        #expect(
            said == [
                "EHLO sampan.test\r\n", "STARTTLS\r\n", "secure", "EHLO sampan.test\r\n", "AUTH PLAIN AHVzZXIAcGFzcw==\r\n",
                "MAIL FROM:<noreply@sampan.test>\r\n", "RCPT TO:<xiaoming@example.com>\r\n",
            ])
    }

    /// Whoever sits in between can leave the offer out; then nothing is sent.
    @Test func goesNoFurtherWithoutTLS() throws {
        #expect(failure(.startTLS, nil, [Self.greeting, Self.reply(250, "mail.test", "AUTH PLAIN")]) == .notOffered("STARTTLS"))
        let refusal = Self.reply(454, "not now")
        #expect(failure(.startTLS, nil, [Self.greeting, Self.reply(250, "mail.test", "STARTTLS"), refusal]) == .refused(.startTLS, refusal))
    }

    @Test func aReplyDuringTheHandshakeIsNobodys() throws {
        var conversation = SMTPConversation(try .sample(), encryption: .startTLS, credentials: nil)
        _ = try conversation.receive(Self.greeting)
        _ = try conversation.receive(Self.reply(250, "mail.test", "STARTTLS"))
        #expect(try conversation.receive(Self.reply(220, "go")) == .secure)
        #expect(throws: SMTPFailure.malformedReply("a reply that nothing was asked for")) { try conversation.receive(Self.ok) }
    }

    @Test(arguments: [["AUTH LOGIN"], ["auth login cram-md5"], ["HELP", "AUTH=LOGIN"]])
    func logsInStepByStep(offers: [String]) throws {
        let said = try run(
            .tls, Self.credentials(),
            [
                Self.greeting, SMTPReply(code: 250, lines: ["mail.test"] + offers), Self.reply(334, "VXNlcm5hbWU6"), Self.reply(334, "UGFzc3dvcmQ6"),
                Self.reply(235, ""),
            ])
        #expect(said[1...] == ["AUTH LOGIN\r\n", "dXNlcg==\r\n", "cGFzcw==\r\n", "MAIL FROM:<noreply@sampan.test>\r\n"])
    }

    @Test func aPasswordThatIsRefusedIsNoneForLater() throws {
        let refusal = Self.reply(535, "5.7.8 wrong")
        for offer in ["AUTH PLAIN", "AUTH LOGIN"] {
            let error = failure(.tls, try Self.credentials(), [Self.greeting, Self.reply(250, "mail.test", offer), refusal])
            #expect(error == .refused(.authentication, refusal))
            #expect(error?.isTemporary == false)
        }
        let offers = Self.reply(250, "mail.test", "AUTH CRAM-MD5")
        #expect(failure(.tls, try Self.credentials(), [Self.greeting, offers]) == .notOffered("AUTH PLAIN or AUTH LOGIN"))
    }

    /// At each step: 4xx is for later, 5xx for good.
    @Test(arguments: 0..<6, [421, 451, 500, 554])
    func everyStepCanBeRefused(step: Int, code: Int) throws {
        let willing = [Self.greeting, Self.ok, Self.ok, Self.ok, Self.goOn, Self.ok]
        let steps: [SMTPStep] = [.greeting, .hello, .sender, .recipient, .data, .content]
        let refusal = Self.reply(code, "no")
        let error = failure(.none, nil, willing[..<step] + [refusal])
        #expect(error == .refused(steps[step], refusal))
        #expect(error?.isTemporary == (code < 500))
        #expect(error?.description.contains("\(code)") == true)
    }

    @Test func anAnswerThatMakesNoSenseIsNoConsent() throws {
        #expect(failure([Self.goOn]) == .malformedReply("354 to greeting"))
        #expect(failure([Self.greeting, Self.ok, Self.ok, Self.ok, Self.ok]) == .malformedReply("250 to DATA"))
        #expect(failure([Self.greeting, Self.ok, Self.ok, Self.ok, Self.goOn, Self.goOn]) == .malformedReply("354 to the mail's content"))
    }

    private func failure(_ replies: [SMTPReply]) -> SMTPFailure? { failure(.none, nil, replies) }

    @Test(arguments: [
        ("", ".\r\n"), ("a", "a\r\n.\r\n"), ("a\r\n", "a\r\n.\r\n"), (".", "..\r\n.\r\n"), ("a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n.\r\n"),
        ("..a\r\n", "...a\r\n.\r\n"), ("a.b\r\n", "a.b\r\n.\r\n"), ("a\n.\nb", "a\r\n..\r\nb\r\n.\r\n"), ("a\r.\rb", "a\r\n..\r\nb\r\n.\r\n"),
        ("a\r\n\r\nb", "a\r\n\r\nb\r\n.\r\n"), ("a\n\r\n", "a\r\n\r\n.\r\n"),
    ])
    func nothingInAMailEndsItTooSoon(content: String, sent: String) {
        #expect(String(decoding: SMTPContent.encode(Array(content.utf8)), as: UTF8.self) == sent)
    }
}

@Suite("Answers of an SMTP server")
struct SMTPReplyParserTests {
    private static let session = "220 hello\r\n250-mail.test\r\n250-SIZE 10\r\n250 HELP\r\n354\r\n550-5.1.1 no\n550 such one\n"
    private static let replies = [
        SMTPReply(code: 220, lines: ["hello"]), SMTPReply(code: 250, lines: ["mail.test", "SIZE 10", "HELP"]), SMTPReply(code: 354, lines: [""]),
        SMTPReply(code: 550, lines: ["5.1.1 no", "such one"]),
    ]

    /// Wherever the network cuts.
    @Test(arguments: [1, 2, 3, 7, 1000])
    func readsAnswersInPieces(size: Int) throws {
        var parser = SMTPReplyParser()
        var found: [SMTPReply] = []
        var rest = Array(Self.session.utf8)[...]
        while !rest.isEmpty {
            found += try parser.feed(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
        #expect(found == Self.replies)
        #expect(parser.isBetweenReplies)
    }

    @Test(arguments: ["250", "250 O", "250-a\r\n"])
    func knowsWhenSomethingIsLeft(text: String) throws {
        var parser = SMTPReplyParser()
        #expect(try parser.feed(Array(text.utf8)).isEmpty)
        #expect(!parser.isBetweenReplies)
    }

    @Test(arguments: ["hello\r\n", "25\r\n", "\r\n", "2500 x\r\n", "099 x\r\n", "650 x\r\n", "250-a\r\n220 b\r\n", "HTTP/1.1 400 Bad Request\r\n"])
    func whatIsNoAnswer(text: String) {
        var parser = SMTPReplyParser()
        #expect(throws: SMTPFailure.self) { try parser.feed(Array(text.utf8)) }
    }

    @Test func endlessAnswersAreCutOff() {
        var parser = SMTPReplyParser()
        #expect(throws: SMTPFailure.malformedReply("a line is too long")) { try parser.feed([UInt8](repeating: 50, count: 1 << 20)) }
        var other = SMTPReplyParser()
        #expect(throws: SMTPFailure.malformedReply("a reply has too many lines")) {
            try other.feed(Array(String(repeating: "250-a\r\n", count: 1000).utf8))
        }
    }

    @Test func theLogGetsNoControlCharacters() throws {
        var parser = SMTPReplyParser()
        #expect(try parser.feed(Array("550 a\u{1b}[31mb\u{0}c\r\n".utf8)).first?.text == "a [31mb c")
    }
}
