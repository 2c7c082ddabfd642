import Foundation
import Kernel
import NIOPosix
import Testing

@testable import Mail

/// The mail server of `e2e/harness/mail.py`: aiosmtpd, with TLS and a password.
final class CatchingMailServer: Sendable {
    private static let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let python = checkout.appendingPathComponent(".venv/bin/python")

    /// Whether scripts/setup.sh test has installed it.
    static var isInstalled: Bool {
        let packages = checkout.appendingPathComponent(".venv/lib")
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: packages.path)) ?? []
        return versions.contains { FileManager.default.fileExists(atPath: packages.appendingPathComponent("\($0)/site-packages/aiosmtpd").path) }
    }

    /// What it said at its start: `url` and `from`.
    let settings: MailSettings
    let url: String
    private let output: FileHandle

    private init(url: String, from: String, output: FileHandle) throws {
        self.url = url
        settings = try MailSettings(url: url, from: from)
        self.output = output
    }

    /// Runs `body` while the server listens.
    static func run<Value>(_ arguments: [String], _ body: (CatchingMailServer) async throws -> Value) async throws -> Value {
        let (process, input, output) = (Process(), Pipe(), Pipe())
        process.executableURL = python
        process.arguments = [checkout.appendingPathComponent("e2e/harness/mail.py").path] + arguments
        process.standardInput = input
        process.standardOutput = output
        // aiosmtpd warns of what is as it should be here.
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer {
            input.fileHandleForWriting.closeFile()
            process.waitUntilExit()
        }
        let first = try await line(output.fileHandleForReading)
        let (url, from) = (try #require(first["url"]?.stringValue), try #require(first["from"]?.stringValue))
        return try await body(CatchingMailServer(url: url, from: from, output: output.fileHandleForReading))
    }

    /// The next mail that it got.
    func next() async throws -> JSONObject { try await Self.line(output) }

    /// Byte by byte, so that nothing of the line after it is taken; off the shared threads, since it waits.
    private static func line(_ output: FileHandle) async throws -> JSONObject {
        let bytes = try await NIOThreadPool.singleton.runIfActive {
            var bytes: [UInt8] = []
            while let byte = try output.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") { bytes.append(byte) }
            return bytes
        }
        return try #require(JSON(parsing: bytes).objectValue)
    }
}
