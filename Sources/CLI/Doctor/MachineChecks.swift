import Foundation
import Kernel

/// What a machine must have to run `sampan serve`.
struct MachineChecks {
    let probe: any MachineProbe
    /// The server's data folder.
    let data: URL
    let port: Int
    /// Whether a Sampan server answers on the port.
    let serverIsRunning: Bool

    static let nodeMajorMin = 18
    static let freeBytesFail: Int64 = 512 << 20
    static let freeBytesWarn: Int64 = 4 << 30

    func run() -> [DoctorFinding] {
        [node(), bubblewrap(), userNamespaces(), slirp(), cgroup(), disk(), listening()]
    }

    private func node() -> DoctorFinding {
        guard let (_, version) = probe.run("node", ["--version"]) else {
            return .fail("node", Localized("Node.js is not installed.", zh: "未安装 Node.js。"), remedy: Self.install("nodejs"))
        }
        let major = Int(version.drop { $0 == "v" }.prefix { $0.isNumber }) ?? 0
        guard major >= Self.nodeMajorMin else {
            return .fail(
                "node", Localized("Node.js \(version) is too old.", zh: "Node.js \(version) 版本过低。"),
                remedy: Localized("Install version \(Self.nodeMajorMin) or newer.", zh: "请安装 \(Self.nodeMajorMin) 或更新的版本。"))
        }
        return .ok("node", Localized(version, zh: version))
    }

    private func bubblewrap() -> DoctorFinding {
        guard let (_, version) = probe.run("bwrap", ["--version"]) else {
            return .fail("bubblewrap", Localized("bubblewrap is not installed.", zh: "未安装 bubblewrap。"), remedy: Self.install("bubblewrap"))
        }
        return .ok("bubblewrap", Localized(version, zh: version))
    }

    /// Tries what a sandbox does, and where it fails says which switch of the kernel is the likely cause.
    private func userNamespaces() -> DoctorFinding {
        let name = "user namespaces"
        guard
            let (status, output) = probe.run("bwrap", ["--ro-bind", "/", "/", "--unshare-user", "--unshare-pid", "--unshare-net", "true"])
        else {
            return .fail(
                name, Localized("Cannot be tried without bubblewrap.", zh: "没有 bubblewrap，无法检查。"), remedy: Self.install("bubblewrap"))
        }
        guard status != 0 else { return .ok(name, Localized("A sandbox can be made.", zh: "可以创建沙箱。")) }
        let switches = [("kernel.unprivileged_userns_clone", "0", "1"), ("kernel.apparmor_restrict_unprivileged_userns", "1", "0")]
        let off = switches.first { probe.text(of: "/proc/sys/" + $0.0.replacing(".", with: "/")) == $0.1 }
        let noneAllowed = probe.text(of: "/proc/sys/user/max_user_namespaces") == "0"
        let command = off.map { "sysctl -w \($0.0)=\($0.2)" } ?? (noneAllowed ? "sysctl -w user.max_user_namespaces=15000" : nil)
        return .fail(
            name, Localized("A sandbox cannot be made: \(output)", zh: "无法创建沙箱：\(output)"),
            remedy: command.map { Localized("Run `\($0)` as root.", zh: "请以 root 运行 `\($0)`。") }
                ?? Localized(
                    "Allow user namespaces (in a container: --security-opt seccomp=unconfined).",
                    zh: "请允许用户命名空间（容器中：--security-opt seccomp=unconfined）。"))
    }

    private func slirp() -> DoctorFinding {
        guard let (_, version) = probe.run("slirp4netns", ["--version"]) else {
            return .warn(
                "slirp4netns", Localized("Not installed: functions have no way to the internet.", zh: "未安装：云函数无法访问外网。"),
                remedy: Self.install("slirp4netns"))
        }
        // It runs as the user of its worker, so it is others' right that counts.
        let device = "/dev/net/tun"
        guard let (status, mode) = probe.run("stat", ["-c", "%a", device]), status == 0 else {
            return .warn(
                "slirp4netns", Localized("There is no \(device): functions have no way to the internet.", zh: "没有 \(device)：云函数无法访问外网。"),
                remedy: Localized("Run `modprobe tun` as root.", zh: "请以 root 运行 `modprobe tun`。"))
        }
        guard mode.hasSuffix("6") || mode.hasSuffix("7") else {
            return .warn(
                "slirp4netns",
                Localized("\(device) can be used by root only: functions have no way to the internet.", zh: "\(device) 仅 root 可用：云函数无法访问外网。"),
                remedy: Localized("Run `chmod 0666 \(device)` as root.", zh: "请以 root 运行 `chmod 0666 \(device)`。"))
        }
        let line = version.split(separator: "\n").first.map(String.init) ?? version
        return .ok("slirp4netns", Localized(line, zh: line))
    }

    private func cgroup() -> DoctorFinding {
        let remedy = Localized(
            "Start the server by systemd with Delegate=yes; without it a function's memory is only watched, not walled.",
            zh: "请用 systemd 并设置 Delegate=yes 启动服务；否则只能监测而不能硬性限制函数内存。")
        let line = probe.text(of: "/proc/self/cgroup")?.split(separator: "\n").first { $0.hasPrefix("0::") }
        guard let line, probe.exists("/sys/fs/cgroup/cgroup.controllers") else {
            return .warn("cgroup", Localized("There is no cgroup version 2.", zh: "没有 cgroup v2。"), remedy: remedy)
        }
        let own = line.dropFirst(3)
        let folder = "/sys/fs/cgroup" + (own == "/" ? "" : own)
        guard probe.isWritable(folder),
            probe.isWritable(folder + "/cgroup.subtree_control")
        else {
            return .warn("cgroup", Localized("\(folder) cannot be written.", zh: "\(folder) 不可写。"), remedy: remedy)
        }
        return .ok("cgroup", Localized("\(folder) can be written.", zh: "\(folder) 可写。"))
    }

    private func disk() -> DoctorFinding {
        let place = data.selfAndParents.first { probe.exists($0.path) } ?? URL(fileURLWithPath: "/")
        guard probe.isWritable(place.path) else {
            return .fail(
                "disk", Localized("\(place.path) cannot be written.", zh: "\(place.path) 不可写。"),
                remedy: Localized("Correct its owner, or name another folder with --data.", zh: "请修正其属主，或用 --data 指定其他文件夹。"))
        }
        guard let free = probe.freeBytes(at: place.path) else {
            return .warn(
                "disk", Localized("The free space of \(place.path) is not known.", zh: "无法得知 \(place.path) 的剩余空间。"),
                remedy: Localized("Look with `df -h`.", zh: "请用 `df -h` 查看。"))
        }
        let size = ByteCount.text(Int(free))
        let detail = Localized("\(size) free in \(place.path).", zh: "\(place.path) 剩余 \(size)。")
        let remedy = Localized("Make room, or name another folder with --data.", zh: "请腾出空间，或用 --data 指定其他文件夹。")
        if free < Self.freeBytesFail { return .fail("disk", detail, remedy: remedy) }
        return free < Self.freeBytesWarn ? .warn("disk", detail, remedy: remedy) : .ok("disk", detail)
    }

    private func listening() -> DoctorFinding {
        let name = "port \(port)"
        if serverIsRunning { return .ok(name, Localized("Sampan listens.", zh: "Sampan 正在监听。")) }
        if probe.canListen(on: port) { return .ok(name, Localized("Free.", zh: "空闲。")) }
        return .fail(
            name, Localized("Taken by another program.", zh: "被其他程序占用。"),
            remedy: Localized("Stop it, or start Sampan with another --port.", zh: "请停止该程序，或用其他 --port 启动 Sampan。"))
    }

    private static func install(_ package: String) -> Localized {
        Localized("Run `apt-get install \(package)`.", zh: "请运行 `apt-get install \(package)`。")
    }
}
