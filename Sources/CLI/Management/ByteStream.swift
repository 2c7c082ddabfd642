import AsyncHTTPClient
import NIOCore

/// The bytes of an answer as they come.
struct ByteStream: AsyncSequence {
    let body: HTTPClientResponse.Body

    func makeAsyncIterator() -> Iterator { Iterator(body: body.makeAsyncIterator()) }

    struct Iterator: AsyncIteratorProtocol {
        var body: HTTPClientResponse.Body.AsyncIterator

        mutating func next() async throws -> [UInt8]? {
            try await body.next().map { Array($0.readableBytesView) }
        }
    }
}
