import Glibc

/// What a process and its descendants have allocated, from `/proc`.
enum ProcessMemory {
    /// Anonymous memory in bytes.
    static func allocatedBytes(ofTree root: pid_t) -> Int {
        var total = 0
        var open = [root]
        var visited = 0
        while let process = open.popLast(), visited < 4096 {
            visited += 1
            total += allocatedBytes(of: process)
            let children = Directories.read("/proc/\(process)/task/\(process)/children") ?? ""
            open += children.split(separator: " ").compactMap { pid_t($0) }
        }
        return total
    }

    private static func allocatedBytes(of process: pid_t) -> Int {
        guard let status = Directories.read("/proc/\(process)/status") else { return 0 }
        for line in status.split(separator: "\n") where line.hasPrefix("RssAnon:") {
            return (line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) << 10
        }
        return 0
    }
}
