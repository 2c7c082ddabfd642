import Kernel
import Testing

@testable import Functions

@Suite struct DeploymentRequestTests {
    private static let hash = String(repeating: "ab", count: 32)

    private func request(_ change: (inout JSONObject) -> Void = { _ in }) throws -> DeploymentRequest {
        var object: JSONObject = ["files": [["path": "index.js", "hash": .string(Self.hash)]]]
        change(&object)
        return try DeploymentRequest(object, limits: Limits())
    }

    private func files(_ paths: [String]) -> JSON { .array(paths.map { ["path": .string($0), "hash": .string(Self.hash)] }) }

    @Test(arguments: [
        "index.js", "a/b/c.js", "..a", "a..", ".hidden", "...", "with space.js", "商品/列表.js", "node_modules/@scope/pkg/index.js", "a:b",
        String(repeating: "a", count: 255), "C:/x",
    ])
    func aPathInsideTheFolderIsTaken(_ path: String) throws {
        #expect(try request { $0["files"] = files([path]) }.files.map(\.path) == [path])
    }

    @Test(arguments: [
        "", "/etc/passwd", "../x", "a/../b", "a/..", "..", ".", "./a", "a/./b", "a//b", "a/", "//", "a\\b", "..\\x", "a\u{0}b", "a\nb", "a\u{7F}",
        String(repeating: "a", count: 256), String(repeating: "a/", count: 512) + "b",
    ])
    func aPathThatCouldLeaveTheFolderIsRefused(_ path: String) {
        let error = #expect(throws: SampanError.self) { try request { $0["files"] = files([path]) } }
        #expect(error?.code == "UNSAFE_PATH")
    }

    @Test(arguments: [["a", "a"], ["a", "a/b"], ["a", "a-b", "a/b"], ["a.js", "b/c", "b", "b.js"], ["x/y/z", "x"]])
    func aPathThatStandsTwiceOrInAFileIsRefused(_ paths: [String]) {
        let error = #expect(throws: SampanError.self) { try request { $0["files"] = files(paths) } }
        #expect(error?.code == "BAD_MEMBER")
    }

    @Test func pathsThatOnlyLookAlikeAreTaken() throws {
        #expect(try request { $0["files"] = files(["a", "ab/c", "a-b", "b/a", "A"]) }.files.count == 5)
    }

    @Test(arguments: [
        ("files", "[]"), ("files", "{}"), ("files", #"[{"path":"a","hash":"xyz"}]"#),
        ("files", #"[{"path":"a","hash":"ABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCD"}]"#),
        ("variables", #"{"1A":"x"}"#), ("variables", #"{"A B":"x"}"#), ("variables", #"{"":"x"}"#), ("variables", #"{"A":{}}"#),
        ("variables", #"{"A":"\u0000"}"#),
        ("triggers", #"[{"name":"t","config":"* * *"}]"#), ("triggers", #"[{"name":"t","type":"http","config":"0 * * * * *"}]"#),
        ("triggers", #"[{"name":"t","config":"0 * * * * *"},{"name":"t","config":"0 * * * * *"}]"#), ("triggers", #"[{"config":"0 * * * * *"}]"#),
        ("triggers", #"[{"name":"t","config":"0 * * * * *","catchUp":"always"}]"#), ("httpPath", #""x""#), ("httpPath", #""/a b""#), ("httpPath", #""/a?b""#),
        ("activate", #""yes""#), ("description", "5"),
    ])
    func aMemberThatIsWrongIsRefused(_ name: String, _ value: String) throws {
        let value = try JSON(parsing: value)
        let error = #expect(throws: SampanError.self) { try request { $0[name] = value } }
        #expect(error?.status == 400)
    }

    @Test(arguments: [
        ("handler", "\"main\""), ("handler", "\"../x.main\""), ("handler", "\"index.\""), ("timeoutSeconds", "0"), ("timeoutSeconds", "10801"),
        ("memoryMB", "63"),
        ("memoryMB", "4097"), ("concurrency", "0"), ("concurrency", "101"), ("asyncRetries", "-1"), ("asyncRetries", "11"), ("timeoutSeconds", "1.5"),
        ("memoryMB", "1e30"), ("memoryMB", "9223372036854775807"),
    ])
    func aSettingOutOfItsRangeIsRefused(_ name: String, _ value: String) throws {
        let value = try JSON(parsing: value)
        let error = #expect(throws: SampanError.self) { try FunctionSettings([name: value], base: FunctionSettings()) }
        #expect(error?.code == "BAD_MEMBER")
    }

    @Test func settingsThatAreNotGivenStay() throws {
        var base = FunctionSettings()
        base.memoryMB = 1024
        base.onFailure = "alarm"
        let settings = try FunctionSettings(["handler": "src/app.handler", "timeoutSeconds": 60], base: base)
        base.handler = "src/app.handler"
        base.timeoutSeconds = 60
        #expect(settings == base)
    }

    @Test(arguments: ["handler", "timeoutSeconds", "memoryMB", "concurrency", "asyncRetries", "onSuccess", "onFailure"])
    func nullPutsASettingBack(_ name: String) throws {
        let set: JSONObject = [
            "handler": "src/app.handler", "timeoutSeconds": 60, "memoryMB": 1024, "concurrency": 3, "asyncRetries": 7, "onSuccess": "after",
            "onFailure": "alarm",
        ]
        let base = try FunctionSettings(set, base: FunctionSettings())
        var expected = set
        expected[name] = nil
        #expect(try FunctionSettings([name: .null], base: base) == FunctionSettings(expected, base: FunctionSettings()))
    }

    @Test func whatANullRemovesIsGone() async throws {
        try await FunctionsFixture.with { base async throws in
            let trigger: JSON = ["name": "t", "config": "0 0 9 * * *"]
            try await base.deploy("f", ["variables": ["A": "1"], "triggers": [trigger], "httpPath": "/f", "onFailure": "alarm"])
            try await base.deploy("f", [:])
            let kept = try base.functions.catalog.record("f", in: base.environment)
            #expect(kept.versions.count == 1 && kept.triggers.count == 1 && kept.httpPath == "/f", "what is not named stays")
            try await base.deploy("f", ["variables": .null, "triggers": .null, "httpPath": .null, "onFailure": .null])
            let record = try base.functions.catalog.record("f", in: base.environment)
            #expect(record.versions.last?.variables == [:] && record.versions.last?.settings.onFailure == nil)
            #expect(record.triggers.isEmpty && record.httpPath == nil)
            #expect(base.functions.catalog.function(at: "/f", in: base.environment) == nil)
            #expect(try base.functions.store.load().first?.httpPath == nil, "on disk too")
        }
    }

    @Test func aListOfTriggersIsGivenOrNullOrNothing() throws {
        #expect(try Trigger.wanted(in: [:]) == nil)
        #expect(try Trigger.wanted(in: ["triggers": .null]) == [])
        #expect(throws: SampanError.self) { try Trigger.wanted(in: ["triggers": "none"]) }
    }

    @Test func modesMakeFilesExecutable() throws {
        let files = try request {
            $0["files"] = [
                ["path": "a", "hash": .string(Self.hash), "mode": 0o755], ["path": "b", "hash": .string(Self.hash), "mode": 0o644],
                ["path": "c", "hash": .string(Self.hash)],
            ]
        }.files
        #expect(files.map(\.isExecutable) == [true, false, false])
    }

    @Test func aSlashAtTheEndOfAnHTTPPathIsDropped() throws {
        #expect(try request { $0["httpPath"] = "/pay/" }.httpPath == "/pay")
        #expect(try request { $0["httpPath"] = "/" }.httpPath == "/")
    }
}

@Suite struct TrafficTests {
    private func record(_ shares: [(version: Int, weight: Int)]) -> FunctionRecord {
        let versions = (1...4).map { number in
            FunctionVersion(
                number: number, fingerprint: "", settings: FunctionSettings(), variables: [:], description: "", files: 1, size: 1, createdAt: 0)
        }
        return FunctionRecord(
            environment: .random(), name: "f", traffic: shares.map { TrafficShare(version: $0.version, weight: $0.weight) }, triggers: [],
            updatedAt: 0, versions: versions)
    }

    private func draws(_ record: FunctionRecord, _ count: Int = 4000) -> [Int: Int] {
        (0..<count).reduce(into: [:]) { counts, _ in counts[record.draw()?.number ?? 0, default: 0] += 1 }
    }

    /// Thirteen standard deviations of room: it fails by chance never, and with weights ignored always.
    @Test func versionsAreDrawnByTheirWeights() {
        let counts = draws(record([(1, 90), (3, 10)]))
        #expect(Set(counts.keys) == [1, 3])
        #expect((3350...3850).contains(counts[1] ?? 0), "\(counts)")
        let thirds = draws(record([(1, 5), (2, 5), (4, 5)]))
        for version in [1, 2, 4] { #expect((930...1740).contains(thirds[version] ?? 0), "\(thirds)") }
    }

    @Test func aVersionWithoutWeightIsNeverDrawn() {
        #expect(draws(record([(1, 0), (2, 7), (3, 0)])) == [2: 4000])
        #expect(draws(record([(2, 100)]), 10) == [2: 10])
    }

    @Test func withoutTrafficTheNewestAnswers() {
        #expect(draws(record([]), 10) == [4: 10])
    }
}
