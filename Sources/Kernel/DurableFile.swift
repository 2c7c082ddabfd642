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
            try writeAll(bytes, to: file, aside)
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
        try sync(path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ".")
    }

    /// Waits until a file's bytes, or the names in a folder, are on the disk.
    public static func sync(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("sync", path) }
    }

    /// Gives a file that never changes a second name; where the file system has no links, or no more of them, it is copied.
    /// - Returns: whether the file was there.
    public static func link(_ path: String, to other: String) throws -> Bool {
        if Glibc.link(path, other) == 0 { return true }
        switch errno {
        case ENOENT: return false
        case EXDEV, EMLINK, EPERM, ENOTSUP: return try copy(path, to: other)
        default: throw failure("link", path)
        }
    }

    private static func copy(_ path: String, to other: String) throws -> Bool {
        let source = open(path, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else {
            if errno == ENOENT { return false }
            throw failure("open", path)
        }
        defer { close(source) }
        var status = stat()
        guard fstat(source, &status) == 0 else { throw failure("look at", path) }
        let target = open(other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, status.st_mode & 0o777)
        guard target >= 0 else { throw failure("create", other) }
        defer { close(target) }
        try withUnsafeTemporaryAllocation(byteCount: 256 << 10, alignment: 16) { piece in
            while true {
                let count = read(source, piece.baseAddress, piece.count)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw failure("read", path) }
                if count == 0 { return }
                try writeAll(UnsafeRawBufferPointer(rebasing: piece[..<count]), to: target, other)
            }
        }
        guard fsync(target) == 0 else { throw failure("sync", other) }
        return true
    }

    private static func writeAll(_ bytes: UnsafeRawBufferPointer, to file: Int32, _ path: String) throws {
        var written = 0
        while written < bytes.count {
            let count = Glibc.write(file, bytes.baseAddress?.advanced(by: written), bytes.count - written)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write", path) }
            written += count
        }
    }

    private static func failure(_ what: String, _ path: String) -> Failure {
        Failure("cannot \(what) \(path): \(String(cString: strerror(errno)))")
    }
}
