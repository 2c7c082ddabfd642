import Foundation
import Kernel

/// Brings to the server the contents that it does not have yet.
struct BlobUpload: Sendable {
    let client: ManagementClient
    let environment: String
    let console: any Console
    let language: Language

    /// How many hashes one question may hold.
    static let hashesPerQuestion = 10_000
    static let uploadsAtOnce = 8

    /// Uploads what is missing of `manifests` and answers the hashes that were.
    func run(_ manifests: [FunctionManifest]) async throws -> Set<String> {
        let blobs = Dictionary(manifests.flatMap { zip($0.hashes, $0.files) }) { first, _ in first }
        let missing = try await missing(of: blobs.keys.sorted())
        let label = Localized("uploading", zh: "上传")[language]
        let progress = ProgressLine(label, total: missing.count, on: console)
        defer { progress.finish() }
        _ = try await concurrently(missing, limit: Self.uploadsAtOnce) { hash in
            guard let file = blobs[hash] else { return }
            try await upload(file, hash: hash)
            progress.advance()
        }
        return Set(missing)
    }

    private func missing(of hashes: [String]) async throws -> [String] {
        var missing: [String] = []
        for start in stride(from: 0, to: hashes.count, by: Self.hashesPerQuestion) {
            let part = hashes[start..<min(start + Self.hashesPerQuestion, hashes.count)]
            let body: JSON = ["hashes": .array(part.map { .string($0) })]
            let answer = try await client.send(.post, ["environments", environment, "blobs", "missing"], body: .json(body)).json()
            missing += (answer["missing"]?.arrayValue ?? []).compactMap(\.stringValue)
        }
        return missing
    }

    private func upload(_ file: FunctionFiles.File, hash: String) async throws {
        do {
            _ = try await client.send(
                .put, ["environments", environment, "blobs", hash], body: .file(file.location, length: file.bytes), timeout: .seconds(600))
        } catch let error as CLIError where error.status == 422 {
            throw CLIError(
                Localized("\(file.path) changed while it was uploaded.", zh: "\(file.path) 在上传过程中被修改。"),
                remedy: Localized("Deploy again.", zh: "请重新部署。"))
        }
    }
}
