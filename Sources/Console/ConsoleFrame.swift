internal import Foundation
internal import HTTPSupport
internal import HTTPTypes
internal import Hummingbird
internal import Kernel
internal import Logging
internal import LoopTasks
internal import NIOCore
internal import Tenancy

/// What every page stands in: who may see it, how it is drawn, and what is shown when it fails.
struct ConsoleFrame: Sendable {
    typealias Handler = @Sendable (Request, SampanRequestContext) async throws -> Response

    let templates: ConsoleTemplates
    let navigation: ConsoleNavigation
    let flashes = FlashMessages()
    let logger: Logger

    /// Answers one of a section's addresses, for who has signed in and may.
    ///
    /// Pages are made beside the event loops, so that nobody's mini program waits for them.
    func handler(_ page: ConsolePage, in section: ConsoleSection) -> Handler {
        { request, context in
            let visit = Visit(request, context)
            return await withTaskExecutorPreference(BackgroundTaskExecutor.shared) { await answer(page, in: section, visit) }
        }
    }

    private func answer(_ page: ConsolePage, in section: ConsoleSection, _ visit: Visit) async -> Response {
        guard let session = visit.session else { return Self.toSignIn(visit) }
        do {
            guard visit.may(page.permission) else { throw navigation.tenancy.suspension(visit.context) ?? .pageForbidden }
            switch page.work {
            case .show(let make): return draw(try await make(visit), visit, in: section)
            case .answer(let make): return try await make(visit)
            case .receive(let back, let perform):
                return try await act(visit, session, section, back: back) { try await perform(visit, FileForm(visit)) }
            case .act(let question, let back, let perform):
                let form = try await Form(visit.request)
                try form.requireToken(of: visit)
                if let question, !form.isConfirmed { return draw(try self.question(question, form, visit, back: back(visit)), visit, in: section) }
                return try await act(visit, session, section, back: back) { try await perform(visit, form) }
            }
        } catch {
            return failure(error, visit)
        }
    }

    /// Draws a page, also one that needs nobody's sign-in.
    func draw(_ page: Page, _ visit: Visit, in section: ConsoleSection? = nil) -> Response {
        let surroundings = navigation.model(visit, page, in: section)
        // Who looks at a part of a page only would not see what is said on top of it: that waits for the whole page.
        let html = templates.render(page, surroundings, flash: visit.isPartial ? nil : visit.session.flatMap(flashes.take), visit)
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

    /// Work that fails ends on `back`, where the reason is shown.
    private func act(
        _ visit: Visit, _ session: String, _ section: ConsoleSection, back: @Sendable (Visit) throws -> String,
        _ perform: () async throws -> Outcome
    ) async throws -> Response {
        do {
            switch try await perform() {
            case .draw(let page): return draw(page, visit, in: section)
            case .go(let path, let flash):
                if let flash { flashes.leave(flash, for: session) }
                return Self.redirect(path)
            }
        } catch {
            let known = reported(error, visit)
            // What another site sends gets an answer of its own and says nothing on the visitor's next page.
            guard known.code != SampanError.formOutdated.code, let path = try? back(visit) else { return failure(known, visit) }
            flashes.leave(Flash(known, requestID: visit.context.requestID), for: session)
            return Self.redirect(path)
        }
    }

    /// The question before what cannot be undone, as a page: with a script it is a dialog on the page before.
    private func question(_ phrase: String, _ form: Form, _ visit: Visit, back: String) -> Page {
        let fields = form.fields.filter { $0.key != Form.tokenField && $0.key != Form.confirmedField }.sorted { $0.key < $1.key }
        let question = Catalogue.phrase(phrase, visit.language)
        return Page(
            template: "question", title: question,
            model: [
                "question": .string(question), "target": .string(visit.path), "back": .string(back),
                "fields": .array(fields.map { ["fieldName": .string($0.key), "fieldValue": .string($0.value)] }),
            ])
    }

    /// What readers are told; what is our own fault goes to the server's log under the request's id.
    private func reported(_ error: any Error, _ visit: Visit) -> SampanError {
        let known = SampanError(reporting: error)
        if known.code == SampanError.internalError.code, !(error is SampanError) {
            logger.error(
                "console request failed",
                metadata: [
                    "requestId": "\(visit.context.requestID)", "path": "\(visit.path)", "error": "\(String(reflecting: error))",
                ])
        }
        return known
    }

    private static func toSignIn(_ visit: Visit) -> Response {
        let wanted = visit.request.method == .get && visit.here != "/console" ? visit.here : nil
        let query = wanted.map { "?next=\(Address.escaped($0))" } ?? ""
        return redirect("/console/sign-in\(query)")
    }

    /// Scripts and styles come from our own files only; no other site may frame a page or learn where its reader was.
    private static let headers: HTTPFields = [
        .contentType: "text/html; charset=utf-8", .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
        .contentSecurityPolicy: "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'",
        .referrerPolicy: "same-origin",
    ]
}
