internal import HTTPTypes
internal import Hummingbird
public import Kernel
public import Logging
internal import NIOCore

/// What `EdgeMiddleware` does for routed requests, for those of a fast lane: ids, errors as problem documents, the access log.
public struct FastEdge: Sendable {
    private let accessLog: AccessLog
    private let logger: Logger

    /// Makes it.
    public init(accessLog: AccessLog, logger: Logger) {
        self.accessLog = accessLog
        self.logger = logger
    }

    /// One request.
    public struct Visit: Sendable {
        /// The id that the answer carries.
        public let requestID: String
        /// Who calls, once that is known.
        public var caller: CallContext?
        /// The language of whoever calls.
        public let language: Language
        private let request: FastRequest
        private let started: Int64
        private let reply: FastReply
        private let edge: FastEdge

        fileprivate init(_ request: FastRequest, _ reply: FastReply, _ edge: FastEdge) {
            started = monotonicMicroseconds()
            requestID = request.requestID.flatMap { RequestID.accepted($0) ? $0 : nil } ?? RequestID.make()
            language = Language(acceptLanguage: request.acceptLanguage)
            self.request = request
            self.reply = reply
            self.edge = edge
        }

        /// Answers with JSON.
        public func send(_ body: String) { send(200, "OK", "application/json; charset=utf-8", body.utf8) }

        /// Answers with JSON.
        public func send(_ body: JSON) { send(200, "OK", "application/json; charset=utf-8", body.serialized()) }

        /// Answers with a problem document.
        public func fail(_ error: any Error) {
            let known = SampanError(reporting: error)
            if known.code == SampanError.internalError.code {
                edge.logger.error(
                    "request failed", metadata: ["requestId": "\(requestID)", "path": "\(request.path)", "error": "\(String(reflecting: error))"])
            }
            let problem = JSON.object(known.problem(requestID: requestID, language: language)).serialized()
            let status = HTTPResponse.Status(code: known.status)
            send(status.code, status.reasonPhrase, "application/problem+json; charset=utf-8", problem, retryAfter: known.retryAfter)
        }

        private func send(_ status: Int, _ reason: String, _ type: String, _ body: some Collection<UInt8>, retryAfter: Int? = nil) {
            var bytes = ByteBuffer()
            bytes.reserveCapacity(Self.headBytes + body.count)
            bytes.writeString("HTTP/1.1 \(status) \(reason)\r\nContent-Type: \(type)\r\nContent-Length: \(body.count)\r\n")
            if status >= 400 { bytes.writeStaticString("Cache-Control: no-store\r\n") }
            if let retryAfter { bytes.writeString("Retry-After: \(retryAfter)\r\n") }
            bytes.writeStaticString("x-request-id: ")
            bytes.writeString(requestID)
            bytes.writeStaticString("\r\n\r\n")
            bytes.writeBytes(body)
            reply.send(bytes)
            edge.accessLog.append(
                AccessLog.Entry(
                    method: request.method, path: request.path, status: status, requestID: requestID, environment: caller?.environment.text ?? "",
                    user: caller?.caller.user?.openid ?? "", clientIP: request.clientIP, microseconds: monotonicMicroseconds() - started))
        }

        /// Room for the head of an answer.
        private static let headBytes = 224
    }

    /// Begins with a request.
    public func visit(_ request: FastRequest, _ reply: FastReply) -> Visit { Visit(request, reply, self) }
}
