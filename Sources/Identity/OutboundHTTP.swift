/// The outside world as this room needs it: one HTTP request with a bounded answer.
///
/// The composition root supplies it.
public struct OutboundHTTP: Sendable {
    /// A request to a platform.
    public struct Request: Sendable {
        /// `GET` or `POST`.
        public let method: String
        /// The whole address.
        public let url: String
        /// The content type of the body, if there is one.
        public let contentType: String?
        /// The body.
        public let body: [UInt8]
    }

    /// Sends a request and answers status and body.
    public let send: @Sendable (Request) async throws -> (status: Int, body: [UInt8])

    /// Makes one from a closure.
    public init(send: @escaping @Sendable (Request) async throws -> (status: Int, body: [UInt8])) { self.send = send }
}

/// Percent-encoding of `application/x-www-form-urlencoded` values: everything but letters, digits and `-_.`.
func formEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var out: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case 48...57, 65...90, 97...122, 45, 46, 95: out.append(byte)
        default: out.append(contentsOf: [37, digits[Int(byte >> 4)], digits[Int(byte & 15)]])
        }
    }
    return String(decoding: out, as: UTF8.self)
}
