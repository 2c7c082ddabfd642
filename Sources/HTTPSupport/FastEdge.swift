public import HTTPTypes
internal import Hummingbird
public import Kernel
public import Logging
public import NIOCore

/// What `EdgeMiddleware` does for routed requests, for those of a fast lane: ids, errors as problem documents, the access log.
public struct FastEdge: Sendable {
    private let accessLog: AccessLog
    private let logger: Logger

    /// Makes it.
    public init(accessLog: AccessLog, logger: Logger) {
        self.accessLog = accessLog
        self.logger = logger
    }

    /// Whether a request is as plain as a lane wants it: what needs a word about other origins, or about the connection, goes the ordinary way.
    public func takes(_ request: HTTPRequest) -> Bool {
        let fields = request.headerFields
        // Phones and proxies say that they keep the connection, which HTTP/1.1 does anyway.
        guard fields[.connection].map({ $0.lowercased() == "keep-alive" }) ?? true else { return false }
        return fields[.origin] == nil && fields[.expect] == nil && fields[.idempotencyKey] == nil
    }

    /// One request.
    public struct Visit: Sendable {
        /// The id that the answer carries.
        public let requestID: String
        /// The token that was sent.
        public let bearer: String?
        /// Who calls, once that is known.
        public var caller: CallContext?
        /// The language of whoever calls.
        public let language: Language
        private let path: String
        private let method: String
        private let clientIP: String
        private let started: Int64
        private let reply: FastReply
        private let edge: FastEdge

        fileprivate init(_ request: HTTPRequest, clientIP: String, _ reply: FastReply, _ edge: FastEdge) {
            started = monotonicMicroseconds()
            let fields = request.headerFields
            requestID = fields[.requestID].flatMap { RequestID.accepted($0) ? $0 : nil } ?? RequestID.make()
            bearer = fields[.authorization].flatMap { $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : nil }
            language = Language(acceptLanguage: fields[.acceptLanguage])
            path = request.path ?? ""
            method = request.method.rawValue
            self.clientIP = clientIP
            self.reply = reply
            self.edge = edge
        }

        /// Answers with JSON.
        public func send(_ body: ByteBuffer) { send(.ok, "application/json; charset=utf-8", body) }

        /// Answers with a problem document.
        public func fail(_ error: any Error) {
            let known = SampanError(reporting: error)
            if known.code == SampanError.internalError.code {
                edge.logger.error("request failed", metadata: ["requestId": "\(requestID)", "path": "\(path)", "error": "\(String(reflecting: error))"])
            }
            let problem = JSON.object(known.problem(requestID: requestID, language: language)).serialized()
            send(.init(code: known.status), "application/problem+json; charset=utf-8", ByteBuffer(bytes: problem), retryAfter: known.retryAfter)
        }

        private func send(_ status: HTTPResponse.Status, _ type: String, _ body: ByteBuffer, retryAfter: Int? = nil) {
            var fields = HTTPFields()
            fields.reserveCapacity(5)
            fields.append(HTTPField(name: .contentType, value: type))
            fields.append(HTTPField(name: .contentLength, value: String(body.readableBytes)))
            if status.code >= 400 { fields.append(HTTPField(name: .cacheControl, value: "no-store")) }
            if let retryAfter { fields.append(HTTPField(name: .retryAfter, value: String(retryAfter))) }
            fields.append(HTTPField(name: .requestID, value: requestID))
            reply.send(HTTPResponse(status: status, headerFields: fields), body)
            edge.accessLog.append(
                AccessLog.Entry(
                    method: method, path: path, status: status.code, requestID: requestID, environment: caller?.environment.text ?? "",
                    user: caller?.caller.user?.openid ?? "", clientIP: clientIP, microseconds: monotonicMicroseconds() - started))
        }
    }

    /// Begins with a request.
    public func visit(_ request: HTTPRequest, clientIP: String, _ reply: FastReply) -> Visit { Visit(request, clientIP: clientIP, reply, self) }
}
