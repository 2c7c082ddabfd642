public import Kernel
internal import NIOCore

/// The answer to whoever cannot be served now, made ahead: under ten times the load nine of ten answers are this one.
struct BusyAnswer: Sendable {
    private static let place = "{id}"
    private static let english = BusyAnswer(.en)
    private static let chinese = BusyAnswer(.zh)

    /// Up to the length of the body; for a page of another origin as well.
    private let head: [UInt8]
    private let openHead: [UInt8]
    /// The body before and behind the request's id.
    private let body: [UInt8]
    private let rest: [UInt8]

    private init(_ language: Language) {
        let error = SampanError.overloaded
        let problem = JSON.object(error.problem(requestID: Self.place, language: language)).text
        let place = problem.firstRange(of: Self.place) ?? problem.endIndex..<problem.endIndex
        body = Array(problem[..<place.lowerBound].utf8)
        rest = Array(problem[place.upperBound...].utf8)
        let head = """
            HTTP/1.1 \(error.status) Service Unavailable\r\nContent-Type: application/problem+json; charset=utf-8\r\nCache-Control: no-store\r\n\
            Retry-After: \(error.retryAfter ?? 1)\r\n
            """
        self.head = Array(head.utf8)
        openHead = Array((head + CrossOrigin.openFields).utf8)
    }

    /// How it goes over the wire.
    /// - Parameters:
    ///   - requestID: what the client called its request; it is repeated where it is well-formed.
    ///   - isOpen: whether a page of another origin may read it.
    static func bytes(requestID: String?, language: Language, isOpen: Bool, hasBody: Bool, closes: Bool) -> ByteBuffer {
        let answer = language == .zh ? chinese : english
        let id = requestID.flatMap { RequestID.accepted($0) ? $0 : nil } ?? RequestID.make()
        var bytes = ByteBuffer()
        bytes.reserveCapacity(answer.openHead.count + answer.body.count + answer.rest.count + 256)
        bytes.writeBytes(isOpen ? answer.openHead : answer.head)
        bytes.writeString("Content-Length: \(answer.body.count + id.utf8.count + answer.rest.count)\r\nx-request-id: ")
        bytes.writeString(id)
        bytes.writeStaticString(closes ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n")
        guard hasBody else { return bytes }
        bytes.writeBytes(answer.body)
        bytes.writeString(id)
        bytes.writeBytes(answer.rest)
        return bytes
    }
}

extension SampanError {
    /// 503 when there are more requests than can be served.
    public static let overloaded = SampanError(
        "OVERLOADED", status: 503,
        Localized("There are more requests right now than can be served.", zh: "当前访问人数较多，暂时无法处理此请求。"),
        remedy: Localized(
            "Try again after the seconds in Retry-After, and not more often; the client SDK does so by itself.",
            zh: "请在 Retry-After 指定的秒数后再试，不要更频繁地重试；客户端 SDK 会自动处理。"),
        retryAfter: 1)
}
