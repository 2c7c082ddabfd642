internal import AsyncHTTPClient
internal import Foundation
internal import Identity
internal import NIOCore
internal import NIOHTTP1

/// HTTP to the outside: the super-apps' gateways.
enum Outbound {
    private static let answerBytesMax = 8 << 20
    private static let timeout = TimeAmount.seconds(15)

    /// A gateway that cannot be reached is reported at once: who logs in waits for it.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration.singletonConfiguration
        configuration.timeout.connect = .seconds(4)
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    static let live = OutboundHTTP { request in
        var outgoing = HTTPClientRequest(url: request.url)
        outgoing.method = request.method == "GET" ? .GET : .POST
        if let type = request.contentType {
            outgoing.headers.add(name: "content-type", value: type)
            outgoing.body = .bytes(ByteBuffer(bytes: request.body))
        }
        let answer = try await client.execute(outgoing, timeout: timeout)
        let body = try await answer.body.collect(upTo: answerBytesMax)
        return (Int(answer.status.code), Array(body.readableBytesView))
    }
}
