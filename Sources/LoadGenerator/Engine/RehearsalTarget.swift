public import Kernel
public import NIOCore

/// Where load may go: an address on which the caller itself listens, and nothing else.
///
/// The only way to one is through the caller's listeners, and the generator takes nothing but this. What a name resolves to is decided here, once: a
/// name that means something else a second later changes nothing. Redirections are never followed.
public struct RehearsalTarget: Sendable {
    /// The address of the connections.
    public let address: SocketAddress
    /// What requests name as their `Host`.
    public let host: String

    /// The target of `url`, such as `http://127.0.0.1:9800`.
    ///
    /// - Parameters:
    ///   - listeners: The addresses on which the caller listens. One on all addresses (`0.0.0.0`, `::`) stands for loopback and for those of this
    ///     machine's interfaces.
    ///   - resolve: Gives the IP addresses of a name; the system's own resolver, unless given. It may block.
    /// - Throws: `LOAD_TARGET_REFUSED` for everything else: another scheme, another port, any address of the name that is neither a listener's nor loopback.
    public init(
        _ url: String, listeners: [SocketAddress], resolve: (String) -> [String] = HostLookup.addresses(of:)
    ) throws(SampanError) {
        guard let (name, port) = Self.hostAndPort(of: url) else {
            throw .targetRefused(url, Localized("only http://host:port is possible.", zh: "仅支持 http://主机:端口 的形式。"))
        }
        let found = resolve(name)
        guard !found.isEmpty else { throw .targetRefused(url, Localized("the name has no address.", zh: "该名称无法解析到地址。")) }
        let candidates = found.compactMap { try? SocketAddress(ipAddress: $0, port: port) }
        // `localhost` may mean one loopback address more than somebody listens on; any other stranger spoils the name.
        guard candidates.count == found.count, candidates.allSatisfy({ $0.isLoopback || Self.isOwn($0, listeners) }),
            let own = candidates.first(where: { Self.isOwn($0, listeners) })
        else {
            let all = found.joined(separator: ", ")
            throw .targetRefused(
                url, Localized("this server does not listen on \(all) port \(port).", zh: "本服务器未监听 \(all) 的端口 \(port)。"))
        }
        (address, host) = (own, name.contains(":") ? "[\(name)]:\(port)" : "\(name):\(port)")
    }

    /// Reads `http://host:port`, with nothing behind it but a slash.
    ///
    /// A user, a path, a query would be for a purpose that this does not have.
    private static func hostAndPort(of url: String) -> (host: String, port: Int)? {
        guard url.lowercased().hasPrefix("http://") else { return nil }
        var authority = url.dropFirst("http://".count)
        if authority.last == "/" { authority = authority.dropLast() }
        let isBracketed = authority.first == "["
        guard let colon = authority.lastIndex(of: ":"), let port = Int(authority[authority.index(after: colon)...]), (1...65535).contains(port)
        else { return nil }
        var host = authority[..<colon]
        if isBracketed {
            guard host.last == "]" else { return nil }
            host = host.dropFirst().dropLast()
        }
        let isName = host.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45 || $0 == 46 }
        let isIPv6 = isBracketed && host.utf8.allSatisfy { $0 == 58 || $0 == 46 || (48...57).contains($0) || (65...70).contains($0) || (97...102).contains($0) }
        return !host.isEmpty && (isBracketed ? isIPv6 : isName) ? (String(host), port) : nil
    }

    private static func isOwn(_ candidate: SocketAddress, _ listeners: [SocketAddress]) -> Bool {
        listeners.contains { listener in
            guard listener.port == candidate.port else { return false }
            guard listener.isOnAllAddresses else { return listener.ipAddress == candidate.ipAddress }
            return candidate.isLoopback || isOfThisMachine(candidate)
        }
    }

    private static func isOfThisMachine(_ candidate: SocketAddress) -> Bool {
        // Interfaces that cannot be listed are no reason to believe that the address is ours.
        guard let devices = try? System.enumerateDevices() else { return false }
        return devices.contains { $0.address?.ipAddress == candidate.ipAddress }
    }
}

extension SocketAddress {
    fileprivate var isOnAllAddresses: Bool { ipAddress == "0.0.0.0" || ipAddress == "::" }

    fileprivate var isLoopback: Bool { ipAddress == "::1" || ipAddress?.hasPrefix("127.") == true }
}
