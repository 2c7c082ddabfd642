import Glibc

/// What this machine has for shutting workers in, found out once when the pool starts.
struct SandboxTools: Sendable {
    var bubblewrap: String?
    var slirp: String?
    /// Gives up root before the sandbox is made; there when the server is root.
    var setpriv: String?
    /// Limits processes inside the sandbox, where no control group does.
    var prlimit: String?
    var node: NodeInstallation
    /// Whether folders have to be mounted on a stage, because the worker's user may not reach them where they lie.
    var usesStage: Bool

    /// The descriptors that bubblewrap gets besides the worker's own three.
    static let informationDescriptor = 3
    static let filterDescriptor = 4
}

/// A folder of this machine that a worker sees.
struct SharedFolder: Sendable, Hashable {
    var host: String
    var inside: String
}

/// The command line of one worker, and what it needs from the one who starts it.
struct SandboxCommand: Sendable, Hashable {
    var program: String
    var arguments: [String]
    /// Folders that have to be mounted before `program` runs: from where to where.
    var staged: [SharedFolder] = []

    /// Covered in the worker's own mount namespace while the sandbox is put together; every Linux system has it.
    static let stage = "/tmp"
}

/// Builds command lines.
struct SandboxCommandBuilder: Sendable {
    let configuration: WorkerConfiguration
    let tools: SandboxTools
    /// The folder which becomes `/etc`.
    let etcDirectory: String
    let filtersCalls: Bool
    /// Whether no control group limits the number of processes.
    let limitsProcessesItself: Bool
    /// Which of the system's folders exist and how; found out by looking at this machine unless told.
    var systemMounts: [String] = SandboxCommandBuilder.systemMounts()

    /// The command of a worker whose code will lie in `codeDirectory`.
    ///
    /// - Parameter user: the user to become, when the server is root.
    func command(codeDirectory: String, memoryMB: Int, user: UInt32?) -> SandboxCommand {
        guard configuration.sandbox == .bubblewrap, let bubblewrap = tools.bubblewrap else {
            return SandboxCommand(
                program: tools.node.hostPath,
                arguments: [tools.node.hostPath]
                    + nodeArguments(memoryMB, "\(configuration.runtimeDirectory)/\(configuration.workerScript)"))
        }
        let (folders, staged) = stage(sharedFolders(codeDirectory: codeDirectory))
        var arguments = [bubblewrap] + namespaceArguments() + systemMounts
        arguments += folders.flatMap { ["--ro-bind", $0.host, $0.inside] }
        arguments += ["--chdir", "/code", "--remount-ro", "/"]
        if filtersCalls { arguments += ["--seccomp", "\(SandboxTools.filterDescriptor)"] }
        arguments += ["--info-fd", "\(SandboxTools.informationDescriptor)", "--"]
        if limitsProcessesItself, user == nil, let prlimit = tools.prlimit {
            arguments += [prlimit, "--nproc=\(configuration.pidsMax):\(configuration.pidsMax)", "--"]
        }
        arguments += [tools.node.sandboxPath] + nodeArguments(memoryMB, "/runtime/\(configuration.workerScript)")
        guard let user, let setpriv = tools.setpriv else {
            return SandboxCommand(program: bubblewrap, arguments: arguments, staged: staged)
        }
        // Becoming another user clears the signal that ends a child with its parent: setpriv asks for it again.
        let become = [setpriv, "--reuid", "\(user)", "--regid", "\(user)", "--clear-groups", "--no-new-privs", "--pdeathsig", "KILL", "--"]
        return SandboxCommand(program: setpriv, arguments: become + arguments, staged: staged)
    }

    /// Layers as a worker sees them, in order: where packages are looked for.
    var layerPaths: [String] {
        configuration.layers.enumerated().map { index, host in
            let seen = configuration.sandbox == .bubblewrap ? seenLayer(host, index) : host
            return Directories.exists("\(host)/node_modules") ? "\(seen)/node_modules" : seen
        }
    }

    /// The environment of a worker: nothing of the server's own.
    var environment: [String] {
        let home = configuration.sandbox == .bubblewrap ? "/tmp" : "/"
        return ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=\(home)", "LANG=C.UTF-8", "TZ=Asia/Shanghai"]
    }

    private func nodeArguments(_ memoryMB: Int, _ script: String) -> [String] { ["--max-old-space-size=\(memoryMB)", script] }

    private func namespaceArguments() -> [String] {
        [
            "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try",
            "--die-with-parent", "--cap-drop", "ALL", "--uid", "1000", "--gid", "1000", "--hostname", "worker",
            "--proc", "/proc", "--dev", "/dev", "--size", "\(configuration.tmpBytesMax)", "--perms", "1777", "--tmpfs", "/dev/shm",
            "--remount-ro", "/dev", "--size", "\(configuration.tmpBytesMax)", "--perms", "1777", "--tmpfs", "/tmp",
        ]
    }

    private func sharedFolders(codeDirectory: String) -> [SharedFolder] {
        var folders = [
            SharedFolder(host: etcDirectory, inside: "/etc"), SharedFolder(host: configuration.runtimeDirectory, inside: "/runtime"),
            SharedFolder(host: codeDirectory, inside: "/code"),
        ]
        folders += configuration.layers.enumerated().filter { !isSystem($1) }.map { SharedFolder(host: $1, inside: seenLayer($1, $0)) }
        if let prefix = tools.node.hostPrefix { folders.append(SharedFolder(host: prefix, inside: NodeInstallation.mountedPrefix)) }
        return folders
    }

    /// With a stage, bubblewrap mounts from there.
    private func stage(_ folders: [SharedFolder]) -> (folders: [SharedFolder], staged: [SharedFolder]) {
        guard tools.usesStage else { return (folders, []) }
        let staged = folders.enumerated().map { SharedFolder(host: $1.host, inside: "\(SandboxCommand.stage)/\($0)") }
        return (zip(folders, staged).map { SharedFolder(host: $1.inside, inside: $0.inside) }, staged)
    }

    /// Where a worker sees a layer: one of the system's at its own path, because the distribution's packages link to each other.
    private func seenLayer(_ host: String, _ index: Int) -> String { isSystem(host) ? host : "/layers/\(index)" }

    private func isSystem(_ path: String) -> Bool { systemMounts.contains { $0.hasPrefix("/usr/") && (path == $0 || path.hasPrefix("\($0)/")) } }

    /// The system's programs and libraries, read-only, and where packages of the distribution keep what Node needs.
    static func systemMounts() -> [String] {
        let wanted = [
            "/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec", "/usr/local/bin", "/usr/local/lib", "/usr/share/zoneinfo",
            "/usr/share/ca-certificates", "/usr/share/nodejs", "/usr/share/node_modules", "/usr/share/javascript",
            "/usr/share/icu", "/usr/share/fonts",
        ]
        var arguments = wanted.filter(Directories.exists).flatMap { ["--ro-bind", $0, $0] }
        for folder in ["bin", "lib", "lib32", "lib64"] {
            var status = stat()
            guard lstat("/\(folder)", &status) == 0 else { continue }
            let isLink = status.st_mode & S_IFMT == S_IFLNK
            arguments += isLink ? ["--symlink", "usr/\(folder)", "/\(folder)"] : ["--ro-bind", "/\(folder)", "/\(folder)"]
        }
        return arguments
    }
}
