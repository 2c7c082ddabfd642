internal import Foundation
internal import HTTPSupport
internal import HTTPTypes
internal import Hummingbird
internal import Kernel
internal import Logging
internal import NIOCore

/// What every page stands in: who may see it, how it is drawn, and what is shown when it fails.
struct ConsoleFrame: Sendable {
    typealias Handler = @Sendable (Request, SampanRequestContext) async throws -> Response

    let templates = ConsoleTemplates()
    let flashes = FlashMessages()
    let logger: Logger

    /// A page for who has signed in.
    func page(_ make: @escaping @Sendable (Visit) async throws -> Page) -> Handler {
        { request, context in
            let visit = Visit(request, context)
            guard visit.session != nil else { return Self.toSignIn(visit) }
            do {
                return draw(try await make(visit), visit)
            } catch {
                return failure(error, visit)
            }
        }
    }

    /// Something that a form does.
    ///
    /// It ends with a redirect, also when it fails: to `back`, where the reason is shown.
    func action(
        back: @escaping @Sendable (Visit) throws -> String,
        _ perform: @escaping @Sendable (Visit, Form) async throws -> (path: String, flash: Flash?)
    ) -> Handler {
        { request, context in
            let visit = Visit(request, context)
            guard let session = visit.session else { return Self.toSignIn(visit) }
            do {
                let (path, flash) = try await perform(visit, Form(request))
                if let flash { flashes.leave(flash, for: session) }
                return Self.redirect(path)
            } catch {
                let known = reported(error, visit)
                guard let path = try? back(visit) else { return failure(known, visit) }
                flashes.leave(Flash(known, requestID: context.requestID), for: session)
                return Self.redirect(path)
            }
        }
    }

    /// A page that needs nobody's sign-in.
    func draw(_ page: Page, _ visit: Visit) -> Response {
        let html = templates.render(page, flash: visit.session.flatMap(flashes.take), visit)
        var headers = Self.headers
        headers[.contentLanguage] = visit.language.tag
        return Response(status: page.status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: html)))
    }

    /// The page about an error.
    func failure(_ error: any Error, _ visit: Visit) -> Response {
        let known = reported(error, visit)
        let language = visit.language
        let model: JSONObject = [
            "errorCode": .string(known.code), "errorText": .string(known.detail[language]), "errorRemedy": .string(known.remedy[language]),
            "errorRequest": .string(visit.context.requestID),
        ]
        return draw(
            Page(template: "error", title: known.detail[language], model: model, status: .init(code: known.status)), visit)
    }

    static func redirect(_ path: String) -> Response { Response(status: .seeOther, headers: [.location: path, .cacheControl: "no-store"]) }

    /// What readers are told; what is our own fault goes to the server's log under the request's id.
    private func reported(_ error: any Error, _ visit: Visit) -> SampanError {
        let known = SampanError(reporting: error)
        if known.code == SampanError.internalError.code, !(error is SampanError) {
            logger.error(
                "console request failed",
                metadata: [
                    "requestId": "\(visit.context.requestID)", "path": "\(visit.request.uri.path)", "error": "\(String(reflecting: error))",
                ])
        }
        return known
    }

    private static func toSignIn(_ visit: Visit) -> Response {
        let wanted = visit.request.method == .get && visit.here != "/console" ? visit.here : nil
        let query = wanted?.addingPercentEncoding(withAllowedCharacters: .alphanumerics).map { "?next=\($0)" } ?? ""
        return redirect("/console/sign-in\(query)")
    }

    /// Scripts and styles come from our own files only; no other site may frame a page or learn where its reader was.
    private static let headers: HTTPFields = [
        .contentType: "text/html; charset=utf-8", .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
        .contentSecurityPolicy: "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'",
        .referrerPolicy: "same-origin",
    ]
}
