import Glibc

/// Finds out whether this process may make control groups, and makes one for each worker.
struct ControlGroups: Sendable {
    /// The controllers that limit a worker.
    enum Controller: String, Sendable, CaseIterable { case memory, pids, cpu }

    /// The folder of this pool's groups for each controller; with version 2 it is the same for all.
    let folders: [Controller: String]
    let version: Int

    /// Looks for a place where groups can be made.
    ///
    /// - Parameter name: the name of this pool's own group.
    static func detect(
        name: String, membership: String? = Directories.read("/proc/self/cgroup"), mounts: String? = Directories.read("/proc/self/mounts")
    ) -> ControlGroups? {
        guard let membership, let mounts else { return nil }
        let hierarchies = mounts.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }.filter { $0.count >= 4 }
        let memberships = membership.split(separator: "\n").map { $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false) }
        return detectVersion1(name, hierarchies, memberships) ?? detectVersion2(name, hierarchies, memberships)
    }

    private static func detectVersion1(_ name: String, _ hierarchies: [[String]], _ memberships: [[Substring]]) -> ControlGroups? {
        var folders: [Controller: String] = [:]
        for controller in Controller.allCases {
            let mount = hierarchies.first { $0[2] == "cgroup" && $0[3].split(separator: ",").contains(Substring(controller.rawValue)) }
            let member = memberships.first { $0.count == 3 && $0[1].split(separator: ",").contains(Substring(controller.rawValue)) }
            guard let mount, let member else { continue }
            let own = mount[1] + (member[2] == "/" ? "" : String(member[2]))
            // In a container the path may be the one outside of it: then the mount's root is our own group.
            let base = Directories.exists(own) ? own : mount[1]
            removeStale(in: base)
            if makeGroup("\(base)/\(name)") { folders[controller] = "\(base)/\(name)" }
        }
        return folders.isEmpty ? nil : ControlGroups(folders: folders, version: 1)
    }

    /// In version 2 a group has either processes or groups with limits, so the server moves to a leaf of its own first.
    private static func detectVersion2(_ name: String, _ hierarchies: [[String]], _ memberships: [[Substring]]) -> ControlGroups? {
        guard let mount = hierarchies.first(where: { $0[2] == "cgroup2" }), let member = memberships.first(where: { $0.first == "0" })
        else {
            return nil
        }
        var base = mount[1] + (member[2] == "/" ? "" : String(member[2]))
        if base.hasSuffix("/\(serverLeaf)") { base.removeLast(serverLeaf.count + 1) }
        let offered = Directories.read("\(base)/cgroup.controllers")?.split(whereSeparator: \.isWhitespace).map(String.init) ?? []
        let controllers = Controller.allCases.filter { offered.contains($0.rawValue) }
        guard controllers.contains(.memory) else { return nil }
        removeStale(in: base)
        let enable = controllers.map { "+\($0.rawValue)" }.joined(separator: " ")
        guard makeGroup("\(base)/\(serverLeaf)"), Directories.set("\(base)/\(serverLeaf)/cgroup.procs", to: "\(getpid())") else {
            return nil
        }
        guard Directories.set("\(base)/cgroup.subtree_control", to: enable), makeGroup("\(base)/\(name)"),
            Directories.set("\(base)/\(name)/cgroup.subtree_control", to: enable)
        else {
            _ = Directories.set("\(base)/cgroup.procs", to: "\(getpid())")
            return nil
        }
        return ControlGroups(folders: Dictionary(uniqueKeysWithValues: controllers.map { ($0, "\(base)/\(name)") }), version: 2)
    }

    static let namePrefix = "sampan-"
    private static let serverLeaf = "sampan-server"

    private static func makeGroup(_ path: String) -> Bool { mkdir(path, 0o755) == 0 || errno == EEXIST }

    /// Removes what a server that was killed has left.
    private static func removeStale(in base: String) {
        for name in Directories.names(in: base) where name.hasPrefix(namePrefix) {
            guard let owner = name.dropFirst(namePrefix.count).split(separator: "-").first.flatMap({ Int32($0) }), kill(owner, 0) != 0
            else { continue }
            removeGroups("\(base)/\(name)")
        }
    }

    private static func removeGroups(_ path: String) {
        for name in Directories.names(in: path) where Directories.exists("\(path)/\(name)") { rmdir("\(path)/\(name)") }
        rmdir(path)
    }

    /// Removes the pool's own groups, which have to be empty.
    func remove() { Set(folders.values).forEach(Self.removeGroups) }

    /// A group for one worker.
    func makeGroup(for worker: String, pidsMax: Int, cpuWeight: Int, cpusMax: Double?) -> ControlGroup? {
        let own = folders.mapValues { "\($0)/\(worker)" }
        guard Set(own.values).allSatisfy(Self.makeGroup) else { return nil }
        let group = ControlGroup(folders: own, version: version)
        group.limitProcesses(pidsMax)
        group.limitProcessors(weight: cpuWeight, max: cpusMax)
        return group
    }
}

/// The control group of one worker.
struct ControlGroup: Sendable {
    let folders: [ControlGroups.Controller: String]
    let version: Int

    var paths: Set<String> { Set(folders.values) }
    var limitsMemory: Bool { folders[.memory] != nil }
    var limitsProcesses: Bool { folders[.pids] != nil }

    func limitProcesses(_ count: Int) { set(.pids, "pids.max", "\(count)") }

    func limitProcessors(weight: Int, max: Double?) {
        let period = 100_000
        let quota = max.map { Int($0 * Double(period)) }
        if version == 1 {
            // 100 is the usual weight in version 2, 1024 in version 1.
            set(.cpu, "cpu.shares", "\(Swift.max(2, weight * 1024 / 100))")
            if let quota { set(.cpu, "cpu.cfs_quota_us", "\(quota)") }
        } else {
            set(.cpu, "cpu.weight", "\(weight)")
            if let quota { set(.cpu, "cpu.max", "\(quota) \(period)") }
        }
    }

    /// - Returns: whether the kernel took the limit.
    @discardableResult
    func limitMemory(bytes: Int) -> Bool {
        if version == 1 {
            let taken = set(.memory, "memory.limit_in_bytes", "\(bytes)")
            set(.memory, "memory.memsw.limit_in_bytes", "\(bytes)")
            return taken
        }
        set(.memory, "memory.swap.max", "0")
        return set(.memory, "memory.max", "\(bytes)")
    }

    /// Memory that cannot be given back: what the processes allocated.
    var allocatedBytes: Int? {
        guard let text = folders[.memory].flatMap({ Directories.read("\($0)/memory.stat") }) else { return nil }
        return Self.number(after: version == 1 ? "total_rss" : "anon", in: text)
    }

    /// How often the kernel has ended a process of this group for lack of memory.
    var outOfMemoryKills: Int {
        let file = version == 1 ? "memory.oom_control" : "memory.events"
        guard let text = folders[.memory].flatMap({ Directories.read("\($0)/\(file)") }) else { return 0 }
        return Self.number(after: "oom_kill", in: text) ?? 0
    }

    /// Ends every process in the group.
    func kill() {
        for path in paths {
            if version == 2, Directories.set("\(path)/cgroup.kill", to: "1") { continue }
            for process in Directories.read("\(path)/cgroup.procs")?.split(separator: "\n") ?? [] {
                if let id = Int32(process), id > 1 { Glibc.kill(id, SIGKILL) }
            }
        }
    }

    /// Removes the group; this fails for as long as a process is in it.
    ///
    /// - Returns: whether it is gone.
    func remove() -> Bool {
        paths.allSatisfy { rmdir($0) == 0 || errno == ENOENT }
    }

    @discardableResult
    private func set(_ controller: ControlGroups.Controller, _ file: String, _ value: String) -> Bool {
        folders[controller].map { Directories.set("\($0)/\(file)", to: value) } ?? false
    }

    private static func number(after name: String, in text: String) -> Int? {
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ")
            if parts.count == 2, parts[0] == name { return Int(parts[1]) }
        }
        return nil
    }
}
