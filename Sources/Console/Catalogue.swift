internal import Kernel

/// Every text of the console, in both languages: a phrase without one of them does not compile.
///
/// Templates write `{{t.name}}`; names with a dash are looked up by code (`status-active`).
enum Catalogue {
    /// One phrase.
    static func phrase(_ name: String, _ language: Language) -> String {
        guard let phrase = all[name] else { preconditionFailure("the catalogue has no phrase \(name)") }
        return phrase[language]
    }

    /// All phrases of a language, for templates.
    static func phrases(in language: Language) -> [String: String] { language == .zh ? chinese : english }

    /// Ends the program when a template asks for a phrase that there is not.
    static func requirePhrases(usedIn text: String, template: String) {
        for use in text.components(after: "{{t.") {
            let name = String(use.prefix { $0 != "}" })
            precondition(all[name] != nil, "the template \(template) asks for the phrase \(name), which is not in the catalogue")
        }
    }

    private static let all = [frame, environments, environment, function, collection, values].reduce(into: [String: Localized]()) {
        all, part in
        all.merge(part) { _, _ in preconditionFailure("a phrase is in the catalogue twice") }
    }
    private static let chinese = all.mapValues(\.zh)
    private static let english = all.mapValues(\.en)
}

extension String {
    /// The rest of the text after each occurrence of `mark`.
    fileprivate func components(after mark: String) -> [Substring] {
        ranges(of: mark).map { self[$0.upperBound...] }
    }
}
