public import Kernel

/// Where in a file something is.
public enum FormatPlace: Sendable, Hashable {
    /// A line of text; the first one is 1.
    case line(Int)
    /// A document of a binary file; the first one is 1, and `byte` counts from the start of the file.
    case document(Int, byte: Int)
    /// Nowhere in a file: a document that is to be written.
    case unplaced

    /// The line, when the place is one.
    public var line: Int? {
        if case .line(let number) = self { number } else { nil }
    }

    /// The place as the start of a sentence; empty when there is none.
    var text: Localized {
        switch self {
        case .line(let number): Localized("Line \(number): ", zh: "第 \(number) 行：")
        case .document(let number, let byte): Localized("Document \(number) (byte \(byte)): ", zh: "第 \(number) 个文档（第 \(byte) 字节）：")
        case .unplaced: Localized("", zh: "")
        }
    }
}

/// Why a file cannot be read, or a document cannot be written to one.
public struct FormatError: Error, Sendable, Equatable {
    /// The kind of mistake, as ``QueryError`` names it.
    public var code: QueryError.Code
    /// Where it is.
    public var place: FormatPlace
    /// What is wrong and what to do, without the place.
    public var reason: Localized
    /// Whether nothing after it can be read: the reader throws the same error from now on.
    ///
    /// Otherwise the next call goes on after the document that was refused.
    public var endsReading: Bool

    init(_ reason: Localized, at place: FormatPlace, code: QueryError.Code = .invalidDocument, endsReading: Bool = false) {
        self.code = code
        self.place = place
        self.reason = reason
        self.endsReading = endsReading
    }

    /// The place and the reason.
    public var message: Localized { Localized(place.text.en + reason.en, zh: place.text.zh + reason.zh) }

    /// The same as an error of the evaluator, which answers turn into a problem document.
    public var queryError: QueryError { QueryError(code, message.en, zh: message.zh) }
}

extension FormatError: CustomStringConvertible {
    /// The English message, for logs.
    public var description: String { message.en }
}

/// Something that was read as another type than it was written.
public struct FormatWarning: Sendable, Equatable {
    /// The dotted path of the value.
    public var path: String
    /// What became of it.
    public var message: Localized
}

/// A document that was read from a file.
public struct FoundDocument: Sendable, Equatable {
    /// The document; whether it may be stored is for `validateDocument` to say.
    public var document: JSONObject
    /// Where it starts.
    public var place: FormatPlace
    /// What was changed in it, the first sixteen.
    public var warnings: [FormatWarning] = []
}

/// Takes the bytes of a file in pieces of any size and gives its documents one by one.
///
/// Call ``next()`` until it answers nil, then append more bytes; after ``finish()`` nil means the end. What is held is bounded by the
/// largest document and the largest piece as long as documents are taken out before more is put in.
public protocol DocumentReading: Sendable {
    /// Adds the next bytes of the file.
    mutating func append(_ bytes: UnsafeRawBufferPointer)
    /// Says that the file has ended.
    mutating func finish()
    /// The next document; nil when more bytes are needed, or at the end.
    mutating func next() throws(FormatError) -> FoundDocument?
}

extension DocumentReading {
    /// Adds the next bytes of the file.
    public mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }
}

/// Which texts become MongoDB's ObjectIds when documents are written.
///
/// Only 24 digits `0-9a-f` in lower case do: they read back as the same text.
public enum ObjectIDForm: String, Sendable, CaseIterable {
    /// None: `_id` stays text.
    case text
    /// Only a document's own `_id`; fields that refer to it stay text and no longer match it.
    case identifiers
    /// Every such text in the document, so that references keep matching.
    case everywhere

    /// Whether the value of the member `key`, inside `depth` containers, is written as an ObjectId.
    func converts(_ text: String, key: String, depth: Int) -> Bool {
        switch self {
        case .text: return false
        case .identifiers: guard depth == 1, key == "_id" else { return false }
        case .everywhere: break
        }
        return text.utf8.count == 24 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
