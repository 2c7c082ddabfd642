import Documents
import Files
import Foundation
import HTTPTypes
import Kernel
import NIOCore
import Tenancy
import Testing

@testable import Functions
@testable import Sampan

/// Copies that outlive their source or cannot be finished; the rest is in `e2e/test_environment_copies.py`.
@Suite(.needsNode) struct WholeEnvironmentTests {
    private func upload(_ text: String, to path: String, _ node: NodeFixture) async throws {
        let context = CallContext(environment: node.environment, caller: .key, requestID: "r-test")
        _ = try await node.sampan.files.upload(path, ByteBuffer(string: text), context)
    }

    private func folders(_ node: NodeFixture) throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: node.configuration.data.appendingPathComponent("env").path))
    }

    private func deploy(_ name: String, _ node: NodeFixture) async throws {
        let blobs = node.sampan.functions.folders.blobs(node.environment)
        let bytes = ByteBuffer(string: "exports.main = async () => 1")
        try blobs.put(bytes, hash: BlobStore.hash(bytes))
        let files: JSON = ["files": [["path": "index.js", "hash": .string(BlobStore.hash(bytes))]]]
        #expect(try await node.manage(.post, "/functions/\(name)/versions", files).status == 201)
    }

    @Test func aCopyKeepsItsFilesAndCodeWhenItsSourceIsDestroyed() async throws {
        try await NodeFixture.with { node async throws in
            try await upload("kept", to: "a.txt", node)
            try await deploy("f", node)
            let answer = try await node.manage(.post, "/copies", ["name": "copy"])
            #expect(answer.status == 201, "\(answer.text)")
            let copy = try #require(answer.json["id"]?.stringValue.flatMap { EnvironmentID($0) })
            _ = try await node.manage(.delete, "")
            node.time.advance(milliseconds: Tenancy.graceMilliseconds + 1)
            #expect(node.sampan.tenancy.expired() == [node.environment])
            try await node.sampan.parts.remove(node.environment)
            #expect(try folders(node) == [copy.text])
            let context = CallContext(environment: copy, caller: .key, requestID: "r-test")
            #expect(try await node.sampan.files.download("cloud://\(copy)/a.txt", context) == ByteBuffer(string: "kept"))
            let code = node.sampan.functions.folders.version(1, of: "f", in: copy).appendingPathComponent("index.js")
            #expect(try String(contentsOf: code, encoding: .utf8) == "exports.main = async () => 1")
        }
    }

    @Test func aCopyThatCannotBeFinishedLeavesNothing() async throws {
        try await NodeFixture.with { node async throws in
            try await upload("x", to: "a.txt", node)
            try await deploy("f", node)
            _ = try await node.token(of: "alice")
            // Functions come last but one: what came before has to be taken back.
            try FileManager.default.removeItem(at: node.sampan.functions.folders.versions(of: "f", in: node.environment))
            #expect(try await node.manage(.post, "/copies", ["name": "copy"]).status == 500)
            #expect(try folders(node) == [node.environment.text])
            #expect(node.sampan.tenancy.environments().map(\.id) == [node.environment])
            #expect(node.sampan.tenancy.abandoned() == [])
            #expect(node.sampan.functions.catalog.all.map(\.environment) == [node.environment])
        }
    }

    @Test func theNextStartKnowsWhatWasNotFinished() async throws {
        try await NodeFixture.with { node async throws in
            let id = try await node.sampan.tenancy.beginMaking()
            #expect(node.sampan.tenancy.abandoned() == [], "it is being made")
            #expect(throws: SampanError.self) { try node.sampan.tenancy.environment(id) }
            node.sampan.tenancy.abandon(id)
            #expect(node.sampan.tenancy.abandoned() == [id])
            try await node.sampan.parts.remove(id)
            #expect(node.sampan.tenancy.abandoned() == [])
        }
    }

    @Test func quotasAreOnlyRefusedWhereSomethingGrows() throws {
        var quotas = EnvironmentQuotas()
        try quotas.require(.files, before: 0, after: .max)
        quotas[.files] = 10
        try quotas.require(.files, before: 9, after: 10)
        #expect(throws: SampanError.self) { try quotas.require(.files, before: 10, after: 11) }
        try quotas.require(.files, before: 20, after: 20)
        try quotas.require(.files, before: 20, after: 15)
        #expect(throws: SampanError.self) { try quotas.require(.files, before: 20, after: 21) }
        for measure in EnvironmentQuotas.Measure.allCases {
            quotas[measure] = 3
            #expect(quotas[measure] == 3)
        }
    }
}
