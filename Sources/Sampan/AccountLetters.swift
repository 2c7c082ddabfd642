internal import Kernel
internal import Mail
internal import Tenancy

/// The mails that accounts send: their words, and where their links lead.
struct AccountLetters: AccountMail {
    let mailer: Mailer
    let publicURL: @Sendable () -> String

    func requireConfigured() throws {
        guard mailer.isConfigured else { throw SampanError.mailNotConfigured }
    }

    func send(_ letter: AccountLetter, to email: String, _ language: Language) throws {
        let (subject, text) = words(of: letter)
        try mailer.send(MailMessage(to: Mailbox(MailAddress(email)), subject: subject[language], text: text[language]))
    }

    private func words(of letter: AccountLetter) -> (subject: Localized, text: Localized) {
        switch letter {
        case .passwordReset(let token):
            let link = "\(publicURL())/console/password?token=\(token)"
            return (
                Localized("Set a new password", zh: "设置新密码"),
                Localized(
                    """
                    Somebody, probably you, asked for a new password for Sampan.

                    Open this link within 30 minutes to set it:
                    \(link)

                    If it was not you, do nothing: your password stays as it is.
                    """,
                    zh: """
                        有人（应该是您）申请为 Sampan 设置新密码。

                        请在 30 分钟内打开以下链接进行设置：
                        \(link)

                        如果不是您本人操作，请忽略本邮件，您的密码不会改变。
                        """)
            )
        case .invitation(let token, let organization, let inviter):
            let link = "\(publicURL())/console/invitation?token=\(token)"
            // What others typed is one line of text here, whatever it contains.
            return (
                Localized("Invitation to \(organization)", zh: "邀请您加入 \(organization)"),
                Localized(
                    """
                    \(inviter) invites you to work on \(organization) in Sampan.

                    Open this link within 7 days:
                    \(link)
                    """,
                    zh: """
                        \(inviter) 邀请您在 Sampan 中参与 \(organization)。

                        请在 7 天内打开以下链接：
                        \(link)
                        """)
            )
        }
    }
}
