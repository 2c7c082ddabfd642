import Crypto
import Foundation
import Kernel

/// The SHA-256 of files: what names their content on the server.
enum ContentHash {
    static let pieceBytes = 1 << 20

    /// Reads a file piece by piece.
    static func hex(of file: URL) throws -> String {
        let handle = try FileHandle(forReadingFrom: file)
        defer { try? handle.close() }
        var hash = SHA256()
        while let piece = try handle.read(upToCount: pieceBytes), !piece.isEmpty { hash.update(data: piece) }
        return hash.finalize().hex
    }
}
