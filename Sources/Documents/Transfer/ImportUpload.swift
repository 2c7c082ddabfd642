internal import Foundation
public import HTTPSupport
internal import Kernel

/// The bytes of a file on their way into the spool; what has come stays when the connection breaks.
public final class ImportUpload: FileReceiver {
    /// The import that the file is for.
    public let id: String
    /// The bytes that have come, of this upload and of earlier ones.
    public private(set) var size: Int64
    private let handle: FileHandle
    private let bytesMax: Int64
    private let isMaxExact: Bool
    private let leave: @Sendable () -> Void
    private var isClosed = false

    init(id: String, handle: FileHandle, size: Int64, bytesMax: Int64, isMaxExact: Bool, leave: @escaping @Sendable () -> Void) {
        self.id = id
        self.handle = handle
        self.size = size
        self.bytesMax = bytesMax
        self.isMaxExact = isMaxExact
        self.leave = leave
    }

    /// Takes the next bytes.
    public func write(_ bytes: ArraySlice<UInt8>) async throws {
        guard size + Int64(bytes.count) <= bytesMax else {
            throw isMaxExact ? SampanError.importTooLong(bytesMax) : SampanError.tooLarge(Int(bytesMax))
        }
        do {
            try await offEventLoop { [handle] in try handle.write(contentsOf: bytes) }
        } catch let error as CocoaError where error.code == .fileWriteOutOfSpace {
            throw SampanError.storageFull
        }
        size += Int64(bytes.count)
    }

    /// Closes the file.
    public func close() throws {
        guard !isClosed else { return }
        isClosed = true
        leave()
        try handle.close()
    }

    deinit {
        // Nobody waits for an answer any more.
        if !isClosed {
            leave()
            try? handle.close()
        }
    }
}
