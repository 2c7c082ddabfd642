/// The `/etc` of workers: what a program needs to know of users, names and certificates, and nothing of this machine.
enum EtcDirectory {
    /// slirp4netns answers names at this address in a sandbox that has the internet.
    static let resolver = "10.0.2.3"

    /// Writes the folder.
    static func make(at path: String) throws(WorkersError) {
        try Directories.make("\(path)/ssl/certs")
        let files = [
            "passwd": "worker:x:1000:1000:worker:/tmp:/bin/sh\n",
            "group": "worker:x:1000:\n",
            "hosts": "127.0.0.1 localhost worker\n::1 localhost\n",
            "hostname": "worker\n",
            "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
            "resolv.conf": "nameserver \(resolver)\noptions timeout:3 attempts:2\n",
            "timezone": "Asia/Shanghai\n",
        ]
        for (name, text) in files { try Directories.write(text, to: "\(path)/\(name)") }
        if let certificates = certificates() { try Directories.write(certificates, to: "\(path)/ssl/certs/ca-certificates.crt") }
    }

    private static func certificates() -> String? {
        ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"].lazy.compactMap(Directories.read).first
    }
}
