import Foundation
import Kernel
import Testing

@testable import Console

/// The catalogue against what templates, scripts and code ask of it.
struct CatalogueTests {
    private static let console = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Sources/Console")

    private static func texts(_ suffix: String, besides left: String) throws -> [String] {
        let files = try #require(FileManager.default.enumerator(at: console, includingPropertiesForKeys: nil))
        return try files.compactMap { $0 as? URL }.filter { $0.path.hasSuffix(suffix) && !$0.path.contains(left) }
            .map { try String(contentsOf: $0, encoding: .utf8) }
    }

    @Test func everyPhraseOfATemplateIsThere() throws {
        let templates = try Self.texts(".mustache", besides: "nothing")
        #expect(templates.count > 10)
        let asked = Set(templates.flatMap(Catalogue.names))
        #expect(asked.count > 100)
        #expect(asked.subtracting(Catalogue.all.keys).sorted() == [])
    }

    @Test func noPhraseIsEmptyOrHalfTranslated() {
        for (name, phrase) in Catalogue.all {
            #expect(!phrase.en.isEmpty && !phrase.zh.isEmpty, "\(name)")
            let isSwitch = name == "otherLanguageName"
            let hasChinese = phrase.zh.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) }
            #expect(hasChinese || isSwitch || phrase.zh.unicodeScalars.allSatisfy(\.isASCII), "\(name)")
            #expect(isSwitch || !phrase.en.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) }, "\(name)")
        }
    }

    @Test func noPhraseIsUnused() throws {
        let asked = Set(try Self.texts(".mustache", besides: "nothing").flatMap(Catalogue.names))
        let code = try Self.texts(".swift", besides: "/Phrases/").joined()
        // A family of phrases is asked for by its beginning (`status-\(…)`), a text of a step or switch by its name with `Text`.
        let families = Set(code.matches(of: /"([A-Za-z]+-)\\\(/).map { String($0.1) })
        let quoted = Set(code.matches(of: /"([A-Za-z0-9-]+)"/).map { String($0.1) })
        let unused = Catalogue.all.keys.filter { name in
            let isOfFamily = families.contains { name.hasPrefix($0) }
            let isText = name.hasSuffix("Text") && quoted.contains(String(name.dropLast(4)))
            return !asked.contains(name) && !quoted.contains(name) && !isOfFamily && !isText
        }
        #expect(unused.sorted() == [])
    }

    @Test func noSentenceOfAnActionIsUnused() throws {
        let folder = Self.console.appendingPathComponent("Phrases")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("Phrases") }
        #expect(files.count > 2)
        let source = try files.map { try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8) }.joined()
        let names = source.matches(of: /static (?:let|func) ([A-Za-z]+)/).map { String($0.1) }
        #expect(names.count > 10)
        let code = try Self.texts(".swift", besides: "/Phrases/").joined()
        #expect(names.filter { !code.contains("Phrases.\($0)") } == [])
    }

    @Test func noTemplateHoldsWordsOfItsOwn() throws {
        for template in try Self.texts(".mustache", besides: "nothing") {
            // What is left without tags, attributes and code is said by the catalogue.
            var text = template.replacing(/<(code|pre)>.*?<\/(code|pre)>/, with: "").replacing(/<title>.*?<\/title>/, with: "")
            text = text.replacing(/<[^>]*>/, with: "").replacing(/\{\{.*?\}\}/, with: "")
            let words = text.matches(of: /[A-Za-z\u{4E00}-\u{9FFF}]{2,}/).map { String($0.0) }.filter { !["Sampan", "MB", "id", "unionid"].contains($0) }
            #expect(words == [], "\(template.prefix(60))")
        }
    }

    @Test func bothThemesHaveTheSameColours() throws {
        func tokens(_ file: String, _ pattern: Regex<(Substring, Substring)>) throws -> Set<String> {
            let text = try String(contentsOf: Self.console.appendingPathComponent("Resources/assets/\(file)"), encoding: .utf8)
            return Set(text.matches(of: pattern).map { String($0.1) })
        }
        let light = try tokens("console.css", #/(--[a-z-]+): (?:\#|0 1px)/#)
        let dark = try tokens("dark.css", #/(--[a-z-]+): /#)
        #expect(light.count > 15 && light == dark)
    }
}
