import Foundation
import Kernel
import NIOCore

/// The bytes of a file, a piece at a time, so that no file has to fit in memory.
struct FilePieces: AsyncSequence, Sendable {
    static let pieceBytes = 256 << 10

    let file: URL
    /// The first byte.
    var offset = 0
    /// Told of each piece that is taken.
    var progress: ProgressLine?

    func makeAsyncIterator() -> Iterator { Iterator(file: file, offset: offset, progress: progress) }

    struct Iterator: AsyncIteratorProtocol {
        private let file: URL
        private let offset: Int
        private let progress: ProgressLine?
        private var handle: FileHandle?

        init(file: URL, offset: Int, progress: ProgressLine?) {
            self.file = file
            self.offset = offset
            self.progress = progress
        }

        mutating func next() async throws -> ByteBuffer? {
            let open = try handle ?? FileHandle(forReadingFrom: file)
            if handle == nil { try open.seek(toOffset: UInt64(offset)) }
            handle = open
            guard let piece = try open.read(upToCount: FilePieces.pieceBytes), !piece.isEmpty else {
                try open.close()
                return nil
            }
            progress?.advance(by: piece.count)
            return ByteBuffer(bytes: piece)
        }
    }
}
