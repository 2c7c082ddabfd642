import NIOCore
import NIOEmbedded
import Testing

@testable import LoadGenerator

@Suite struct GeneratorConnectionTests {
    private final class Owner: GeneratorConnectionOwner {
        var answers: [Int] = []
        var faults: [RequestFault] = []
        var idleClosings = 0

        func answered(_ connection: GeneratorConnection, _ user: VirtualUser, _ answer: Answer) { answers.append(answer.status) }

        func closed(_ connection: GeneratorConnection, _ user: VirtualUser?, _ fault: RequestFault) {
            if user == nil { idleClosings += 1 } else { faults.append(fault) }
        }
    }

    private let owner = Owner()
    private let connection: GeneratorConnection
    private let channel: EmbeddedChannel

    init() throws {
        connection = GeneratorConnection(owner: owner)
        channel = EmbeddedChannel(handler: connection)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private func send(_ text: String = "GET / HTTP/1.1\r\n\r\n") {
        let user = VirtualUser(number: 0, journey: 0, arrived: 0, values: [])
        user.request = ByteBuffer(string: text)
        connection.send(user)
    }

    private func receive(_ text: String) throws { try channel.writeInbound(ByteBuffer(string: text)) }

    @Test func oneRequestAfterTheOther() throws {
        for status in [200, 404] {
            send("GET /\(status)")
            #expect(try channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(string: "GET /\(status)"))
            try receive("HTTP/1.1 \(status) X\r\nContent-")
            #expect(connection.user != nil)
            try receive("Length: 0\r\n\r\n")
            #expect(connection.user == nil && connection.isUsable)
        }
        #expect(owner.answers == [200, 404] && owner.faults.isEmpty)
    }

    @Test func theServersCloseIsHeeded() throws {
        send()
        try receive("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        #expect(owner.answers == [200])
        #expect(!connection.isUsable && !channel.isActive)
        #expect(owner.idleClosings == 1)
    }

    @Test func aConnectionThatBreaksLosesItsRequest() throws {
        send()
        try receive("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab")
        channel.pipeline.fireErrorCaught(IOError(errnoCode: 104, reason: "reset"))
        #expect(owner.faults == [.connectionClosed] && owner.answers.isEmpty)
    }

    @Test func nonsenseIsMalformed() throws {
        send()
        try receive("SMTP ready\r\n")
        #expect(owner.faults == [.malformedAnswer] && !channel.isActive)
    }

    @Test func whatNobodyAskedForEndsTheConnection() throws {
        try receive("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
        #expect(owner.idleClosings == 1 && owner.answers.isEmpty && !channel.isActive)
    }

    @Test func anAbandonedRequestIsNobodysAnswer() throws {
        send()
        #expect(connection.abandon() != nil)
        #expect(!channel.isActive && owner.faults.isEmpty && owner.idleClosings == 1)
    }
}
