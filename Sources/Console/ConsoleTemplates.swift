internal import Foundation
internal import HTTPSupport
internal import HTTPTypes
internal import Hummingbird
internal import Kernel
internal import Mustache
internal import NIOCore
internal import Tenancy

/// The templates and assets of the console, read once at the start.
///
/// What is missing in them ends the program there and then, not on the page that somebody opens a week later.
struct ConsoleTemplates: Sendable {
    private let library: MustacheLibrary
    private let assets: [String: ByteBuffer]
    /// Changes with any asset, so that browsers may keep what they have.
    private let assetVersion: String

    init() {
        MustacheContentTypes.register(HTMLEscaping(), named: HTMLEscaping.name)
        var library = MustacheLibrary()
        for (name, bytes) in Self.files(in: "templates") {
            let text = String(decoding: bytes, as: UTF8.self)
            Catalogue.requirePhrases(usedIn: text, template: name)
            do {
                try library.register("{{% CONTENT_TYPE: \(HTMLEscaping.name)}}\n" + text, named: String(name.dropLast(".mustache".count)))
            } catch {
                preconditionFailure("the template \(name) cannot be read: \(error)")
            }
        }
        self.library = library
        let assets = Self.files(in: "assets")
        self.assets = assets.mapValues { ByteBuffer(bytes: $0) }
        let all = assets.keys.sorted().map { String(decoding: assets[$0] ?? Data(), as: UTF8.self) }.joined()
        assetVersion = String(all.sha256Hex.prefix(12))
    }

    /// A template in the console's frame.
    func render(_ page: Page, flash: Flash?, _ visit: Visit) -> String {
        var values = page.model.forTemplate
        values["t"] = Catalogue.phrases(in: visit.language)
        values["lang"] = visit.language.tag
        values["title"] = page.title
        values["content"] = draw(page.template, values)
        values["assetVersion"] = assetVersion
        values["crumbs"] = crumbs(page)
        values["hasCrumbs"] = !page.crumbs.isEmpty
        values["script"] = page.script
        values["isSignedIn"] = visit.session != nil
        values["here"] = visit.request.method == .get ? visit.here : "/console"
        values["otherLanguage"] = visit.language == .zh ? Language.en.tag : Language.zh.tag
        values["flash"] = flash?.model(visit.language).forTemplate
        return draw("layout", values)
    }

    /// An asset by its name.
    func asset(_ name: String) -> Response? {
        guard let bytes = assets[name] else { return nil }
        return Response(
            status: .ok,
            headers: [
                .contentType: MediaTypes.ofFile(name), .cacheControl: "public, max-age=31536000, immutable",
                .xContentTypeOptions: "nosniff",
            ], body: .init(byteBuffer: bytes))
    }

    private func draw(_ name: String, _ values: [String: Any]) -> String {
        guard let text = library.render(values, withTemplate: name) else { preconditionFailure("there is no template \(name)") }
        return text
    }

    private func crumbs(_ page: Page) -> [[String: String]] {
        page.crumbs.map { ["path": $0.path, "text": $0.text] }
    }

    private static func files(in folder: String) -> [String: Data] {
        let root = Bundle.module.bundleURL.appendingPathComponent("Resources/\(folder)")
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: root.path), !names.isEmpty else {
            preconditionFailure(
                "the console's \(folder) were not installed beside the program: the folder sampan_Console.resources is missing")
        }
        return Dictionary(
            uniqueKeysWithValues: names.map { name in
                guard let bytes = try? Data(contentsOf: root.appendingPathComponent(name)) else {
                    preconditionFailure("\(name) cannot be read")
                }
                return (name, bytes)
            })
    }
}

/// One page: a template, what it shows, and where it stands.
struct Page: Sendable {
    var template: String
    var title: String
    var model: JSONObject = [:]
    /// The way here, without the page itself.
    var crumbs: [(path: String, text: String)] = []
    /// A script beside the one that every page has.
    var script: String?
    var status = HTTPResponse.Status.ok
}
