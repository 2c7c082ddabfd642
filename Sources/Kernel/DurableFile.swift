#if canImport(Glibc)
    public import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Writes a file so that it is either there whole or not at all, also after a power cut.
public enum DurableFile {
    /// An operation of the file system that failed.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        /// What failed and why, for the log.
        public let description: String

        /// Makes a failure.
        public init(_ description: String) { self.description = description }
    }

    /// Writes aside, syncs, renames into place and syncs the folder.
    public static func write(_ bytes: UnsafeRawBufferPointer, to path: String, mode: mode_t = 0o600) throws {
        let aside = "\(path).\(RandomText.make(8)).part"
        let file = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard file >= 0 else { throw failure("create", aside) }
        do {
            defer { close(file) }
            var written = 0
            while written < bytes.count {
                let count = Glibc.write(file, bytes.baseAddress?.advanced(by: written), bytes.count - written)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw failure("write", aside) }
                written += count
            }
            guard fsync(file) == 0 else { throw failure("sync", aside) }
        } catch {
            unlink(aside)
            throw error
        }
        try move(aside, to: path)
    }

    /// Renames a synced file into place and syncs the folder, so that the new name survives too.
    public static func move(_ from: String, to path: String) throws {
        guard rename(from, path) == 0 else { throw failure("rename", from) }
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("sync", folder) }
    }

    private static func failure(_ what: String, _ path: String) -> Failure {
        Failure("cannot \(what) \(path): \(String(cString: strerror(errno)))")
    }
}
