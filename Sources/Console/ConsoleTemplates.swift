internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Kernel
internal import Mustache

/// The templates of the console, read once at the start.
///
/// What is missing in them ends the program there and then, not on the page that somebody opens a week later.
struct ConsoleTemplates: Sendable {
    private let library: MustacheLibrary
    private let assets: ConsoleAssets

    init(_ assets: ConsoleAssets) {
        self.assets = assets
        MustacheContentTypes.register(HTMLEscaping(), named: HTMLEscaping.name)
        var library = MustacheLibrary()
        for (name, text) in Self.texts() {
            Catalogue.requirePhrases(usedIn: text, template: name)
            do {
                try library.register("{{% CONTENT_TYPE: \(HTMLEscaping.name)}}\n" + text, named: name)
            } catch {
                preconditionFailure("the template \(name) cannot be read: \(error)")
            }
        }
        self.library = library
    }

    /// A template in the console's frame.
    func render(_ page: Page, _ surroundings: JSONObject, flash: Flash?, _ visit: Visit) -> String {
        var values = page.model.forTemplate
        values["t"] = Catalogue.phrases(in: visit.language)
        values["lang"] = visit.language.tag
        values["assets"] = "/console/assets/\(assets.version)"
        values["formToken"] = visit.formToken
        values["title"] = page.title
        // The page and its frame keep their values apart: what a page calls one thing cannot change the navigation.
        var frame = values.filter { ["t", "lang", "assets", "formToken", "title"].contains($0.key) }
        frame["content"] = draw(page.template, values)
        frame.merge(surroundings.forTemplate) { _, own in own }
        frame["scripts"] = page.scripts
        frame["hasPartialUpdates"] = assets.has("htmx.min.js")
        frame["here"] = visit.request.method == .get ? visit.here : "/console"
        frame["otherLanguage"] = visit.language == .zh ? Language.en.tag : Language.zh.tag
        frame["theme"] = visit.theme.rawValue
        frame["darkMedia"] = ["auto": "(prefers-color-scheme: dark)", "dark": "all"][visit.theme.rawValue]
        frame["colorScheme"] = visit.theme == .auto ? "light dark" : visit.theme.rawValue
        frame["themes"] = Theme.allCases.map { theme in
            [
                "themeName": theme.rawValue, "label": Catalogue.phrase("theme-\(theme.rawValue)", visit.language), "isChosen": theme == visit.theme,
            ] as [String: Any]
        }
        frame["flash"] = flash?.model(visit.language).forTemplate
        return draw("layout", frame)
    }

    private func draw(_ name: String, _ values: [String: Any]) -> String {
        guard let text = library.render(values, withTemplate: name) else { preconditionFailure("there is no template \(name)") }
        return text
    }

    private static func texts() -> [String: String] {
        let root = Bundle.module.bundleURL.appendingPathComponent("Resources/templates")
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: root.path), !names.isEmpty else {
            preconditionFailure("the console's templates were not installed beside the program: the folder sampan_Console.resources is missing")
        }
        return Dictionary(
            uniqueKeysWithValues: names.map { name in
                guard let text = try? String(contentsOf: root.appendingPathComponent(name), encoding: .utf8) else {
                    preconditionFailure("the template \(name) cannot be read")
                }
                return (String(name.prefix { $0 != "." }), text)
            })
    }
}

/// One page: a template, what it shows, and where it stands.
struct Page: Sendable {
    var template: String
    var title: String
    var model: JSONObject = [:]
    /// The way here below the section, without the page itself.
    var crumbs: [(path: String, text: String)] = []
    /// Scripts beside the one that every page has.
    var scripts: [String] = []
    var status = HTTPResponse.Status.ok
}
