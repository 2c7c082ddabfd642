internal import HTTPSupport
internal import HTTPTypes
internal import Hummingbird
internal import Kernel

/// The fields of a submitted form.
struct Form: Sendable {
    /// The field that every form of a session carries.
    static let tokenField = "form-token"
    /// The field that says that a question was answered.
    static let confirmedField = "confirmed"
    /// The field with the tag of what the form's page showed.
    private static let tagField = "tag"
    /// A document may be edited up to this size; larger ones are imported.
    private static let bytesMax = 8 << 20

    /// As they were sent.
    let fields: [String: String]
    private let sentToken: String?

    /// The fields of a form that brings a file, which has not come yet.
    init(fields: [String: String]) {
        self.fields = fields
        sentToken = nil
    }

    init(_ request: Request) async throws {
        sentToken = request.headers[.formToken]
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

    /// A field with something in it.
    func text(_ name: String) -> String? { fields[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// What has to be still true for the form to change something: what its page showed.
    var precondition: Precondition { Precondition(text(Self.tagField)) }

    /// Whether the form answers its question.
    var isConfirmed: Bool { self[Self.confirmedField] == "yes" }

    /// Throws unless the form was made by a page of this session.
    func requireToken(of visit: Visit) throws {
        guard let token = visit.formToken else { return }
        guard (sentToken ?? self[Self.tokenField]) == token else { throw SampanError.formOutdated }
    }
}
