internal import Foundation
internal import HTTPSupport
internal import HTTPTypes
internal import Hummingbird
internal import Kernel
internal import Tenancy

/// One request to the console: who comes, and in which language.
struct Visit: Sendable {
    static let sessionCookie = "sampan_session"
    static let languageCookie = "lang"
    static let themeCookie = "theme"

    let request: Request
    let context: SampanRequestContext
    let language: Language
    let theme: Theme
    /// The token of the visitor's session; `nil` for who has not signed in.
    let session: String?

    init(_ request: Request, _ context: SampanRequestContext) {
        self.request = request
        self.context = context
        language = Self.language(of: request)
        theme = request.cookies[Self.themeCookie].flatMap { Theme(rawValue: $0.value) } ?? .auto
        session = context.principal?.session == nil ? nil : request.cookies[Self.sessionCookie]?.value
    }

    /// Whether the visitor may do something with what the path names; `nil` is what everybody may who has signed in.
    func may(_ permission: Permission?) -> Bool { permission.map(context.may) ?? true }

    /// What every form of this session carries; another site cannot know it.
    ///
    /// It is made from the session's secret, so that it is the same on every page and after a restart, and is kept nowhere.
    var formToken: String? { session.map { "console form \($0)".sha256Hex } }

    /// The environment in the path, `nil` where there is none.
    var environmentInPath: EnvironmentID? { context.parameters.get("env").flatMap { EnvironmentID($0) } }

    /// The environment in the path.
    ///
    /// Whether it exists is Tenancy's to say.
    func environment() throws -> EnvironmentID {
        let name = try context.parameters.require("env")
        guard let environment = EnvironmentID(name) else { throw SampanError.nothingHere }
        return environment
    }

    /// The organization in the path, which the visitor has a role in.
    func organization() throws -> OrganizationID {
        guard let organization = context.authority?.organization else { throw SampanError.nothingHere }
        return organization
    }

    /// Whose account this is; `nil` for who came by the operator's key or link.
    var account: AccountID? { if case .account(let id)? = context.principal?.kind { id } else { nil } }

    /// A name in the path.
    func name(_ parameter: String = "name") throws -> String { try context.parameters.require(parameter) }

    /// A parameter of the address; `nil` when absent or empty.
    func query(_ name: String) -> String? { request.queryText(name) }

    /// The page of a list that the address asks for.
    var listPage: Int { query("page").flatMap { Int($0) }.map { min(max(1, $0), 1_000_000) } ?? 1 }

    /// The address without its parameters.
    var path: String { request.uri.path }

    /// The path and query, to come back to.
    var here: String { request.uri.path + (request.uri.query.map { "?\($0)" } ?? "") }

    /// Whether the visitor's side of the connection is encrypted, as far as a proxy tells.
    var isSecure: Bool { request.headers[.forwardedProtocol] == "https" }

    /// Whether a script asks, for a part of the page.
    var isPartial: Bool { request.headers[.partial] == "true" }

    /// The part of the page that a script asks for, by its id; `nil` for the whole page.
    var part: String? { request.headers[.partialTarget] }

    /// Where the visitor reaches this server.
    var origin: String { "\(isSecure ? "https" : "http")://\(request.head.authority ?? "127.0.0.1")" }

    /// What was chosen by the switch, then what the browser asks for, then Chinese.
    private static func language(of request: Request) -> Language {
        switch request.cookies[languageCookie]?.value {
        case "zh-CN": return .zh
        case "en": return .en
        default: break
        }
        guard let asked = request.headers[.acceptLanguage]?.lowercased(), asked.contains("en") || asked.contains("zh") else { return .zh }
        return Language(acceptLanguage: asked)
    }
}

extension Language {
    /// As HTML and the language cookie write it.
    var tag: String { self == .zh ? "zh-CN" : "en" }
}

/// Light or dark, or what the visitor's system says.
enum Theme: String, CaseIterable {
    case auto, light, dark
}

extension HTTPField.Name {
    static let partial = HTTPField.Name("hx-request").unsafelyUnwrapped
    static let partialTarget = HTTPField.Name("hx-target").unsafelyUnwrapped
    static let formToken = HTTPField.Name("x-form-token").unsafelyUnwrapped
    static let forwardedProtocol = HTTPField.Name("x-forwarded-proto").unsafelyUnwrapped
    static let fetchSite = HTTPField.Name("sec-fetch-site").unsafelyUnwrapped
    static let referrerPolicy = HTTPField.Name("referrer-policy").unsafelyUnwrapped
}

extension SampanError {
    static let nothingHere = notFound(
        "PAGE_NOT_FOUND", Localized("There is no page at this address.", zh: "该地址没有页面。"),
        remedy: Localized("Go back to the environments and follow the links.", zh: "请返回环境列表，从链接进入。"))

    static let pageForbidden = forbidden(
        Localized("Your role does not include this page.", zh: "您的角色不包含此页面。"),
        remedy: Localized("Ask somebody who manages the members for another role.", zh: "请联系成员管理者调整角色。"))

    static let formOutdated = forbidden(
        "FORM_OUTDATED", Localized("The form does not belong to this session, so nothing was changed.", zh: "表单不属于当前会话，未做任何更改。"),
        remedy: Localized(
            "It was opened before you signed in, or sent by another site. Go back, reload the page and send it again.",
            zh: "表单可能在登录前打开，或由其他站点发送。请返回并刷新页面后重新提交。"))
}
