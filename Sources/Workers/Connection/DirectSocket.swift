import NIOCore

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// A second descriptor for a worker's socket, to write to it past the channel.
///
/// Its own, so that it can be written to while the channel closes: the number is not given to anybody else before this is gone.
final class DirectSocket: Sendable {
    private let descriptor: Int32

    /// - Returns: `nil` when the process has no descriptor left; everything then goes through the channel.
    init?(duplicating socket: Int32) {
        descriptor = fcntl(socket, F_DUPFD_CLOEXEC, 3)
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }

    /// Writes what the socket takes without waiting, and leaves the rest in `bytes`.
    /// - Returns: whether it took anything.
    func write(_ bytes: inout ByteBuffer) -> Bool {
        let written = bytes.withUnsafeReadableBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL)) }
        guard written > 0 else { return false }
        bytes.moveReaderIndex(forwardBy: written)
        return true
    }
}
