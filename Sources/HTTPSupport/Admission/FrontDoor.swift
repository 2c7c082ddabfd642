public import Kernel

/// Somebody who may answer a request in front of everything else: whoever has to wait outside is told here, before anything is done for them.
public protocol FrontDoor: Sendable {
    /// Whether it wants to see requests at all; asked for each of them, so it must cost nothing.
    var isWatching: Bool { get }
    /// What is answered in the place of a request; `nil`: it goes on. On the event loop, so it must be quick.
    func look(_ request: DoorRequest) -> DoorAnswer?
}

/// What a front door knows of a request.
public struct DoorRequest: Sendable {
    /// The method.
    public let method: String
    /// The path with its query.
    public let target: String
    /// What admission knows of it.
    public let arrival: Arrival
    /// The field of that name; `bearer` is the token of `authorization`.
    public let bearer, environment, pass, cookie, accept: String?
    /// The language of whoever calls.
    public let language: Language
    /// The address of the connection's other end.
    public let clientIP: String

    /// Makes one.
    public init(
        method: String, target: String, arrival: Arrival, bearer: String?, environment: String?, pass: String?, cookie: String?, accept: String?,
        language: Language, clientIP: String
    ) {
        self.method = method
        self.target = target
        self.arrival = arrival
        self.bearer = bearer
        self.environment = environment
        self.pass = pass
        self.cookie = cookie
        self.accept = accept
        self.language = language
        self.clientIP = clientIP
    }

    /// The path without its query.
    public var path: Substring { target.prefix { $0 != "?" } }
}

/// What a front door answers, made ahead as far as it can be.
public struct DoorAnswer: Sendable {
    /// The status.
    public let status: Int
    /// Its words.
    public let reason: String
    /// Fields of the head.
    public let fields: [(name: String, value: String)]
    /// The body; a problem's up to its request id.
    public let body: [UInt8]
    /// What follows behind the request id; `nil`: the body has none.
    public let rest: [UInt8]?

    /// Makes one.
    public init(status: Int, reason: String, fields: [(name: String, value: String)], body: [UInt8] = [], rest: [UInt8]? = nil) {
        self.status = status
        self.reason = reason
        self.fields = fields
        self.body = body
        self.rest = rest
    }

    /// A problem document whose request id is put in later.
    public init(_ error: SampanError, language: Language) {
        let place = "{id}"
        let problem = JSON.object(error.problem(requestID: place, language: language)).text
        let range = problem.firstRange(of: place) ?? problem.endIndex..<problem.endIndex
        var fields = [("Content-Type", "application/problem+json; charset=utf-8"), ("Cache-Control", "no-store")]
        if let seconds = error.retryAfter { fields.append(("Retry-After", String(seconds))) }
        self.init(
            status: error.status, reason: "Service Unavailable", fields: fields, body: Array(problem[..<range.lowerBound].utf8),
            rest: Array(problem[range.upperBound...].utf8))
    }

    /// The whole body.
    public func body(requestID: String) -> [UInt8] { rest.map { body + Array(requestID.utf8) + $0 } ?? body }
}
