import Glibc

/// The few things that the pool does with folders.
enum Directories {
    /// Makes a folder and those above it.
    static func make(_ path: String, mode: mode_t = 0o755) throws(WorkersError) {
        if mkdir(path, mode) == 0 || errno == EEXIST { return }
        if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try make(String(path[..<slash]), mode: mode)
            if mkdir(path, mode) == 0 || errno == EEXIST { return }
        }
        throw WorkersError(.directoryUnusable, "\(path) cannot be made: \(lastError())")
    }

    /// The names in a folder; empty when it cannot be read.
    static func names(in path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Removes a file or a folder with everything in it.
    ///
    /// Symbolic links are removed, not followed.
    /// - Returns: whether nothing is left.
    @discardableResult
    static func remove(_ path: String) -> Bool {
        if unlink(path) == 0 || errno == ENOENT { return true }
        for name in names(in: path) { remove("\(path)/\(name)") }
        return rmdir(path) == 0 || errno == ENOENT
    }

    /// Writes a small file that everybody may read.
    static func write(_ text: String, to path: String) throws(WorkersError) {
        guard writeBytes(text, to: path, flags: O_WRONLY | O_CREAT | O_TRUNC) else {
            throw WorkersError(.directoryUnusable, "\(path) cannot be written: \(lastError())")
        }
    }

    /// Writes to a file that exists, such as those of the kernel.
    ///
    /// - Returns: whether it was taken.
    static func set(_ path: String, to text: String) -> Bool {
        writeBytes(text, to: path, flags: O_WRONLY)
    }

    /// The text of a small file.
    static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while bytes.count < 1 << 20 {
            let chunk = [UInt8](unsafeUninitializedCapacity: 8192) { buffer, count in
                count = max(0, Glibc.read(descriptor, buffer.baseAddress, buffer.count))
            }
            if chunk.isEmpty { break }
            bytes += chunk
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether it is a folder.
    static func exists(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// What `errno` says.
    static func lastError() -> String { String(cString: strerror(errno)) }

    private static func writeBytes(_ text: String, to path: String, flags: Int32) -> Bool {
        let descriptor = open(path, flags | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        return Glibc.write(descriptor, bytes, bytes.count) == bytes.count
    }
}
