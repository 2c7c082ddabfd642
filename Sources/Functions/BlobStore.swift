internal import Crypto
internal import Foundation
internal import Kernel
internal import NIOCore

/// The files of deployments by content: `blobs/ab/<sha256>`, written once, shared by versions through hard links.
struct BlobStore: Sendable {
    let folder: URL

    static func isHash(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    /// SHA-256 of some bytes, in hexadecimal.
    static func hash(_ bytes: ByteBuffer) -> String { bytes.withUnsafeReadableBytes { SHA256.hash(data: $0) }.hex }

    func has(_ hash: String) -> Bool { FileManager.default.fileExists(atPath: url(hash).path) }

    func size(_ hash: String) throws -> Int64 {
        (try FileManager.default.attributesOfItem(atPath: url(hash).path)[.size] as? Int64) ?? 0
    }

    /// Stores `bytes` under their hash: written aside, synced, then renamed into place.
    func put(_ bytes: ByteBuffer, hash: String) throws {
        let actual = Self.hash(bytes)
        guard actual == hash else {
            throw SampanError(
                "HASH_MISMATCH", status: 422, Localized("The body's SHA-256 is \(actual), not \(hash).", zh: "内容的 SHA-256 为 \(actual),与 \(hash) 不符。"),
                remedy: Localized("Send the file whole and unchanged.", zh: "请完整且原样上传文件。"))
        }
        if has(hash) { return }
        try FileManager.default.createDirectory(at: url(hash).deletingLastPathComponent(), withIntermediateDirectories: true)
        try bytes.withUnsafeReadableBytes { try DurableFile.write($0, to: url(hash).path, mode: 0o644) }
    }

    /// Makes `target` hold the files, as hard links to the blobs (copies where links are not possible).
    func materialize(_ files: [DeploymentRequest.File], at target: URL) throws {
        let manager = FileManager.default
        let staging = target.deletingLastPathComponent().appendingPathComponent(".\(target.lastPathComponent)-\(RandomText.make(8))")
        try manager.createDirectory(at: staging, withIntermediateDirectories: true)
        do {
            for file in files {
                let place = staging.appendingPathComponent(file.path)
                try manager.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
                // Executables get a copy of their own: a hard link would share the mode with others of the same content.
                if file.isExecutable || link(url(file.hash).path, place.path) != 0 {
                    try manager.copyItem(at: url(file.hash), to: place)
                    if file.isExecutable { try manager.setAttributes([.posixPermissions: 0o755], ofItemAtPath: place.path) }
                }
            }
            try? manager.removeItem(at: target)
            try manager.moveItem(at: staging, to: target)
        } catch {
            try? manager.removeItem(at: staging)
            throw error
        }
    }

    private func url(_ hash: String) -> URL { folder.appendingPathComponent(String(hash.prefix(2))).appendingPathComponent(hash) }
}
