internal import Kernel

extension Catalogue {
    /// One's own account: name, password, second factor, sessions.
    static let account: [String: Localized] = [
        "account": Localized("Your account", zh: "个人账号"),
        "accountLead": Localized("Who you are here, and where you are signed in.", zh: "管理您的姓名、密码、两步验证与登录设备。"),
        "operatorWithKey": Localized("Operator's key", zh: "管理员密钥"),
        "noAccount": Localized("You have no account yet", zh: "您还没有个人账号"),
        "noAccountText": Localized(
            "You came with the operator's key or its one-time link, which belong to nobody. Invite your own email, open the link of the invitation, and sign in with email and password from then on: what you do then carries your name.",
            zh: "您当前使用管理员密钥或一次性链接登录，操作不归属于任何人。请邀请自己的邮箱，打开邀请链接设置密码，之后用邮箱和密码登录，操作会记录到您名下。"),
        "inviteYourself": Localized("Invite yourself", zh: "去邀请自己"),
        "aboutYou": Localized("About you", zh: "基本信息"),
        "emailHint": Localized("You sign in with it; it cannot be changed.", zh: "用于登录，不可更改。"),
        "oldPassword": Localized("Present password", zh: "当前密码"),
        "changePassword": Localized("Change the password", zh: "修改密码"),
        "passwordEndsSessions": Localized("All other sessions end.", zh: "修改后其他设备会退出登录。"),
        "secondFactor": Localized("Two-step sign-in", zh: "两步验证"),
        "secondFactorText": Localized(
            "Beside the password, signing in then takes a code from an app on your phone. Whoever finds out the password alone stays outside.",
            zh: "登录时除密码外，还需输入手机验证器应用中的验证码。即使密码泄露，他人也无法登录。"),
        "secondFactorOnText": Localized(
            "Signing in takes a code of your authenticator app, or one of your recovery codes. To use another phone, turn it off with your password and set it up again; the recovery codes change then.",
            zh: "登录时需要验证器应用中的验证码或恢复码。更换手机时，请先输入密码关闭，再重新设置，恢复码会随之更换。"),
        "setUp": Localized("Set it up", zh: "开始设置"),
        "stepApp": Localized("Have an authenticator app", zh: "准备验证器应用"),
        "stepAppText": Localized(
            "Any app for time-based codes will do: Microsoft or Google Authenticator, 1Password, or what your phone has built in.",
            zh: "任何支持动态验证码的应用均可，例如 Microsoft Authenticator、Google Authenticator、1Password，或手机自带的密码管理。"),
        "stepScan": Localized("Scan the picture", zh: "扫描二维码"),
        "stepScanText": Localized("On the same phone, or where no camera is, type the secret instead.", zh: "在同一部手机上操作或无法扫码时，可手动输入下方密钥。"),
        "stepCode": Localized("Type the code that the app shows", zh: "输入应用显示的验证码"),
        "stepCodeText": Localized("Six digits; new ones come every 30 seconds.", zh: "6 位数字，每 30 秒更新一次。"),
        "qrLabel": Localized("QR code for the authenticator app; the secret below says the same", zh: "供验证器应用扫描的二维码，与下方密钥内容相同"),
        "recoveryCodes": Localized("Recovery codes", zh: "恢复码"),
        "secondFactorIsOn": Localized("Two-step sign-in is on.", zh: "两步验证已开启。"),
        "recoveryCodesText": Localized(
            "Each of these lets you in once when the phone is lost. They are shown now and never again: print them, or put them into your password manager.",
            zh: "手机丢失时，每个恢复码可代替验证码登录一次。恢复码只在此刻显示，请打印或存入密码管理器。"),
        "copyAll": Localized("Copy all", zh: "全部复制"),
        "keptThem": Localized("I have kept them", zh: "我已保存"),
        "codeNeeded": Localized(
            "This account needs a code as well: type the password again, and the code of your authenticator app or a recovery code.",
            zh: "该账号已开启两步验证：请再次输入密码，并填写验证器应用中的验证码或恢复码。"),
        "sessions": Localized("Where you are signed in", zh: "登录设备"),
        "sessionsText": Localized(
            "A session ends 30 days after it was last used. If you do not know one of them, end it and change the password.",
            zh: "会话在最后一次使用 30 天后失效。如有不认识的设备，请结束该会话并修改密码。"),
        "thisSession": Localized("this one", zh: "当前设备"),
        "unknownClient": Localized("Unknown program", zh: "未知程序"),
        "signedInOn": Localized("signed in", zh: "登录于"),
        "endSession": Localized("End", zh: "结束"),
        "confirmEndSession": Localized("End this session? Whoever uses it is signed out at once.", zh: "确定结束该会话？使用者将立即退出登录。"),
        "endOthers": Localized("End all others", zh: "结束其他全部会话"),
        "confirmEndOthers": Localized("End all sessions but this one?", zh: "确定结束除当前设备外的全部会话？"),
    ]
}
