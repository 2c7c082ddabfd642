import AsyncHTTPClient
import NIOCore

/// The connections of this process to servers.
enum HTTPConnections {
    /// A server that refuses a connection is told at once; waiting for it to start is the person's choice.
    static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(10)
        configuration.redirectConfiguration = .disallow
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()
}
