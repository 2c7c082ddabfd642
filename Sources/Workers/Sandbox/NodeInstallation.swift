import Glibc

/// Finds programs as a shell does.
enum ProgramSearch {
    /// The first executable `name` in `PATH` or in the usual folders.
    static func find(_ name: String) -> String? {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        let folders = path.split(separator: ":").map(String.init) + ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"]
        return folders.lazy.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    /// The path without symbolic links; `nil` when there is no such file.
    static func resolve(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}

/// Where Node is, outside and inside a sandbox.
struct NodeInstallation: Sendable, Hashable {
    /// The executable on this machine.
    let hostPath: String

    /// The folder that has to be mounted at `mountedPrefix`; `nil` when Node lies in the system's own folders.
    var hostPrefix: String? {
        if hostPath.hasPrefix("/usr/") || hostPath.hasPrefix("/bin/") { return nil }
        let folder = Self.parent(of: hostPath)
        return folder.hasSuffix("/bin") ? Self.parent(of: folder) : folder
    }

    /// The executable as a sandboxed worker sees it.
    var sandboxPath: String {
        guard let hostPrefix else { return hostPath }
        return Self.mountedPrefix + hostPath.dropFirst(hostPrefix.count)
    }

    static let mountedPrefix = "/opt/node"

    /// The configured Node or the first in `PATH`.
    static func find(_ configured: String?) throws(WorkersError) -> NodeInstallation {
        guard let path = configured ?? ProgramSearch.find("node"), let resolved = ProgramSearch.resolve(path), access(resolved, X_OK) == 0
        else {
            throw WorkersError(.nodeMissing, "\(configured ?? "node") was not found: install Node.js 18 or later, or name its path.")
        }
        return NodeInstallation(hostPath: resolved)
    }

    private static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }
}
