internal import Kernel

/// Every text of the console, in both languages: a phrase without one of them does not compile.
///
/// Templates write `{{t.name}}`; names with a dash are looked up by code (`status-active`).
/// A test fails on a phrase that nothing uses, and the program does not start with one that is missing.
enum Catalogue {
    /// The phrases by the part of the console that they belong to.
    private static let parts = [
        frame, components, environments, home, functions, function, triggers, logs, database, indexKinds, rules, schema, validation, past, collection,
        imports, backups, files, coupons, couponForm, couponBatch, users, settings,
        usage,
        keys, people,
        account,
        organization, `operator`, values,
    ]

    /// One phrase.
    static func phrase(_ name: String, _ language: Language) -> String {
        guard let phrase = all[name] else { preconditionFailure("the catalogue has no phrase \(name)") }
        return phrase[language]
    }

    /// All phrases of a language, for templates.
    static func phrases(in language: Language) -> [String: String] { language == .zh ? chinese : english }

    /// Ends the program when a template asks for a phrase that there is not.
    static func requirePhrases(usedIn text: String, template: String) {
        for name in names(usedIn: text) {
            precondition(all[name] != nil, "the template \(template) asks for the phrase \(name), which is not in the catalogue")
        }
    }

    /// The phrases that a template asks for.
    static func names(usedIn template: String) -> [String] {
        template.ranges(of: "{{t.").map { use in String(template[use.upperBound...].prefix { $0 != "}" }) }
    }

    static let all = parts.reduce(into: [String: Localized]()) { all, part in
        for (name, phrase) in part {
            precondition(all.updateValue(phrase, forKey: name) == nil, "the phrase \(name) is in the catalogue twice")
        }
    }
    private static let chinese = all.mapValues(\.zh)
    private static let english = all.mapValues(\.en)
}
