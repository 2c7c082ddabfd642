import CSpawn
import Glibc

/// Gives a sandbox the internet through slirp4netns, which carries its connections as an ordinary user of this machine.
struct InternetAttachment: Sendable {
    let slirp: String
    let setpriv: String?
    let unreachable: [IPv4Network]

    /// Connects the network of a worker; returns once it can be used.
    ///
    /// Blocks.
    func attach(to process: WorkerProcess) throws(WorkersError) {
        guard let inner = process.innerProcess() else {
            throw WorkersError(.startFailed, "The sandbox's process is not known, so it cannot get the internet.")
        }
        // First what must not be reached, then the way out: there is no moment in between.
        try block(in: inner)
        var ready: [Int32] = [-1, -1]
        guard cspawn_pipe(&ready) == 0 else { throw WorkersError(.startFailed, "pipe: \(Directories.lastError())") }
        defer { close(ready[0]) }
        let helper = try startHelper(for: inner, user: process.user, ready: ready[1])
        process.attach(helper: helper)
        var byte: UInt8 = 0
        guard read(ready[0], &byte, 1) == 1 else {
            throw WorkersError(.startFailed, "slirp4netns could not connect the sandbox's network; can every user open /dev/net/tun? (chmod 0666 /dev/net/tun)")
        }
    }

    private func block(in inner: pid_t) throws(WorkersError) {
        let networks = unreachable.map { cspawn_network(address: $0.bits, prefix: $0.prefix) }
        var step: UnsafePointer<CChar>?
        let error = cspawn_blackhole(inner, networks, Int32(networks.count), &step)
        guard error == 0 else {
            let at = step.map { String(cString: $0) } ?? ""
            throw WorkersError(.startFailed, "The sandbox's routes could not be closed (\(at)): \(String(cString: strerror(error)))")
        }
    }

    private func startHelper(for inner: pid_t, user: UInt32?, ready: Int32) throws(WorkersError) -> pid_t {
        defer { close(ready) }
        var network: Int32 = -1
        var owner: Int32 = -1
        let error = cspawn_open_network(inner, &network, &owner)
        guard error == 0 else {
            throw WorkersError(.startFailed, "The sandbox's network cannot be opened: \(String(cString: strerror(error)))")
        }
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { [network, owner, null].forEach { close($0) } }
        // Named by descriptors, because the namespace that owns the network is not the one which the process is in.
        var arguments = [
            slirp, "--configure", "--mtu=65520", "--disable-host-loopback", "--ready-fd=3", "--userns-path=/proc/self/fd/4",
            "--netns-type=path", "/proc/self/fd/5", "tap0",
        ]
        var program = slirp
        if let user, let setpriv {
            arguments = [setpriv, "--reuid", "\(user)", "--regid", "\(user)", "--clear-groups", "--pdeathsig", "KILL", "--"] + arguments
            program = setpriv
        }
        let child = ChildProcess(
            program: program, arguments: arguments, environment: ["PATH=/usr/sbin:/usr/bin:/bin"],
            descriptors: [null, null, null, ready, owner, network])
        return try child.start()
    }
}
