import Glibc

extension WorkerConfiguration {
    /// The programs that workers need, found out before anything relies on them.
    public struct Programs: Sendable, Hashable {
        /// The Node executable.
        public let node: String
        /// The program that makes sandboxes; `nil` without sandboxes.
        public let bubblewrap: String?
    }

    /// Looks for the runtime and the programs that workers need on this machine.
    public func findPrograms() throws(WorkersError) -> Programs {
        let tools = try WorkerLauncher.findTools(self, isRoot: geteuid() == 0)
        return Programs(node: tools.node.hostPath, bubblewrap: tools.bubblewrap)
    }
}
