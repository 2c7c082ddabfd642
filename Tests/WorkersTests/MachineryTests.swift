import Foundation
import Testing

@testable import Workers

@Suite("What workers are made of")
struct MachineryTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("workers-\(UUID().uuidString)").path
        try Directories.make(folder)
        defer { Directories.remove(folder) }
        try body(folder)
    }

    // MARK: Code

    /// Everything arrives: nested folders, links, and files which the worker's user could not read where they are.
    @Test func fillsTheCodeFolder() throws {
        try withFolder { folder in
            try Directories.make("\(folder)/from/lib/deep")
            try Directories.make("\(folder)/to")
            try Directories.write("one", to: "\(folder)/from/index.js")
            try Directories.write("two", to: "\(folder)/from/lib/deep/secret.js")
            chmod("\(folder)/from/lib/deep/secret.js", 0o600)
            symlink("deep/secret.js", "\(folder)/from/lib/link.js")
            try CodeDirectory(readByOthers: true).fill("\(folder)/to", from: "\(folder)/from")
            #expect(Directories.read("\(folder)/to/index.js") == "one")
            #expect(Directories.read("\(folder)/to/lib/link.js") == "two")
            #expect(try inode("\(folder)/to/index.js") == inode("\(folder)/from/index.js"))
            #expect(try inode("\(folder)/to/lib/deep/secret.js") != inode("\(folder)/from/lib/deep/secret.js"))
            let mode = try FileManager.default.attributesOfItem(atPath: "\(folder)/to/lib/deep/secret.js")[.posixPermissions] as? Int
            #expect(mode == 0o644)
        }
    }

    @Test func saysWhichFileCannotBePlaced() throws {
        try withFolder { folder in
            try Directories.make("\(folder)/from")
            try Directories.make("\(folder)/to")
            mkfifo("\(folder)/from/pipe", 0o644)
            let error = #expect(throws: WorkersError.self) {
                try CodeDirectory(readByOthers: false).fill("\(folder)/to", from: "\(folder)/from")
            }
            #expect(error?.message.contains("from/pipe") == true)
        }
    }

    /// A folder is removed with what is in it, but not what a link in it points to.
    @Test func removesFoldersButNotWhatLinksPointTo() throws {
        try withFolder { folder in
            try Directories.make("\(folder)/kept")
            try Directories.write("here", to: "\(folder)/kept/file")
            try Directories.make("\(folder)/gone/inner")
            symlink("\(folder)/kept", "\(folder)/gone/inner/link")
            #expect(Directories.remove("\(folder)/gone"))
            #expect(!Directories.exists("\(folder)/gone"))
            #expect(Directories.read("\(folder)/kept/file") == "here")
        }
    }

    private func inode(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int)
    }

    // MARK: Control groups

    /// Version 2 on a folder that looks like it: the server moves to a leaf, and limits are written where the kernel reads them.
    @Test func setsVersion2Limits() throws {
        try withFolder { folder in
            let own = "\(folder)/service"
            try prepareVersion2(own)
            let groups = try #require(
                ControlGroups.detect(name: "sampan-1-1", membership: "0::/service", mounts: "cgroup2 \(folder) cgroup2 rw 0 0"))
            #expect(groups.version == 2)
            #expect(Directories.read("\(own)/sampan-server/cgroup.procs") == "\(getpid())")
            #expect(Directories.read("\(own)/cgroup.subtree_control") == "+memory +pids +cpu")
            #expect(Set(groups.folders.values) == ["\(own)/sampan-1-1"])
            try Directories.make("\(own)/sampan-1-1/w0")
            for file in ["pids.max", "cpu.weight", "cpu.max", "memory.max", "memory.swap.max"] {
                try Directories.write("", to: "\(own)/sampan-1-1/w0/\(file)")
            }
            let group = try #require(groups.makeGroup(for: "w0", pidsMax: 64, cpuWeight: 100, cpusMax: 1.5))
            #expect(group.limitMemory(bytes: 1000))
            let written = ["pids.max", "cpu.weight", "cpu.max", "memory.max", "memory.swap.max"].map {
                Directories.read("\(own)/sampan-1-1/w0/\($0)")
            }
            #expect(written == ["64", "100", "150000 100000", "1000", "0"])
            try Directories.write("anon 4096\nfile 8\n", to: "\(own)/sampan-1-1/w0/memory.stat")
            try Directories.write("low 0\noom 1\noom_kill 2\n", to: "\(own)/sampan-1-1/w0/memory.events")
            #expect(group.allocatedBytes == 4096)
            #expect(group.outOfMemoryKills == 2)
        }
    }

    private func prepareVersion2(_ own: String) throws {
        try Directories.make("\(own)/sampan-server")
        try Directories.make("\(own)/sampan-1-1")
        try Directories.write("cpu memory pids\n", to: "\(own)/cgroup.controllers")
        let written = ["cgroup.subtree_control", "cgroup.procs", "sampan-server/cgroup.procs", "sampan-1-1/cgroup.subtree_control"]
        for file in written { try Directories.write("", to: "\(own)/\(file)") }
    }

    @Test func doesWithoutControlGroups() {
        #expect(ControlGroups.detect(name: "x", membership: "0::/", mounts: "") == nil)
        #expect(ControlGroups.detect(name: "x", membership: "", mounts: "cgroup2 /nowhere cgroup2 rw 0 0") == nil)
        #expect(ControlGroups.detect(name: "x", membership: "0::/", mounts: "cgroup2 /nowhere cgroup2 rw 0 0") == nil)
    }

    // MARK: Words

    @Test func readsTheProcessInside() {
        #expect(WorkerProcess.childPID(in: "{\n    \"child-pid\": 4242,\n    \"net-namespace\": 402653\n}\n") == 4242)
        #expect(WorkerProcess.childPID(in: "{}") == nil)
    }

    @Test func findsWhereNodeIsMounted() {
        #expect(NodeInstallation(hostPath: "/usr/bin/node").sandboxPath == "/usr/bin/node")
        let own = NodeInstallation(hostPath: "/root/.nvm/versions/node/v22/bin/node")
        #expect(own.hostPrefix == "/root/.nvm/versions/node/v22")
        #expect(own.sandboxPath == "/opt/node/bin/node")
        #expect(NodeInstallation(hostPath: "/srv/node").sandboxPath == "/opt/node/node")
    }

    @Test func writesJSONThatOthersCanRead() throws {
        let awkward = "\"\\\n\u{1}\u{7f}/你好👋\u{2028}"
        var json = JSONText()
        json.object([("a", .string(awkward)), ("b", .number(-3)), ("c", .strings([awkward, ""])), ("d", .map([awkward: awkward]))])
        let parsed = try #require(JSONSerialization.jsonObject(with: Data(json.text.utf8)) as? [String: Any])
        #expect(parsed["a"] as? String == awkward)
        #expect(parsed["b"] as? Int == -3)
        #expect(parsed["c"] as? [String] == [awkward, ""])
        #expect(parsed["d"] as? [String: String] == [awkward: awkward])
    }
}
