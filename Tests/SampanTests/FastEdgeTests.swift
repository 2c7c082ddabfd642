import HTTPSupport
import HTTPTypes
import Logging
import Testing

/// Which requests are plain enough to be answered beside the router.
struct FastEdgeTests {
    private func takes(_ fields: HTTPFields) -> Bool {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let edge = FastEdge(accessLog: AccessLog(path: "/dev/null", logger: logger), logger: logger)
        return edge.takes(HTTPRequest(method: .post, scheme: "http", authority: "x", path: "/", headerFields: fields))
    }

    @Test func aPlainRequestIsTaken() {
        #expect(takes([:]))
        #expect(takes([.connection: "keep-alive"]))
        #expect(takes([.connection: "Keep-Alive", .acceptLanguage: "zh"]), "as phones write it")
    }

    @Test(
        arguments: [
            [.connection: "close"], [.connection: "Upgrade"], [.connection: "keep-alive, Upgrade"], [.origin: "https://shop.example"],
            [.expect: "100-continue"],
        ] as [HTTPFields])
    func whatNeedsAWordMoreIsNot(_ fields: HTTPFields) {
        #expect(!takes(fields))
    }
}
