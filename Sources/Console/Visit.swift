internal import HTTPSupport
internal import HTTPTypes
internal import Hummingbird
internal import Kernel

/// One request to the console: who comes, and in which language.
struct Visit: Sendable {
    static let sessionCookie = "sampan_session"
    static let languageCookie = "lang"

    let request: Request
    let context: SampanRequestContext
    let language: Language
    /// The token of the operator's session; `nil` for who has not signed in.
    let session: String?

    init(_ request: Request, _ context: SampanRequestContext) {
        self.request = request
        self.context = context
        language = Self.language(of: request)
        session = context.principal == .operator ? request.cookies[Self.sessionCookie]?.value : nil
    }

    /// The environment in the path.
    ///
    /// Whether it exists is Tenancy's to say.
    func environment() throws -> EnvironmentID {
        let name = try context.parameters.require("env")
        guard let environment = EnvironmentID(name) else { throw SampanError.nothingHere }
        return environment
    }

    /// A name in the path.
    func name(_ parameter: String = "name") throws -> String { try context.parameters.require(parameter) }

    /// The path and query, to come back to.
    var here: String { request.uri.path + (request.uri.query.map { "?\($0)" } ?? "") }

    /// Whether the visitor's side of the connection is encrypted, as far as a proxy tells.
    var isSecure: Bool { request.headers[.forwardedProtocol] == "https" }

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

extension HTTPField.Name {
    static let forwardedProtocol = HTTPField.Name("x-forwarded-proto").unsafelyUnwrapped
    static let fetchSite = HTTPField.Name("sec-fetch-site").unsafelyUnwrapped
    static let referrerPolicy = HTTPField.Name("referrer-policy").unsafelyUnwrapped
}

extension SampanError {
    static let nothingHere = notFound(
        "PAGE_NOT_FOUND", Localized("There is no page at this address.", zh: "该地址没有页面。"),
        remedy: Localized("Go back to the environments and follow the links.", zh: "请返回环境列表，从链接进入。"))
}

/// The fields of a submitted form.
struct Form: Sendable {
    private static let bytesMax = 64 << 10
    private let fields: [String: String]

    init(_ request: Request) async throws {
        let body = String(buffer: try await request.bytes(upTo: Self.bytesMax))
        do {
            fields = body.isEmpty ? [:] : try URLEncodedFormDecoder().decode([String: String].self, from: body)
        } catch {
            throw SampanError.badRequest(
                "MALFORMED_FORM", Localized("The form cannot be read.", zh: "无法读取表单。"),
                remedy: Localized("Reload the page and send it again.", zh: "请刷新页面后重新提交。"))
        }
    }

    /// A field; empty when it was not sent.
    subscript(name: String) -> String { fields[name] ?? "" }
}
