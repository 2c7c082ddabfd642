import Foundation
import Kernel

/// Cuts a file of JSON lines into batches that one request can carry.
struct JSONLineReader {
    /// Lines that travel together.
    struct Batch: Sendable {
        var bytes: [UInt8] = []
        /// The number of the first line, from 1.
        var firstLine = 0
        var documents = 0
    }

    static let documentsPerBatch = 1000
    static let bytesPerBatch = 4 << 20
    static let pieceBytes = 256 << 10

    private let handle: FileHandle
    private var pending: [UInt8] = []
    /// Where in `pending` the next line starts.
    private var start = 0
    private var line = 0
    private var isAtEnd = false

    init(file: URL) throws {
        guard FileManager.default.isFile(file) else {
            throw CLIError(Localized("There is no file \(file.path).", zh: "文件 \(file.path) 不存在。"))
        }
        handle = try FileHandle(forReadingFrom: file)
    }

    /// The next lines; nil at the end.
    ///
    /// Empty lines stay in, so that a line's number within the batch leads back to the file.
    mutating func nextBatch() throws -> Batch? {
        var batch = Batch()
        while batch.documents < Self.documentsPerBatch, batch.bytes.count < Self.bytesPerBatch, let text = try nextLine() {
            line += 1
            let isBlank = !text.contains { !Self.blanks.contains($0) }
            if batch.bytes.isEmpty {
                guard !isBlank else { continue }
                batch.firstLine = line
            }
            batch.bytes += text
            batch.bytes.append(UInt8(ascii: "\n"))
            if !isBlank { batch.documents += 1 }
        }
        return batch.documents == 0 ? nil : batch
    }

    private static let blanks: Set<UInt8> = [0x20, 0x09, 0x0D]

    private mutating func nextLine() throws -> [UInt8]? {
        var searched = start
        while true {
            if let end = pending[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return Array(pending[start..<end])
            }
            if isAtEnd {
                defer { start = pending.count }
                return start < pending.count ? Array(pending[start...]) : nil
            }
            pending.removeSubrange(..<start)
            start = 0
            searched = pending.count
            try refill()
        }
    }

    private mutating func refill() throws {
        guard let piece = try handle.read(upToCount: Self.pieceBytes), !piece.isEmpty else {
            try handle.close()
            isAtEnd = true
            return
        }
        pending += piece
    }
}
