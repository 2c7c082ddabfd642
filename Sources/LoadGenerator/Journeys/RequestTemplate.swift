/// A request with gaps: `{{name}}` in the path, in a header's value or in the body stands for a value of the user who sends it.
///
/// Values are written so that they stay values: percent-encoded in the path, escaped in a JSON or form body. Always there are
/// `user` (the user's number, from 0), `run` (the run's id) and `unique` (another text for each step of each user, and the same for a step's retries:
/// what `outBizNo` and `Idempotency-Key` are made of); then the columns of ``UserTable`` and what earlier steps captured.
public struct RequestTemplate: Sendable {
    /// How a request begins.
    public enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    let method: Method
    let path: String
    let headers: [(name: String, value: String)]
    let body: String?

    /// A request.
    ///
    /// - Parameters:
    ///   - path: Path and query, from the first `/`.
    ///   - headers: Fields besides `Host` (that of the target, unless given), `Content-Length` and, for a body, `Content-Type`
    ///     (`application/json`, unless given).
    ///   - body: The body; it has a length and is sent whole.
    public init(_ method: Method, _ path: String, headers: [(name: String, value: String)] = [], body: String? = nil) {
        (self.method, self.path, self.headers, self.body) = (method, path, headers, body)
    }

    func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
}

/// A text with gaps, read once for all users.
struct TemplateText: Sendable {
    enum Piece: Sendable, Hashable {
        case text(String)
        /// The number of a value.
        case value(Int)
    }

    let pieces: [Piece]

    /// Reads `text`; `slots` are the numbers of the values that it may name.
    ///
    /// - Throws: ``UnknownValue`` for a name that is none.
    init(_ text: String, slots: [String: Int]) throws(UnknownValue) {
        var pieces: [Piece] = []
        var rest = text[...]
        while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
            let name = String(rest[open.upperBound..<close.lowerBound])
            guard let slot = slots[name] else { throw UnknownValue(name: name) }
            if open.lowerBound > rest.startIndex { pieces.append(.text(String(rest[..<open.lowerBound]))) }
            pieces.append(.value(slot))
            rest = rest[close.upperBound...]
        }
        if !rest.isEmpty { pieces.append(.text(String(rest))) }
        self.pieces = pieces
    }

    var hasGaps: Bool { pieces.contains { if case .value = $0 { true } else { false } } }

    struct UnknownValue: Error {
        let name: String
    }
}

/// How a value is written so that it stays one.
enum ValueEscape: Sendable {
    case none
    case percent
    case json

    func append(_ value: String, to out: inout [UInt8]) {
        switch self {
        case .none: out.append(contentsOf: value.utf8)
        case .percent: for byte in value.utf8 { Self.appendPercent(byte, to: &out) }
        case .json: for byte in value.utf8 { Self.appendJSON(byte, to: &out) }
        }
    }

    private static func appendPercent(_ byte: UInt8, to out: inout [UInt8]) {
        switch byte {
        case 48...57, 65...90, 97...122, 45, 46, 95, 126: out.append(byte)
        default:
            out.append(UInt8(ascii: "%"))
            out.append(contentsOf: hexadecimal(byte))
        }
    }

    private static func appendJSON(_ byte: UInt8, to out: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            out.append(UInt8(ascii: "\\"))
            out.append(byte)
        case 0..<0x20:
            out.append(contentsOf: "\\u00".utf8)
            out.append(contentsOf: hexadecimal(byte))
        default: out.append(byte)
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        return [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}
