import ArgumentParser
import Foundation
import Kernel
import Testing

@testable import CLI

/// A machine that is as a test describes it.
private struct DescribedMachine: MachineProbe {
    var programs: [String: (status: Int32, output: String)] = [
        "node": (0, "v20.11.0"), "bwrap": (0, "bubblewrap 0.8.0"), "slirp4netns": (0, "slirp4netns version 1.2.0\ncommit: x"),
        "stat": (0, "666"),
    ]
    var files: [String: String] = ["/proc/self/cgroup": "0::/system.slice/sampan.service", "/sys/fs/cgroup/cgroup.controllers": "memory"]
    var writable: Set<String> = [
        "/srv", "/sys/fs/cgroup/system.slice/sampan.service", "/sys/fs/cgroup/system.slice/sampan.service/cgroup.subtree_control",
    ]
    var free: Int64? = 100 << 30
    var portIsFree = true
    var sandboxFails = false

    func run(_ program: String, _ arguments: [String]) -> (status: Int32, output: String)? {
        if program == "bwrap", arguments.contains("--unshare-user"), sandboxFails, programs["bwrap"] != nil {
            return (1, "bwrap: No permissions")
        }
        return programs[program]
    }
    func text(of path: String) -> String? { files[path] }
    func exists(_ path: String) -> Bool { path == "/srv" || files[path] != nil }
    func isWritable(_ path: String) -> Bool { writable.contains(path) }
    func freeBytes(at path: String) -> Int64? { free }
    func canListen(on port: Int) -> Bool { portIsFree }
}

@Suite struct MachineChecksTests {
    private func findings(_ machine: DescribedMachine, isRunning: Bool = false) -> [String: DoctorFinding] {
        let checks = MachineChecks(probe: machine, data: URL(fileURLWithPath: "/srv/data"), port: 9800, serverIsRunning: isRunning)
        return Dictionary(uniqueKeysWithValues: checks.run().map { ($0.name, $0) })
    }

    @Test func aGoodMachine() {
        let found = findings(DescribedMachine())
        #expect(found.count == 7)
        #expect(found.values.allSatisfy { $0.status == .ok && $0.remedy == nil })
        #expect(found["slirp4netns"]?.detail.en == "slirp4netns version 1.2.0")
    }

    @Test func whatIsMissingIsNamedWithItsRemedy() {
        var machine = DescribedMachine()
        machine.programs = ["node": (0, "v16.20.0")]
        let found = findings(machine)
        #expect(found["node"]?.status == .fail)
        #expect(found["bubblewrap"]?.remedy?.en.contains("apt-get install bubblewrap") == true)
        #expect(found["user namespaces"]?.status == .fail)
        #expect(found["slirp4netns"]?.status == .warn)
    }

    @Test func theSwitchThatForbidsSandboxesIsNamed() {
        var machine = DescribedMachine()
        machine.sandboxFails = true
        #expect(findings(machine)["user namespaces"]?.remedy?.en.contains("Allow user namespaces") == true)
        machine.files["/proc/sys/kernel/unprivileged_userns_clone"] = "0"
        #expect(findings(machine)["user namespaces"]?.remedy?.en == "Run `sysctl -w kernel.unprivileged_userns_clone=1` as root.")
        machine.files["/proc/sys/kernel/unprivileged_userns_clone"] = "1"
        machine.files["/proc/sys/kernel/apparmor_restrict_unprivileged_userns"] = "1"
        #expect(findings(machine)["user namespaces"]?.remedy?.zh.contains("kernel.apparmor_restrict_unprivileged_userns=0") == true)
    }

    /// The helper runs as the user of a worker: what root may do says nothing.
    @Test func tunnelsThatOnlyRootMayUse() {
        var machine = DescribedMachine()
        machine.programs["stat"] = (0, "600")
        #expect(findings(machine)["slirp4netns"]?.status == .warn)
        #expect(findings(machine)["slirp4netns"]?.remedy?.en == "Run `chmod 0666 /dev/net/tun` as root.")
        machine.programs["stat"] = (1, "stat: cannot statx '/dev/net/tun': No such file or directory")
        #expect(findings(machine)["slirp4netns"]?.remedy?.en == "Run `modprobe tun` as root.")
    }

    @Test func cgroups() {
        var machine = DescribedMachine()
        machine.writable = ["/srv"]
        #expect(findings(machine)["cgroup"]?.status == .warn)
        machine.files["/sys/fs/cgroup/cgroup.controllers"] = nil
        #expect(findings(machine)["cgroup"]?.detail.en == "There is no cgroup version 2.")
        machine = DescribedMachine()
        machine.files["/proc/self/cgroup"] = "0::/"
        machine.writable = ["/srv", "/sys/fs/cgroup", "/sys/fs/cgroup/cgroup.subtree_control"]
        #expect(findings(machine)["cgroup"]?.status == .ok)
    }

    @Test(arguments: [(Int64(100) << 20, DoctorFinding.Status.fail), (Int64(1) << 30, .warn), (Int64(10) << 30, .ok)])
    func disk(_ free: Int64, _ status: DoctorFinding.Status) {
        var machine = DescribedMachine()
        machine.free = free
        #expect(findings(machine)["disk"]?.status == status)
        machine.writable = []
        #expect(findings(machine)["disk"]?.status == .fail)
    }

    @Test func ports() {
        var machine = DescribedMachine()
        machine.portIsFree = false
        #expect(findings(machine)["port 9800"]?.status == .fail)
        #expect(findings(machine, isRunning: true)["port 9800"]?.status == .ok)
    }
}

@Suite struct DoctorCommandTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private let healthy: RecordingServer.Answer = { request in
        switch request.path {
        case "/healthz": .json(["status": "ok", "version": "0.1.0"])
        default:
            request.headers["authorization"] == "Bearer sk-test"
                ? .json(["kind": "operator"]) : .problem(401, code: "KEY_INVALID", detail: "Unknown key.", remedy: "Sign in.")
        }
    }

    private func run(_ server: RecordingServer, key: String = "sk-test", _ flags: [String] = []) async throws -> (Bool, String) {
        let console = RecordingConsole()
        let context = try CommandContext.inTest(
            folder, variables: ["SAMPAN_ENDPOINT": server.endpoint, "SAMPAN_KEY": key], console: console)
        let command = try DoctorCommand.parse(flags + ["--data", "/srv/data"])
        do {
            try await command.execute(in: context, probe: DescribedMachine())
            return (true, console.output)
        } catch is SilentFailure {
            return (false, console.output)
        }
    }

    @Test func allIsWell() async throws {
        try await RecordingServer.run(healthy) { server in
            let (isWell, output) = try await run(server)
            #expect(isWell)
            #expect(output.split(separator: "\n").count == 9)
            #expect(output.contains("version 0.1.0"))
            #expect(output.contains("The key of operator."))
        }
    }

    @Test func aBadKeyFails() async throws {
        try await RecordingServer.run(healthy) { server in
            let (isWell, output) = try await run(server, key: "sk-old", ["--json"])
            #expect(!isWell)
            let checks = try #require(try JSON(parsing: output)["checks"]?.arrayValue)
            let key = try #require(checks.first { $0["check"] == "key" })
            #expect(key == ["check": "key", "status": "fail", "detail": "Unknown key.", "remedy": "Sign in."])
        }
    }

    @Test func anotherProgramOnThePortIsSeen() async throws {
        try await RecordingServer.run({ _ in .init(status: 404) }) { server in
            let (isWell, output) = try await run(server)
            #expect(!isWell)
            #expect(output.contains("answers HTTP 404"))
            let port = try #require(URLComponents(string: server.endpoint)?.port)
            #expect(!ThisMachine(searchPath: "").canListen(on: port))
        }
    }

    @Test func thisMachineAnswers() throws {
        let machine = ThisMachine(searchPath: "/usr/bin:/bin")
        #expect(machine.run("no-such-program", []) == nil)
        let echo = try #require(machine.run("echo", ["hello"]))
        #expect(echo == (0, "hello"))
        #expect(machine.run("false", [])?.status == 1)
        #expect(try #require(machine.freeBytes(at: "/")) > 0)
        #expect(machine.exists("/proc/self/cgroup"))
        #expect(machine.text(of: "/proc/no/such/file") == nil)
    }
}
