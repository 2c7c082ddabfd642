/// A sentence in both languages that Sampan speaks.
public struct Localized: Sendable, Hashable {
    /// The English sentence.
    public let en: String
    /// The Chinese sentence.
    public let zh: String

    /// Makes a sentence from its two versions.
    public init(_ en: String, zh: String) {
        self.en = en
        self.zh = zh
    }

    /// The sentence in `language`.
    public subscript(language: Language) -> String { language == .zh ? zh : en }
}

/// A language that answers can be written in.
public enum Language: String, Sendable {
    case en
    case zh

    /// The language that an `Accept-Language` header asks for; English when it names neither.
    public init(acceptLanguage: String?) {
        guard let header = acceptLanguage?.lowercased() else {
            self = .en
            return
        }
        let first = header.split(separator: ",").first { $0.contains("zh") || $0.contains("en") }
        self = first?.contains("zh") == true ? .zh : .en
    }
}
