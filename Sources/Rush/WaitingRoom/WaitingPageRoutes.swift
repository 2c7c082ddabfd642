public import Foundation
public import HTTPSupport
internal import HTTPTypes
public import Hummingbird
internal import Kernel
internal import Synchronization

/// The page for browsers: `/waiting/{env}?to=PATH`.
public struct WaitingPageRoutes: Sendable {
    private let rooms: WaitingRooms
    private let style: Data
    private let script: Data
    private let version: String

    /// Makes the routes.
    /// - Parameter folder: that of the page's style and script.
    public init(_ rooms: WaitingRooms, folder: URL) throws {
        self.rooms = rooms
        style = try Data(contentsOf: folder.appendingPathComponent("page.css"))
        script = try Data(contentsOf: folder.appendingPathComponent("page.js"))
        version = String(BitFilter.hash(String(decoding: style + script, as: UTF8.self)), radix: 16)
    }

    /// Adds them to `router`.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        router.get("/waiting/:env", use: page)
        router.get("/waiting/assets/page.css") { _, _ in asset(style, "text/css; charset=utf-8") }
        router.get("/waiting/assets/page.js") { _, _ in asset(script, "text/javascript; charset=utf-8") }
    }

    private func asset(_ bytes: Data, _ type: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: type, .cacheControl: "public, max-age=86400", .xContentTypeOptions: "nosniff"],
            body: .init(byteBuffer: .init(bytes: bytes)))
    }

    private func page(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let name = try context.parameters.require("env")
        guard let environment = EnvironmentID(name) else { throw SampanError.noEnvironment(name) }
        let to = Self.checked(request.queryText("to"), environment)
        let cookies = request.headers[.cookie]
        let seen = WaitingRooms.cookie(cookies, WaitingRooms.ticketCookie(environment)).flatMap(rooms.seal.ticket)
        // A browser is nobody in particular: it is known by an id of its own, which only its cookie has.
        let user = seen.flatMap { $0.environment == environment && $0.user.hasPrefix("h:") ? $0.user : nil } ?? "h:" + RandomText.make(22)
        let guest = WaitingRooms.Guest(
            environment: environment, user: user, ticket: WaitingRooms.cookie(cookies, WaitingRooms.ticketCookie(environment)),
            clientIP: context.clientIP, userAgent: request.headers[.userAgent] ?? "")
        switch try await rooms.welcome(guest) {
        case .free: return Self.goOn(to)
        case .come(let pass): return Self.goOn(to, cookie: rooms.passField(pass))
        case .wait(let ticket): return waiting(ticket, context.language)
        }
    }

    private static func goOn(_ to: String, cookie: String? = nil) -> Response {
        var response = Response(status: .seeOther, headers: [.location: to, .cacheControl: "no-store"])
        if let cookie { response.headers[.setCookie] = cookie }
        return response
    }

    /// Only to the environment's own pages, or links to this page would lead anywhere.
    static func checked(_ to: String?, _ environment: EnvironmentID) -> String {
        let home = "/samples/retail/?env=\(environment)"
        guard let to, to.utf8.count <= 2000, to.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "\\") }), !to.contains("/../"), !to.contains("//")
        else { return home }
        return to.hasPrefix("/http/\(environment)/") || to == "/http/\(environment)" || to.hasPrefix("/samples/") ? to : home
    }

    private func waiting(_ ticket: WaitingSeal.Ticket, _ language: Language) -> Response {
        let (ahead, seconds) = rooms.outlook(ticket)
        let (phase, message) = rooms.said(ticket.environment)
        let pause = rooms.pause(seconds: seconds.most)
        let html = WaitingPage.html(
            .init(
                environment: ticket.environment, ticket: ticket, phase: phase, ahead: ahead, seconds: seconds, pause: pause, message: message[language],
                language: language, version: version))
        let field =
            "\(WaitingRooms.ticketCookie(ticket.environment))=\(rooms.seal.sign(ticket)); Path=/waiting/\(ticket.environment); Max-Age=86400; HttpOnly; SameSite=Lax"
        // With 503 some super-apps show a page of their own instead.
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/html; charset=utf-8", .contentSecurityPolicy: WaitingPage.policy, .cacheControl: "no-store", .setCookie: field,
                .xContentTypeOptions: "nosniff",
            ], body: .init(byteBuffer: .init(string: html)))
    }
}

extension WaitingRooms {
    /// In which phase a room is, and what the shop says to those who wait.
    func said(_ environment: EnvironmentID) -> (WaitingRoom.Phase, Localized) {
        rooms.withLock { $0[environment].map { ($0.value.phase, $0.value.settings.message) } } ?? (.closed, Localized("", zh: ""))
    }
}
