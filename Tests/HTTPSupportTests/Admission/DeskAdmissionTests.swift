import Foundation
import HTTPTypes
import Kernel
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import TestSupport
import Testing

@testable import HTTPSupport

/// Requests at the desk while there are more than can be served: who waits, who is refused, and that answers keep their order.
@Suite struct DeskAdmissionTests {
    /// Connections on one event loop whose gate lets in what costs 2 ms at a time; each request costs what its path says, in microseconds.
    final class House {
        let loop = EmbeddedEventLoop()
        let admission: AdmissionControl
        private(set) var connections: [Connection] = []

        init(targetMilliseconds: Double = 5) {
            admission = AdmissionControl(
                .init(targetMicroseconds: targetMilliseconds * 1000) { glance in
                    let parts = glance.path.split(separator: "/")
                    return Arrival(environment: parts.first.flatMap { EnvironmentID(String($0)) }, kind: parts.last == "pay" ? .pay : .browse)
                })
        }

        func connect(isSlow: Bool = false) throws -> Connection {
            let connection = try Connection(loop, admission, isSlow: isSlow)
            connections.append(connection)
            return connection
        }

        /// What requests of an environment cost, as if it had been measured.
        func cost(_ environment: String, _ microseconds: Double, _ kind: RequestClass = .browse) {
            for _ in 0..<200 { admission.costs.note(EnvironmentID(environment), kind, microseconds: microseconds) }
        }

        /// Lets the loop come to its next batch.
        func turn() { for _ in 0..<3 { loop.advanceTime(by: .microseconds(25)) } }
    }

    final class Connection {
        let channel: EmbeddedChannel
        let router: FrontDeskTests.Router

        init(_ loop: EmbeddedEventLoop, _ admission: AdmissionControl, isSlow: Bool) throws {
            channel = EmbeddedChannel(loop: loop)
            router = FrontDeskTests.Router(isSlow: isSlow)
            let count = RequestCount()
            let operations = channel.pipeline.syncOperations
            try operations.addHandler(FrontDesk([], count: count, admission: admission, room: ConnectionRoom(1000)))
            try operations.configureHTTPServerPipeline(withPipeliningAssistance: false, withErrorHandling: false)
            try operations.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            try operations.addHandler(count)
            try operations.addHandler(router)
            channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        }

        func send(_ text: String) throws { try channel.writeInbound(ByteBuffer(string: text)) }

        /// Everything that came back.
        func received() throws -> String {
            var bytes = ByteBuffer()
            while var piece = try channel.readOutbound(as: ByteBuffer.self) { bytes.writeBuffer(&piece) }
            return String(buffer: bytes)
        }
    }

    private func request(_ path: String, body: String = "", _ more: String = "") -> String {
        "POST \(path) HTTP/1.1\r\nHost: x\r\n\(more)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private func shop(_ name: String) -> String { "env-\(String(repeating: name, count: 12))" }

    @Test func whileThereIsRoomNobodyWaits() throws {
        let house = House()
        let connection = try house.connect()
        for number in 0..<5 {
            try connection.send(request("/\(shop("a"))/x", body: "b\(number)"))
            #expect(try connection.received().contains("b\(number)"))
            house.turn()
        }
    }

    @Test func whatIsTooMuchWaitsAndThenIsRefused() throws {
        let house = House()
        house.cost(shop("a"), 5001)
        let connections = try (0..<20).map { _ in try house.connect() }
        for connection in connections { try connection.send(request("/\(shop("a"))/x")) }
        let first = try connections.map { try $0.received() }
        #expect(first.count { $0.contains("200 OK") } == 1, "2 ms of them at a time")
        let refused = first.filter { $0.contains("503") }
        #expect(refused.count == 11, "eight may wait")
        for answer in refused { #expect(answer.contains("Retry-After: 1\r\n") && answer.contains("\"OVERLOADED\"") && answer.contains("x-request-id: ")) }
        for _ in 0..<9 { house.turn() }
        let later = try connections.map { try $0.received() }
        #expect(later.count { $0.contains("200 OK") } == 8, "whoever waited is served")
    }

    /// Whoever pays, and whoever else's shop is quiet, is served before the crowd.
    @Test func theImportantAndTheQuietComeBeforeTheCrowd() throws {
        let house = House()
        house.cost(shop("a"), 1001)
        house.cost(shop("a"), 1001, .pay)
        let crowd = try (0..<25).map { _ in try house.connect() }
        for connection in crowd { try connection.send(request("/\(shop("a"))/x")) }
        let payer = try house.connect()
        try payer.send(request("/\(shop("a"))/pay"))
        let neighbour = try house.connect()
        try neighbour.send(request("/\(shop("b"))/x"))
        house.turn()
        house.turn()
        #expect(try payer.received().contains("200 OK"))
        #expect(try neighbour.received().contains("200 OK"))
        #expect(try crowd.count { try $0.received().contains("200 OK") } < 25)
    }

    /// A refused request's body is read past, whether it has come or not, and the next request is understood.
    @Test func theConnectionGoesOnBehindARefusal() throws {
        let house = House()
        house.cost(shop("a"), 20_000)
        let full = try (0..<9).map { _ in try house.connect() }
        for connection in full { try connection.send(request("/\(shop("a"))/x")) }
        let connection = try house.connect()
        let whole = request("/\(shop("a"))/x", body: "POST /smuggled HTTP/1.1\r\n\r\n")
        try connection.send(whole)
        #expect(try connection.received().hasPrefix("HTTP/1.1 503"))
        let half = whole.index(whole.endIndex, offsetBy: -10)
        try connection.send(String(whole[..<half]))
        #expect(try connection.received().hasPrefix("HTTP/1.1 503"), "as soon as the head has come")
        try connection.send(String(whole[half...]))
        for _ in 0..<20 { house.turn() }
        try connection.send(request("/\(shop("b"))/x", body: "after"))
        for _ in 0..<4 { house.turn() }
        #expect(try connection.received().contains("after"))
        #expect(connection.router.requests == 1)
    }

    @Test func aBodyThatIsTooLongToReadPastEndsTheConnection() throws {
        let house = House()
        house.cost(shop("a"), 20_000)
        for _ in 0..<9 { try house.connect().send(request("/\(shop("a"))/x")) }
        let connection = try house.connect()
        try connection.send("POST /\(shop("a"))/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\nabc")
        #expect(try connection.received().contains("Connection: close"))
        #expect(!connection.channel.isActive)
    }

    /// Requests that are sent ahead are asked for one by one, and answered in their order.
    @Test func whatIsSentAheadIsAskedForOneByOne() throws {
        let house = House()
        house.cost(shop("a"), 1001)
        let connection = try house.connect(isSlow: true)
        try connection.send((0..<4).map { request("/\(shop("a"))/x", body: "b\($0)") }.joined())
        #expect(connection.router.requests == 1)
        var answers = ""
        for _ in 0..<4 {
            connection.router.answerOne()
            for _ in 0..<4 { house.turn() }
            answers += try connection.received()
        }
        #expect(connection.router.requests == 4)
        #expect(answers.ranges(of: "200 OK").count == 4)
        for number in 0..<4 { #expect(answers.contains("b\(number)")) }
    }

    @Test func whoeverHangsUpWhileWaitingCostsNothing() throws {
        let house = House(targetMilliseconds: 50)
        house.cost(shop("a"), 1001)
        let connections = try (0..<10).map { _ in try house.connect() }
        for connection in connections { try connection.send(request("/\(shop("a"))/x")) }
        for connection in connections[2..<9] { connection.channel.close(promise: nil) }
        house.loop.run()
        for _ in 0..<2 { house.turn() }
        #expect(try connections[9].received().contains("200 OK"))
        #expect(connections[2..<9].allSatisfy { $0.router.requests == 0 })
    }

    /// What cannot be told apart in front of the decoder is asked for behind it.
    @Test func strangeRequestsDoNotGoRoundTheGate() throws {
        let house = House()
        house.cost(shop("a"), 20_000)
        for _ in 0..<9 { try house.connect().send(request("/\(shop("a"))/x")) }
        let connection = try house.connect()
        try connection.send("POST /\(shop("a"))/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
        #expect(try connection.received().hasPrefix("HTTP/1.1 503"))
        #expect(connection.router.requests == 0)
    }

    @Test func aPageOfAnotherOriginCanReadTheRefusal() throws {
        let house = House()
        for _ in 0..<200 { house.admission.costs.note(nil, .browse, microseconds: 20_000) }
        for _ in 0..<9 { try house.connect().send(request("/v1/database")) }
        let connection = try house.connect()
        try connection.send(request("/v1/database", "Origin: https://shop.example\r\nAccept-Language: zh-CN\r\nx-request-id: mine-1\r\n"))
        let answer = try connection.received()
        #expect(answer.contains("Access-Control-Allow-Origin: *\r\n") && answer.contains("当前访问人数较多") && answer.contains("\"requestId\":\"mine-1\""))
        try connection.send(request("/console", "Origin: https://shop.example\r\n"))
        #expect(try !connection.received().contains("Access-Control"))
        try connection.send("HEAD /v1/database HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try connection.received().hasSuffix("\r\n\r\n"), "the answer to HEAD has no body")
    }
}
