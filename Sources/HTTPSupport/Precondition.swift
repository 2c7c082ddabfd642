internal import Crypto
public import HTTPTypes
public import Hummingbird
public import Kernel

/// What has to be still true before a request changes something: `If-Match` (RFC 9110 §13.1.1).
///
/// Whoever read a thing sends back the `ETag` that it came with; when somebody else has changed it since, nothing is changed and the answer
/// is 412, so that nobody overwrites what they have not seen.
public struct Precondition: Sendable {
    /// Nothing has to be true.
    public static let none = Precondition(nil)

    private let header: String?

    /// What a header says, or a form that carries the same.
    public init(_ ifMatch: String?) { header = ifMatch }

    /// What a request says.
    public init(_ request: Request) { self.init(request.headers[.ifMatch]) }

    /// Throws 412 `CHANGED_MEANWHILE` unless this is the state that was read.
    ///
    /// Call it where no other change can come between. The tag is only made when something is asked of it.
    public func require(_ state: @autoclosure () throws -> EntityTag) throws {
        guard let header, header.trimmingSpaces != "*" else { return }
        let tag = try state()
        guard !header.split(separator: ",").contains(where: { $0.trimmingSpaces == tag.text }) else { return }
        throw SampanError(
            "CHANGED_MEANWHILE", status: 412, Localized("It was changed after you had read it.", zh: "读取之后内容已被他人修改。"),
            remedy: Localized("Read it again, then repeat your change.", zh: "请重新读取后再修改。"))
    }
}

/// The `ETag` of a state: equal states have equal tags, after a restart too.
public struct EntityTag: Sendable, Hashable {
    /// As the header has it, with quotation marks.
    public let text: String

    /// The tag of a thing as it is shown.
    /// - Parameter hidden: what belongs to the state and is not shown, as something from which it cannot be guessed.
    public init(of shown: JSON, hidden: String = "") {
        var hash = SHA256()
        hash.update(data: shown.serialized())
        hash.update(data: Array(hidden.utf8))
        text = "\"" + hash.finalize().prefix(12).hex + "\""
    }
}

extension Response {
    /// An answer whose body is `value`, with its tag for a later `If-Match`.
    /// - Parameter tag: of the state, where `value` does not show all of it.
    public static func tagged(_ value: JSON, _ tag: EntityTag? = nil, status: HTTPResponse.Status = .ok) -> Response {
        var response = Response.json(value, status: status)
        response.headers[.eTag] = (tag ?? EntityTag(of: value)).text
        return response
    }
}

extension StringProtocol {
    fileprivate var trimmingSpaces: SubSequence {
        var rest = self[...]
        while rest.first == " " || rest.first == "\t" { rest.removeFirst() }
        while rest.last == " " || rest.last == "\t" { rest.removeLast() }
        return rest
    }
}
