import Foundation
import Kernel
import Testing

@testable import CLI

@Suite struct FunctionFilesTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func collect(_ name: String = "fn", ignore: [String] = [], bounds: FunctionFiles.Bounds = .init()) throws -> FunctionFiles {
        var function = try #require(try FunctionSource(in: folder[name], cloudbase: nil))
        function.settings.ignore = ignore
        return try FunctionFiles.collect(function, bounds: bounds)
    }

    @Test func junkStaysBehindAndModulesComeAlong() throws {
        try folder.write([
            "fn/index.js": "1", "fn/lib/a.js": "22", "fn/.git/HEAD": "", "fn/.DS_Store": "", "fn/lib/.DS_Store": "",
            "fn/.npmrc": "_authToken=x",
            "fn/node_modules/sharp/index.js": "333", "fn/node_modules/.cache/x": "", "fn/node_modules/sharp/node_modules/.cache/y": "",
            "fn/.env": "A=1",
        ])
        let files = try collect()
        #expect(files.files.map(\.path) == [".env", "index.js", "lib/a.js", "node_modules/sharp/index.js"])
        #expect(files.bytes == 3 + 1 + 2 + 3)
    }

    @Test func ignorePatterns() throws {
        try folder.write(["fn/index.js": "", "fn/notes.md": "", "fn/docs/deep/x.md": "", "fn/test/unit/a.js": "", "fn/lib/test/b.js": ""])
        #expect(try collect(ignore: ["*.md", "test/**"]).files.map(\.path) == ["index.js", "lib/test/b.js"])
    }

    @Test func ignoredModulesAreKeptWhereTheyAreNeeded() throws {
        try folder.write([
            "fn/index.js": "", "fn/package.json": #"{"dependencies":{"wx-server-sdk":"*","sharp":"1"}}"#,
            "fn/node_modules/sharp/index.js": "",
            "light/index.js": "", "light/package.json": #"{"dependencies":{"wx-server-sdk":"*"}}"#,
            "light/node_modules/wx-server-sdk/index.js": "",
        ])
        let kept = try collect(ignore: ["node_modules", "node_modules/**/*"])
        #expect(kept.files.map(\.path).contains("node_modules/sharp/index.js"))
        #expect(kept.notes.first?.en.contains("sharp") == true)
        let left = try collect("light", ignore: ["node_modules/**/*", "node_modules"])
        #expect(left.files.map(\.path) == ["index.js", "package.json"])
    }

    @Test func linksInsideAreFollowed() throws {
        try folder.write(["fn/index.js": "", "fn/real/a.js": "x"])
        try folder.link("fn/alias", to: "real")
        try folder.link("fn/b.js", to: "real/a.js")
        try folder.link("fn/dead", to: "nowhere")
        let files = try collect()
        #expect(files.files.map(\.path) == ["alias/a.js", "b.js", "index.js", "real/a.js"])
        #expect(files.notes.first?.en.contains("dead") == true)
    }

    @Test(arguments: ["../shared", "/etc", "../fn-neighbour"])
    func linksThatLeaveAreRefused(_ target: String) throws {
        try folder.write(["fn/index.js": "", "shared/secret.js": "", "fn-neighbour/x.js": ""])
        try folder.link("fn/out", to: target)
        let error = #expect(throws: CLIError.self) { try collect() }
        #expect(error?.what.en.contains("fn/out") == true)
        #expect(error?.what.en.contains("outside") == true)
    }

    @Test func linksInACircleAreRefused() throws {
        try folder.write(["fn/index.js": "", "fn/a/x.js": ""])
        try folder.link("fn/a/up", to: "../")
        let error = #expect(throws: CLIError.self) { try collect() }
        #expect(error?.what.en.contains("fn/a/up") == true)
    }

    @Test func bounds() throws {
        try folder.write(["fn/index.js": "12345", "fn/big.bin": String(repeating: "x", count: 100)])
        let large = #expect(throws: CLIError.self) { try collect(bounds: .init(fileBytesMax: 50)) }
        #expect(large?.what.en == "fn/big.bin has 100 B; the most is 50 B.")
        let total = #expect(throws: CLIError.self) { try collect(bounds: .init(totalBytesMax: 104)) }
        #expect(total?.what.en.hasPrefix("fn has 105 B") == true)
        let many = #expect(throws: CLIError.self) { try collect(bounds: .init(filesMax: 1)) }
        #expect(many?.what.en.contains("more than 1 files") == true)
    }

    @Test func executableFilesAreMarked() throws {
        try folder.write(["fn/index.js": "", "fn/bin/tool": "#!/bin/sh"])
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder["fn/bin/tool"].path)
        #expect(try collect().files.map(\.isExecutable) == [true, false])
    }

    @Test func pnpmLinksAreWarnedOf() throws {
        try folder.write(["fn/index.js": "", "fn/node_modules/.pnpm/x@1/node_modules/x/index.js": ""])
        try folder.link("fn/node_modules/x", to: ".pnpm/x@1/node_modules/x")
        #expect(try collect().notes.contains { $0.en.contains("pnpm") })
    }

    @Test func missingPackages() throws {
        try folder.write([
            "fn/index.js": "",
            "fn/package.json":
                #"{"dependencies":{"wx-server-sdk":"~2","lodash":"4","@alipay/faas-server-sdk":"1","sharp":"1","@scope/x":"1","dayjs":"1"}}"#,
            "fn/node_modules/@scope/x/index.js": "",
        ])
        #expect(try ProvidedPackages.missing(in: folder["fn"]) == ["sharp", "dayjs"])
    }
}

@Suite struct IgnorePatternTests {
    @Test(arguments: [
        ("node_modules", "node_modules/x/index.js", true), ("node_modules", "lib/node_modules/x.js", true), ("*.md", "docs/a.md", true),
        ("./a/b", "a/b", true), ("a/b", "x/a/b", false), ("/a", "a/x", true), ("/a", "x/a", false), ("**/a", "x/y/a", true),
        ("**/a", "a", true),
        ("a/**/c", "a/c", true), ("a/**/c", "a/x/y/c/d", true), ("a/*", "a/b/c", true), ("a/*", "a", false), ("", "a", false),
        ("?.js", "ab.js", false),
    ])
    func matching(_ pattern: String, _ path: String, _ expected: Bool) {
        #expect(IgnorePattern(pattern).matches(path) == expected)
    }
}
