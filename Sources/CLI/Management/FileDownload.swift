import Foundation
import Kernel

/// Keeps what comes in a file, which appears under its name only when all of it is there.
enum FileDownload {
    static func save(_ body: ByteStream, to file: URL, each: ([UInt8]) -> Void) async throws {
        let draft = file.appendingPathExtension("part")
        guard FileManager.default.createFile(atPath: draft.path, contents: nil) else { throw cannotWrite(file) }
        do {
            let handle = try FileHandle(forWritingTo: draft)
            for try await piece in body {
                try handle.write(contentsOf: piece)
                each(piece)
            }
            try handle.close()
        } catch {
            unlink(draft.path)
            throw error
        }
        guard rename(draft.path, file.path) == 0 else { throw cannotWrite(file) }
    }

    private static func cannotWrite(_ file: URL) -> CLIError { CLIError(Localized("Cannot write \(file.path).", zh: "无法写入 \(file.path)。")) }
}
