import Glibc

/// Puts a version's files into the folder that a worker already has mounted.
///
/// Files are linked, so that a version takes its room once and appears at once; they are copied where links cannot be made
/// or where the worker's user could not read the original.
struct CodeDirectory {
    /// Whether workers run as another user than the one who owns the files.
    let readByOthers: Bool

    /// Fills the empty folder `target` with what is in `source`.
    func fill(_ target: String, from source: String) throws(WorkersError) {
        for name in Directories.names(in: source) { try place("\(source)/\(name)", at: "\(target)/\(name)") }
    }

    private func place(_ source: String, at target: String) throws(WorkersError) {
        var status = stat()
        guard lstat(source, &status) == 0 else { throw failure(source) }
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            guard mkdir(target, 0o755) == 0 else { throw failure(target) }
            try fill(target, from: source)
        case S_IFLNK:
            try copyLink(source, to: target)
        case S_IFREG:
            let readable = !readByOthers || status.st_mode & 0o004 != 0
            if readable, link(source, target) == 0 { return }
            try copyFile(source, to: target, executable: status.st_mode & 0o111 != 0)
        default:
            throw WorkersError(.directoryUnusable, "\(source) is neither a file, a folder nor a link.")
        }
    }

    private func copyLink(_ source: String, to target: String) throws(WorkersError) {
        let destination = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
            count = buffer.withMemoryRebound(to: CChar.self) { $0.baseAddress.map { max(0, readlink(source, $0, Int(PATH_MAX))) } ?? 0 }
        }
        guard !destination.isEmpty, symlink(String(decoding: destination, as: UTF8.self), target) == 0 else { throw failure(target) }
    }

    private func copyFile(_ source: String, to target: String, executable: Bool) throws(WorkersError) {
        let input = open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw failure(source) }
        defer { close(input) }
        let output = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard output >= 0 else { throw failure(target) }
        defer { close(output) }
        while true {
            let copied = sendfile(output, input, nil, 1 << 30)
            if copied == 0 { break }
            if copied < 0, errno != EINTR { throw failure(target) }
        }
        // The process's mask of file modes must not keep the worker's user from reading it.
        guard fchmod(output, executable ? 0o755 : 0o644) == 0 else { throw failure(target) }
    }

    private func failure(_ path: String) -> WorkersError {
        WorkersError(.directoryUnusable, "\(path): \(Directories.lastError())")
    }
}
