internal import Kernel
internal import Synchronization
internal import Tenancy

/// What a page says once about what was just done.
struct Flash: Sendable {
    var text: Localized
    var isGood = true
    /// What to do, when it failed.
    var remedy: Localized?
    /// The code and the request, when it failed.
    var code: String?
    var requestID: String?
    /// Shown this once and never again.
    var secret: String?
    /// The phrase that says what the secret is.
    var secretTitle = "secret"
    /// The public part that belongs to the secret.
    var secretID: String?
    /// Where to look next.
    var link: (path: String, text: Localized)?

    init(_ text: Localized) { self.text = text }

    init(_ error: SampanError, requestID: String) {
        text = error.detail
        isGood = false
        remedy = error.remedy
        code = error.code
        self.requestID = requestID
    }

    func model(_ language: Language) -> JSON {
        var model: JSONObject = ["text": .string(text[language]), "isGood": .bool(isGood)]
        // A secret has to be copied and a failure has to be read: neither may leave by itself.
        model["isToast"] = .bool(isGood && secret == nil)
        if let remedy { model["remedy"] = .string(remedy[language]) }
        if let code { model["code"] = .string(code) }
        if let requestID { model["request"] = .string(requestID) }
        if let secret {
            model["secret"] = .string(secret)
            model["secretLabel"] = .string(Catalogue.phrase(secretTitle, language))
        }
        if let secretID { model["secretID"] = .string(secretID) }
        if let link { model["link"] = ["path": .string(link.path), "label": .string(link.text[language])] }
        return .object(model)
    }
}

/// Messages between a form and the page after it.
///
/// They are kept in memory, by session, because some hold a secret that must reach neither an address nor a cookie.
final class FlashMessages: Sendable {
    private static let sessionsMax = 1000
    private let waiting = Mutex<[String: Flash]>([:])

    func leave(_ flash: Flash, for session: String) {
        waiting.withLock { waiting in
            if waiting.count >= Self.sessionsMax { waiting.removeAll() }
            waiting[session.sha256Hex] = flash
        }
    }

    func take(for session: String) -> Flash? { waiting.withLock { $0.removeValue(forKey: session.sha256Hex) } }
}
