import Foundation
import Kernel
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import Mail

@Suite("Connections to a mail server", .timeLimit(.minutes(5)))
struct SMTPClientTests {
    private func client(_ server: ScriptedSMTPServer, _ parameters: String = "") throws -> SMTPClient {
        let settings = try MailSettings(url: "smtp://127.0.0.1:\(server.port)\(parameters)", from: "noreply@sampan.test")
        return try SMTPClient(settings, timeouts: SMTPTimeouts(connect: .seconds(5), reply: .seconds(1), content: .milliseconds(1500)))
    }

    private func failure(_ script: @escaping ScriptedSMTPServer.Script, parameters: String = "") async throws -> SMTPFailure? {
        try await ScriptedSMTPServer.run(script) { server in
            do {
                try await client(server, parameters).deliver(.sample())
                return nil
            } catch {
                return try #require(error as? SMTPFailure, "\(error)")
            }
        }
    }

    @Test func aMailArrivesAsItWasWritten() async throws {
        let mail = try ComposedMail.sample()
        try await ScriptedSMTPServer.run(ScriptedSMTPServer.willing) { server in
            try await client(server).deliver(mail)
            try #require(await eventually { server.lines.last == "QUIT" }, "the server hears the farewell")
            #expect(server.lines.count == 6)
            #expect(server.lines[4] + "\r\n" == String(decoding: mail.bytes, as: UTF8.self))
        }
    }

    /// A server that stops answering holds nobody up for ever, whichever step it is at.
    @Test(arguments: [("", SMTPStep.greeting), ("EHLO", .hello), ("MAIL", .sender), ("RCPT", .recipient), ("DATA", .data), ("content", .content)])
    func silenceEnds(at command: String, step: SMTPStep) async throws {
        let error = try await failure { $0.prefix(command.count) == command && (!command.isEmpty || $0.isEmpty) ? .silence : ScriptedSMTPServer.willing($0) }
        #expect(error == .timedOut(step))
        #expect(error?.isTemporary == true)
    }

    @Test func hangingUpIsForLater() async throws {
        let error = try await failure { $0.hasPrefix("RCPT") ? .hangUp : ScriptedSMTPServer.willing($0) }
        #expect(error == .disconnected(.recipient))
        #expect(error?.isTemporary == true)
    }

    @Test func aRefusalHasItsCodeAndAllItsLines() async throws {
        let error = try await failure { $0.hasPrefix("RCPT") ? .say("550-5.1.1 unknown\r\n550 really\r\n") : ScriptedSMTPServer.willing($0) }
        #expect(error == .refused(.recipient, SMTPReply(code: 550, lines: ["5.1.1 unknown", "really"])))
    }

    @Test func whoeverIsNotThereCannotBeReached() async throws {
        let port = try await ScriptedSMTPServer.run(ScriptedSMTPServer.willing) { $0.port }
        let client = try SMTPClient(MailSettings(url: "smtp://127.0.0.1:\(port)", from: "a@b.test"))
        await #expect {
            try await client.deliver(.sample())
        } throws: {
            guard case .unreachable? = $0 as? SMTPFailure else { return false }
            return true
        }
    }

    @Test func whatIsNoMailServerIsSaidSo() async throws {
        let error = try await failure { _ in .say("HTTP/1.1 400 Bad Request\r\n") }
        #expect(error?.isTemporary == false)
        #expect(error?.description.contains("not an SMTP server") == true)
    }

    /// Text that follows the consent to TLS in the clear would be taken for an answer over TLS.
    @Test(arguments: ["220 go\r\n250 injected\r\n", "220 go\r\n250-inj"])
    func nothingIsTakenFromBeforeTLS(answer: String) async throws {
        let error = try await failure(
            { line in
                switch line.prefix(8) {
                case "STARTTLS": .say(answer)
                case let other where other.hasPrefix("EHLO"): .say("250-test\r\n250 STARTTLS\r\n")
                default: ScriptedSMTPServer.willing(line)
                }
            }, parameters: "?starttls=required")
        guard case .malformedReply? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func aHandshakeThatFailsIsNoConnectionInTheClear() async throws {
        let error = try await failure(
            { line in
                switch line.prefix(8) {
                case "STARTTLS": .say("220 go\r\n")
                case let other where other.hasPrefix("EHLO"): .say("250-test\r\n250 STARTTLS\r\n")
                case "": ScriptedSMTPServer.willing(line)
                default: .say("250 this is not TLS\r\n")
                }
            }, parameters: "?starttls=required")
        switch error {
        case .insecure, .timedOut(.handshake): break
        default: Issue.record("\(String(describing: error))")
        }
    }

    @Test func whoeverNoLongerWaitsHangsUp() async throws {
        try await ScriptedSMTPServer.run({ $0.hasPrefix("MAIL") ? .silence : ScriptedSMTPServer.willing($0) }) { server in
            let settings = try MailSettings(url: "smtp://127.0.0.1:\(server.port)", from: "noreply@sampan.test")
            let client = try SMTPClient(settings)
            let mail = try ComposedMail.sample()
            let sending = Task { try await client.deliver(mail) }
            try #require(await eventually { server.lines.count == 2 }, "the sender is named")
            sending.cancel()
            await #expect(throws: CancellationError.self) { try await sending.value }
        }
    }
}

/// Against aiosmtpd, which knows SMTP, TLS and passwords from somebody else.
@Suite(
    "A real mail server", .enabled(if: CatchingMailServer.isInstalled, "aiosmtpd is not installed: scripts/setup.sh test"), .timeLimit(.minutes(5)))
struct RealMailServerTests {
    @Test(arguments: [["none"], ["starttls"], ["starttls", "LOGIN"], ["tls"], ["tls", "LOGIN"]])
    func takesAMail(arguments: [String]) async throws {
        let received = try await CatchingMailServer.run(arguments) { server in
            let message = try MailMessage(
                to: Mailbox(MailAddress("xiaoming@example.com"), name: "李小明"), subject: "重置您的 Sampan 密码:请在三十分钟之内打开邮件里的链接",
                text: ".\n点此重置:\nhttps://example.com/reset?token=abc\n", html: "<p>点此<a href=\"https://example.com/reset?token=abc\">重置</a></p>")
            try await SMTPClient(server.settings).deliver(ComposedMail(message, from: server.settings.from, at: WallClock.system.now(), id: "m1"))
            return try await server.next()
        }
        #expect(received["sender"]?.stringValue == "noreply@sampan.test")
        #expect(received["recipients"] == ["xiaoming@example.com"])
        #expect(received["text"]?.stringValue == ".\n点此重置:\nhttps://example.com/reset?token=abc\n")
        #expect(received["html"]?.stringValue?.contains("<a href=\"https://example.com/reset?token=abc\">重置</a>") == true)
        let headers = try #require(received["headers"]?.objectValue)
        #expect(headers["Subject"]?.stringValue == "重置您的 Sampan 密码:请在三十分钟之内打开邮件里的链接")
        #expect(headers["To"]?.stringValue == "李小明 <xiaoming@example.com>")
        #expect(headers["From"]?.stringValue == "Sampan <noreply@sampan.test>")
        #expect(headers["Message-ID"]?.stringValue == "<m1@sampan.test>")
    }

    @Test(arguments: ["starttls", "tls"])
    func aWrongPasswordIsRefused(encryption: String) async throws {
        try await CatchingMailServer.run([encryption]) { server in
            let settings = try MailSettings(url: server.url.replacing("p%40ss", with: "wrong"), from: "noreply@sampan.test")
            await #expect {
                try await SMTPClient(settings).deliver(.sample())
            } throws: {
                guard case .refused(.authentication, let reply)? = $0 as? SMTPFailure else { return false }
                return reply.code == 535
            }
        }
    }

    /// A certificate that nobody vouches for: neither the password nor the mail is sent.
    @Test(arguments: ["starttls", "tls"])
    func aStrangersCertificateIsRefused(encryption: String) async throws {
        try await CatchingMailServer.run([encryption]) { server in
            let strange = server.url.replacing(/[?&]ca=.*/, with: "")
            await #expect {
                try await SMTPClient(MailSettings(url: strange, from: "noreply@sampan.test")).deliver(.sample())
            } throws: {
                guard case .insecure? = $0 as? SMTPFailure else { return false }
                return true
            }
        }
    }

    @Test func certificatesThatAreNotThereAreSaidAtStart() throws {
        let settings = try MailSettings(url: "smtps://mail.test?ca=/nonexistent.pem", from: "a@b.test")
        #expect(throws: (any Error).self) { try Mailer(settings: settings, logger: KeptLog().logger) }
    }
}
