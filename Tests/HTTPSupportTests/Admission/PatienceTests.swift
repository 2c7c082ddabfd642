import Foundation
import NIOCore
import NIOEmbedded
import Testing

@testable import HTTPSupport

/// Who only keeps a place, and who is waited for.
@Suite struct PatienceTests {
    private func patience(idle: Int64 = 10_000, head: Int64 = 10_000, body: Int64 = 10_000, rate: Int = 256) -> ConnectionRoom.Patience {
        var patience = ConnectionRoom.Patience()
        (patience.idle, patience.head, patience.body) = (.milliseconds(idle), .milliseconds(head), .milliseconds(body))
        (patience.bodyRate, patience.look) = (rate, .milliseconds(5))
        return patience
    }

    /// Sends pieces with pauses, and tells whether the connection is still there.
    private func survives(_ patience: ConnectionRoom.Patience, _ pieces: [String], pause: Double = 0.01) throws -> Bool {
        let line = try FrontDeskTests.Line(isSlow: true, room: ConnectionRoom(100, patience: patience))
        for piece in pieces where line.channel.isActive {
            try line.send(piece)
            Thread.sleep(forTimeInterval: pause)
            line.channel.embeddedEventLoop.advanceTime(by: .milliseconds(6))
        }
        defer { _ = try? line.channel.finish(acceptAlreadyClosed: true) }
        return line.channel.isActive
    }

    @Test func aHeadByteByByteIsNotWaitedForForEver() throws {
        let pieces = "POST /other HTTP/1.1\r\nHost: example\r\nx-a: aaaaaaaaaaaaaaaaaaaa\r\n".map { String($0) }
        #expect(try !survives(patience(head: 100), pieces))
        #expect(try survives(patience(), Array(pieces.prefix(20))))
    }

    @Test func aBodyByteByByteIsNotWaitedForForEver() throws {
        let head = "POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
        let slow = [head] + Array(repeating: "a", count: 30)
        #expect(try !survives(patience(body: 100, rate: 5000), slow))
        #expect(try survives(patience(body: 100, rate: 5000), [head] + Array(repeating: String(repeating: "a", count: 2000), count: 30)))
    }

    @Test func beyondTheRoomThereIsNone() throws {
        let room = ConnectionRoom(2)
        let lines = try (0..<3).map { _ in try FrontDeskTests.Line(room: room) }
        #expect(lines.map(\.channel.isActive) == [true, true, false])
        lines[0].channel.close(promise: nil)
        lines[0].channel.embeddedEventLoop.run()
        #expect(room.connections == 1)
        #expect(try FrontDeskTests.Line(room: room).channel.isActive)
    }

    @Test func theFullerTheShorter() {
        let room = ConnectionRoom(10)
        #expect(room.now.idle == .seconds(75))
        for _ in 0..<6 { _ = room.enter() }
        #expect(room.now.idle == .seconds(10))
        for _ in 0..<3 { _ = room.enter() }
        #expect(room.now.idle == .seconds(2))
        for _ in 0..<9 { room.leave() }
        #expect(room.now.idle == .seconds(75) && room.connections == 0)
    }
}
