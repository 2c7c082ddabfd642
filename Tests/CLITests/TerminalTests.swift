import Kernel
import Testing

@testable import CLI

@Suite struct TerminalTests {
    @Test func tablesLineUpWideCharacters() {
        var table = TextTable(heading: ["NAME", "N"])
        table.add("小店", "1")
        table.add("a", "")
        #expect(table.lines == ["NAME  N", "小店  1", "a"])
    }

    @Test func progressRewritesItsLineOnATerminal() {
        let console = RecordingConsole(isTerminal: true)
        let progress = ProgressLine("uploading", total: 2, on: console)
        progress.advance()
        progress.advance()
        progress.finish()
        #expect(console.notices == "\r\u{1B}[2Kuploading 1/2\r\u{1B}[2Kuploading 2/2\r\u{1B}[2K")
        #expect(console.output.isEmpty)
    }

    @Test func progressIsPlainLinesElsewhere() {
        let often = RecordingConsole()
        let progress = ProgressLine("uploading", total: 2, on: often, interval: .zero)
        progress.advance()
        progress.advance()
        progress.finish()
        #expect(often.notices == "uploading 1/2\nuploading 2/2\n")
        let seldom = RecordingConsole()
        let short = ProgressLine("uploading", total: 1, on: seldom, interval: .seconds(60))
        short.advance()
        short.finish()
        #expect(seldom.notices.isEmpty)
    }

    @Test func indentedJSONReadsBackTheSame() throws {
        let json: JSON = ["a": [1, 2.5, "x\"y"], "empty": [], "none": [:], "b": ["c": .null]]
        #expect(try JSON(parsing: json.indentedText) == json)
        #expect(json.indentedText.hasPrefix("{\n  \"a\": [\n    1,\n"))
    }

    @Test func commentsBecomeBlanks() {
        let text = "{\"a//b\":1, // note \"x\n/* two\nlines */ \"c\\\"//\":2}"
        let clean = String(decoding: ConfigurationFile.withoutComments(Array(text.utf8)), as: UTF8.self)
        #expect(clean == "{\"a//b\":1,           \n      \n         \"c\\\"//\":2}")
        #expect(clean.utf8.count == text.utf8.count)
    }

    @Test func concurrentWorkKeepsOrderAndLimit() async throws {
        let running = RunningCount()
        let answers = try await concurrently(Array(0..<50), limit: 4) { number in
            await running.enter()
            try await Task.sleep(for: .milliseconds(1))
            await running.leave()
            return number * 2
        }
        #expect(answers == (0..<50).map { $0 * 2 })
        #expect(await running.most <= 4)
        #expect(await running.most > 1)
    }
}

private actor RunningCount {
    private var now = 0
    private(set) var most = 0

    func enter() {
        now += 1
        most = max(most, now)
    }

    func leave() { now -= 1 }
}
