public import Kernel

/// What is written to one person.
public struct MailMessage: Sendable {
    private static let subjectBytesMax = 500
    private static let bodyBytesMax = 256 << 10

    /// Whom it goes to.
    public let recipient: Mailbox
    /// Its subject.
    public let subject: String
    /// The text, for readers that show no pages.
    public let text: String
    /// The same as a page.
    public let html: String?

    /// Puts a mail together; throws `MAIL_INVALID` when the subject holds line breaks or something is too long.
    public init(to recipient: Mailbox, subject: String, text: String, html: String? = nil) throws {
        try HeaderText.check(subject, bytesMax: Self.subjectBytesMax)
        guard text.utf8.count + (html?.utf8.count ?? 0) <= Self.bodyBytesMax else {
            throw SampanError.invalidMail(Localized("A mail's text is too long.", zh: "邮件正文过长。"))
        }
        self.recipient = recipient
        self.subject = subject
        self.text = text
        self.html = html
    }
}

extension SampanError {
    static func invalidMail(_ detail: Localized) -> SampanError {
        badRequest(
            "MAIL_INVALID", detail,
            remedy: Localized("Shorten it, and leave line breaks and control characters out of names and subjects.", zh: "请缩短内容,并去掉名称和主题中的换行与控制字符。"))
    }

    /// 501: the server was not told how to send mails.
    public static let mailNotConfigured = SampanError(
        "MAIL_NOT_CONFIGURED", status: 501,
        Localized("This server cannot send e-mail.", zh: "本服务器尚未配置邮件发送。"),
        remedy: Localized("Set SAMPAN_SMTP_URL and SAMPAN_MAIL_FROM and start the server again.", zh: "请设置 SAMPAN_SMTP_URL 和 SAMPAN_MAIL_FROM 后重新启动服务器。"))

    static let mailBusy = SampanError(
        "MAIL_BUSY", status: 503,
        Localized("Too many mails are waiting to be sent.", zh: "等待发送的邮件太多。"),
        remedy: Localized("Try again in a few minutes.", zh: "请几分钟后重试。"), retryAfter: 60)
}
