import Foundation
import Kernel
import NIOCore

/// The bytes of a file, a piece at a time, so that no file has to fit in memory.
struct FilePieces: AsyncSequence, Sendable {
    static let pieceBytes = 256 << 10

    let file: URL

    func makeAsyncIterator() -> Iterator { Iterator(file: file) }

    struct Iterator: AsyncIteratorProtocol {
        private let file: URL
        private var handle: FileHandle?

        init(file: URL) { self.file = file }

        mutating func next() async throws -> ByteBuffer? {
            let open = try handle ?? FileHandle(forReadingFrom: file)
            handle = open
            guard let piece = try open.read(upToCount: FilePieces.pieceBytes), !piece.isEmpty else {
                try open.close()
                return nil
            }
            return ByteBuffer(bytes: piece)
        }
    }
}
