import Kernel
import NIOCore
import Testing

@testable import LoadGenerator

@Suite struct RehearsalTargetTests {
    private let loopback: [SocketAddress]
    private let everywhere: [SocketAddress]

    init() throws {
        loopback = [try SocketAddress(ipAddress: "127.0.0.1", port: 9800), try SocketAddress(ipAddress: "::1", port: 9801)]
        everywhere = [try SocketAddress(ipAddress: "0.0.0.0", port: 9800)]
    }

    private func names(_ name: String) -> [String] {
        switch name {
        case "own.example": ["127.0.0.1"]
        case "other.example": ["93.184.216.34"]
        case "both.example": ["127.0.0.1", "93.184.216.34"]
        case "nobody.example": []
        case "localhost": ["::1", "127.0.0.1"]
        default: [name]
        }
    }

    @Test func whereTheCallerListensLoadMayGo() throws {
        let plain = try RehearsalTarget("http://127.0.0.1:9800", listeners: loopback, resolve: names)
        #expect(plain.address == loopback[0] && plain.host == "127.0.0.1:9800")
        #expect(try RehearsalTarget("HTTP://127.0.0.1:9800/", listeners: loopback, resolve: names).address == loopback[0])
        let sixth = try RehearsalTarget("http://[::1]:9801", listeners: loopback, resolve: names)
        #expect(sixth.address == loopback[1] && sixth.host == "[::1]:9801")
        let named = try RehearsalTarget("http://own.example:9800", listeners: loopback, resolve: names)
        #expect(named.address == loopback[0] && named.host == "own.example:9800")
        #expect(try RehearsalTarget("http://localhost:9800", listeners: loopback, resolve: names).address == loopback[0])
        #expect(try RehearsalTarget("http://127.0.0.1:9800", listeners: everywhere, resolve: names).address.port == 9800)
    }

    @Test(arguments: [
        "https://127.0.0.1:9800", "http://127.0.0.1", "http://127.0.0.1:9801", "http://127.0.0.2:9800", "http://[::1]:9800", "http://93.184.216.34:9800",
        "http://user@127.0.0.1:9800", "http://127.0.0.1:9800@other.example:9800", "http://127.0.0.1:9800/path", "http://127.0.0.1:9800?x",
        "http://127.0.0.1:9800#x", "http://other.example:9800", "http://both.example:9800", "http://nobody.example:9800", "http://:9800", "127.0.0.1:9800",
        "http://127.0.0.1:98000", "http://[::1:9801", "http://[own.example]:9800", "http://a b:9800", "file:///etc/passwd", "",
    ]) func anythingElseIsRefused(url: String) {
        let error = #expect(throws: SampanError.self) { try RehearsalTarget(url, listeners: loopback, resolve: names) }
        #expect(error?.code == "LOAD_TARGET_REFUSED")
    }

    @Test func aListenerOnAllAddressesStandsForThisMachineOnly() {
        for url in ["http://93.184.216.34:9800", "http://other.example:9800", "http://127.0.0.1:9801", "http://0.0.0.0:9800"] {
            #expect(throws: SampanError.self) { try RehearsalTarget(url, listeners: everywhere, resolve: names) }
        }
        #expect(throws: SampanError.self) { try RehearsalTarget("http://127.0.0.1:9800", listeners: [], resolve: names) }
    }

    @Test func theSystemsResolverKnowsThisMachine() {
        #expect(HostLookup.addresses(of: "127.0.0.1") == ["127.0.0.1"])
        #expect(HostLookup.addresses(of: "::1") == ["::1"])
        #expect(HostLookup.addresses(of: "a name that cannot be").isEmpty)
    }
}
