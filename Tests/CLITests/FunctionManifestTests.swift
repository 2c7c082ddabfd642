import Foundation
import Kernel
import Testing

@testable import CLI

@Suite struct FunctionManifestTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func manifest(_ name: String) async throws -> FunctionManifest {
        let function = try #require(try FunctionSource(in: folder[name], cloudbase: nil))
        let progress = ProgressLine("", total: 0, on: RecordingConsole())
        return try await FunctionManifest.make(function, files: FunctionFiles.collect(function), progress: progress)
    }

    @Test func hashesAreSHA256() async throws {
        try folder.write(["abc": "abc", "empty": "", "million": String(repeating: "a", count: 1_000_000)])
        #expect(try ContentHash.hex(of: folder["abc"]) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(try ContentHash.hex(of: folder["empty"]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(try ContentHash.hex(of: folder["million"]) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func theSameFilesMakeTheSameManifest() async throws {
        let names = (0..<60).map { "lib/f\($0).js" }
        for copy in ["one/fn", "two/fn"] {
            try folder.write(["\(copy)/index.js": "x"])
            for name in names.shuffled() { try folder.write(["\(copy)/\(name)": name]) }
        }
        let (one, two) = (try await manifest("one/fn"), try await manifest("two/fn"))
        #expect(one.files.map(\.path) == two.files.map(\.path))
        #expect(one.hashes == two.hashes)
        #expect(one.hashes.count == 61)
        let body = one.version(description: nil, activate: true, force: false)
        #expect(body == two.version(description: nil, activate: true, force: false))
    }

    /// WeChat's seven fields and Alipay's six go to the server as written: only the server reads cron.
    @Test(arguments: ["0 0 2 1 * * *", "0 */5 * * * *", "*/5 * * * * * *", "0 15 10 ? * MON-FRI 2026-2030"])
    func cronTextIsNotTouched(_ cron: String) async throws {
        let configuration: JSON = [
            "triggers": [["name": "t", "type": "timer", "config": .string(cron), "argument": ["a": 1]]], "timeout": 30, "memorySize": 256,
            "envVariables": ["K": "v"],
        ]
        try folder.write(["fn/index.js": "", "fn/config.json": configuration.text])
        let body = try await manifest("fn").version(description: "why", activate: false, force: true)
        #expect(body["triggers"] == [["name": "t", "type": "timer", "config": .string(cron), "argument": "{\"a\":1}"]])
        #expect(body["timeoutSeconds"] == 30)
        #expect(body["memoryMB"] == 256)
        #expect(body["variables"] == ["K": "v"])
        #expect(body["description"] == "why")
        #expect(body["activate"] == false)
        #expect(body["force"] == true)
    }

    @Test func whatAsynchronousCallsNeedIsSent() async throws {
        let configuration: JSON = [
            "asyncRetries": 5, "onSuccess": "after", "onFailure": .null, "httpPath": .null,
            "triggers": [["name": "t", "config": "0 0 2 * * *", "catchUp": "skip"]],
        ]
        try folder.write(["fn/index.js": "", "fn/config.json": configuration.text])
        let body = try await manifest("fn").version(description: nil, activate: true, force: false)
        #expect(body["asyncRetries"] == 5)
        #expect(body["onSuccess"] == "after")
        #expect(body["onFailure"] == .null && body["httpPath"] == .null, "null removes what the server has")
        #expect(body["triggers"] == [["name": "t", "type": "timer", "config": "0 0 2 * * *", "catchUp": "skip"]])
    }

    @Test func whatTheProjectDoesNotSayIsNotSent() async throws {
        try folder.write(["fn/index.js": "abc"])
        let body = try await manifest("fn").version(description: nil, activate: true, force: false)
        #expect(body.objectValue.map { Array($0.keys) } == ["files", "handler", "activate"])
        #expect(
            body["files"] == [["path": "index.js", "hash": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"]])
    }
}
