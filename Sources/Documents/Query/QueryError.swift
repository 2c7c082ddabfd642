/// Why a query, an update, a pipeline or a document is refused.
///
/// The caller's mistake, never the server's.
public struct QueryError: Error, Sendable, Equatable {
    /// The stable name of the kind of mistake.
    public enum Code: String, Sendable {
        /// A filter, projection, order or pipeline that means nothing.
        case invalidQuery = "INVALID_QUERY"
        /// An update that means nothing or does not fit the document.
        case invalidUpdate = "INVALID_UPDATE"
        /// A document that cannot be stored.
        case invalidDocument = "INVALID_DOCUMENT"
        /// An operator that exists elsewhere but not here.
        case unsupported = "UNSUPPORTED_OPERATOR"
        /// A security rule that cannot be read.
        case invalidRule = "INVALID_RULE"
        /// Too much of something.
        case limit = "LIMIT_EXCEEDED"
    }

    /// The kind of mistake.
    public var code: Code
    /// What is wrong and what to do, in English.
    public var message: String
    /// The same in Chinese.
    public var messageZh: String

    /// Makes an error with its text in both languages.
    public init(_ code: Code, _ message: String, zh messageZh: String) {
        self.code = code
        self.message = message
        self.messageZh = messageZh
    }
}

extension QueryError: CustomStringConvertible {
    /// The code and the English text.
    public var description: String { "\(code.rawValue): \(message)" }
}
