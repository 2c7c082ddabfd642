import Testing

@testable import Mail

@Suite("How mails leave the server")
struct MailSettingsTests {
    private static let from = "Sampan 小程序云 <noreply@example.com>"

    @Test(arguments: [
        ("smtp://mail.test", "mail.test", 25, MailSettings.Encryption.none), ("smtp://127.0.0.1:2525/", "127.0.0.1", 2525, .none),
        ("smtp://mail.test?starttls=required", "mail.test", 587, .startTLS), ("SMTPS://mail.test", "mail.test", 465, .tls),
        ("smtp://[::1]:26", "::1", 26, .none),
    ])
    func addresses(url: String, host: String, port: Int, encryption: MailSettings.Encryption) throws {
        let settings = try MailSettings(url: url, from: Self.from)
        #expect(settings.host == host)
        #expect(settings.port == port)
        #expect(settings.encryption == encryption)
        #expect(settings.credentials == nil)
        #expect(settings.from.name == "Sampan 小程序云")
        #expect(settings.from.address.text == "noreply@example.com")
    }

    @Test func whoSends() throws {
        let settings = try MailSettings(url: "smtps://noreply%40qq.com:p%40s%3As%2F%E5%AF%86@smtp.qq.com:465?ca=%2Fetc%2Fca.pem", from: "noreply@qq.com")
        #expect(settings.credentials?.user == "noreply@qq.com")
        #expect(settings.credentials?.password == "p@s:s/密")
        #expect(settings.certificateAuthority == "/etc/ca.pem")
        #expect(try settings.from == Mailbox(MailAddress("noreply@qq.com")))
        #expect("\(settings)".contains("密") == false, "the password is not shown")
    }

    @Test(arguments: [
        ("", "is not an address"), ("mail.test", "is not an address"), ("http://mail.test", "is not an address"), ("smtp://", "is not an address"),
        ("smtp://mail.test/path", "is not an address"), ("smtp://mail.test:0", "is not an address"), ("smtp://mail.test:99999", "is not an address"),
        ("smtp://mail.test?starttls=maybe", "only be"), ("smtp://mail.test?tls=1", "parameters"), ("smtp://mail.test?ca=", "parameters"),
        ("smtps://mail.test?starttls=required", "leave starttls out"), ("smtps://user@mail.test", "without a password"),
        ("smtps://:secret@mail.test", "without a password"),
        ("smtp://user:secret@mail.test", "in the clear"), ("smtps://a:b%00secret@mail.test", "is not an address"),
    ])
    func whatIsRefused(url: String, because: String) {
        #expect {
            try MailSettings(url: url, from: Self.from)
        } throws: {
            "\($0)".contains(because) && !"\($0)".contains("secret")
        }
    }

    @Test func aPasswordMayGoInTheClearWithinThisMachine() throws {
        for host in ["localhost", "127.0.0.1", "[::1]"] {
            #expect(try MailSettings(url: "smtp://user:secret@\(host)", from: Self.from).credentials != nil)
        }
    }

    @Test(arguments: ["", "Sampan", "Sampan <>", "Sampan <noreply>", "a@b.test\r\nBcc: c@d.test", "Sam\npan <a@b.test>"])
    func aSenderMustBeAnAddress(from: String) {
        #expect { try MailSettings(url: "smtp://mail.test", from: from) } throws: { "\($0)".contains("SAMPAN_MAIL_FROM") }
    }
}
