import Foundation
import HTTPTypes
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import TestSupport
import Testing

@testable import HTTPSupport

/// The desk in front of NIO's own decoder: who gets which request, and in which order answers go out.
@Suite struct FrontDeskTests {
    /// Takes what goes to `/lane/…`, and answers at once or when it is told.
    final class Lane: FastLane {
        let start = "POST /lane/"
        let bodyBytesMax = 100
        let isSlow: Bool
        let requests = NIOLockedValueBox<[(FastRequest, FastReply)]>([])
        let waiting = NIOLockedValueBox<[(FastRequest, FastReply)]>([])

        init(isSlow: Bool) { self.isSlow = isSlow }

        func takes(_ target: Substring) -> Bool { !target.contains("?") }

        func answer(_ request: FastRequest, _ reply: FastReply) {
            requests.withLockedValue { $0.append((request, reply)) }
            if isSlow { return waiting.withLockedValue { $0.append((request, reply)) } }
            Self.send(request, reply)
        }

        /// Answers the oldest that waits.
        func answerOne() {
            guard let (request, reply) = waiting.withLockedValue({ $0.isEmpty ? nil : $0.removeFirst() }) else { return }
            Self.send(request, reply)
        }

        private static func send(_ request: FastRequest, _ reply: FastReply) {
            let body = "lane \(request.requestID ?? "") \(String(buffer: request.body))"
            reply.send(ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"))
        }
    }

    /// Answers in the order of the requests, at once or when it is told.
    final class Router: ChannelInboundHandler {
        typealias InboundIn = HTTPRequestPart
        typealias OutboundOut = HTTPResponsePart

        private let isSlow: Bool
        private var request: HTTPRequest?
        private var body = ""
        private var waiting: [String] = []
        private var context: ChannelHandlerContext?
        private(set) var requests = 0

        init(isSlow: Bool) { self.isSlow = isSlow }

        func handlerAdded(context: ChannelHandlerContext) { self.context = context }
        func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): (request, body) = (head, "")
            case .body(let bytes): body += String(buffer: bytes)
            case .end:
                requests += 1
                waiting.append("router \(request.flatMap { request in HTTPField.Name("x-request-id").flatMap { request.headerFields[$0] } } ?? "") \(body)")
                if !isSlow { answerOne() }
            }
        }

        func answerOne() {
            guard let context, !waiting.isEmpty else { return }
            let answer = waiting.removeFirst()
            let response = HTTPResponse(status: .ok, headerFields: [.contentLength: String(answer.utf8.count)])
            context.write(wrapOutboundOut(.head(response)), promise: nil)
            context.write(wrapOutboundOut(.body(ByteBuffer(string: answer))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }

    struct Line {
        let channel = EmbeddedChannel()
        let lane: Lane
        let router: Router

        init(isSlow: Bool = false, room: ConnectionRoom? = nil) throws {
            lane = Lane(isSlow: isSlow)
            router = Router(isSlow: isSlow)
            let count = RequestCount()
            let operations = channel.pipeline.syncOperations
            try operations.addHandler(FrontDesk([lane], count: count, room: room))
            try operations.configureHTTPServerPipeline(withPipeliningAssistance: false, withErrorHandling: false)
            try operations.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            try operations.addHandler(count)
            try operations.addHandler(router)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        }

        func send(_ text: String) throws { try channel.writeInbound(ByteBuffer(string: text)) }

        /// The bodies of the answers, in their order.
        func answers() throws -> [String] {
            var bytes = ByteBuffer()
            while var piece = try channel.readOutbound(as: ByteBuffer.self) { bytes.writeBuffer(&piece) }
            var rest = String(buffer: bytes)[...]
            var answers: [String] = []
            while let end = rest.range(of: "\r\n\r\n") {
                let head = rest[..<end.lowerBound].lowercased()
                let length = head.split(separator: "content-length: ")[1].prefix { $0.isNumber }
                let body = rest[end.upperBound...].utf8.prefix(Int(length) ?? 0)
                answers.append(String(body) ?? "")
                rest = rest[body.endIndex...]
            }
            #expect(rest.isEmpty)
            return answers
        }
    }

    static func request(_ number: Int, _ path: String, _ body: String = "", _ more: String = "") -> String {
        "POST \(path) HTTP/1.1\r\nHost: x\r\nx-request-id: \(number)\r\n\(more)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test func theFirstRequestIsTheRoutersTheOthersAreTheLanes() throws {
        let line = try Line()
        for number in 1...3 { try line.send(Self.request(number, "/lane/a", "b\(number)")) }
        #expect(try line.answers() == ["router 1 b1", "lane 2 b2", "lane 3 b3"])
        try line.send(Self.request(4, "/other"))
        try line.send(Self.request(5, "/lane/a?b"))
        try line.send(Self.request(6, "/lane/a", "c", "Origin: https://x\r\n"))
        try line.send(Self.request(7, "/lane/a", String(repeating: "x", count: 101)))
        try line.send(Self.request(8, "/lane/a", "d"))
        #expect(try line.answers().map { $0.prefix(8) } == ["router 4", "router 5", "router 6", "router 7", "lane 8 d"])
    }

    /// Requests of all kinds in pieces of all sizes, answered when it pleases: each is answered once, in order.
    @Test func anyPiecesAndAnyPace() throws {
        for seed in 1...400 as ClosedRange<UInt64> {
            var chance = SeededGenerator(seed: seed)
            let line = try Line(isSlow: chance.below(2) == 0)
            var bytes: [UInt8] = []
            let count = 2 + chance.below(12)
            for number in 1...count {
                let body = String(repeating: "b", count: chance.below(3) == 0 ? 0 : chance.below(150))
                let more = chance.below(6) == 0 ? "Origin: https://x\r\n" : ""
                bytes += Array(Self.request(number, chance.choose(["/lane/a", "/lane/a", "/other", "/lane/b?c"]), body, more).utf8)
            }
            var answers: [String] = []
            var position = 0
            while position < bytes.count {
                let size = chance.below(4) == 0 ? 1 + chance.below(10) : 1 + chance.below(300)
                let piece = bytes[position..<min(position + size, bytes.count)]
                try line.channel.writeInbound(ByteBuffer(bytes: piece))
                position += piece.count
                for _ in 0..<chance.below(3) {
                    line.lane.answerOne()
                    line.router.answerOne()
                }
                answers += try line.answers()
            }
            for _ in 0..<count {
                line.lane.answerOne()
                line.router.answerOne()
            }
            answers += try line.answers()
            #expect(answers.compactMap { $0.split(separator: " ").dropFirst().first.flatMap { Int($0) } } == Array(1...count), "seed \(seed)")
            #expect(line.lane.requests.withLockedValue { $0.count } + line.router.requests == count)
            _ = try line.channel.finish(acceptAlreadyClosed: true)
        }
    }

    /// A request within another one's bytes is never taken for one, wherever the bytes are cut.
    @Test(
        arguments: [
            "POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 74\r\n\r\n@", "GET /other HTTP/1.1\r\nHost: x\r\nX-A: @",
            "POST /o HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n54\r\n@",
            "POST /o HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nContent-Length: 10\r\n\r\n@", "GET /other HTTP/1.1\r\nHost: x\r\nX-A: b\n\n@",
        ])
    func nothingIsSmuggled(_ text: String) throws {
        let hidden = Self.request(9, "/lane/a", "evil")
        let bytes = Array(text.replacing("@", with: hidden).utf8)
        for cut in 1..<bytes.count {
            let line = try Line(isSlow: true)
            try line.send(Self.request(1, "/other"))
            line.router.answerOne()
            for piece in [bytes[..<cut], bytes[cut...]] {
                // The decoder may refuse what is wrong.
                try? line.channel.writeInbound(ByteBuffer(bytes: piece))
            }
            #expect(line.lane.requests.withLockedValue { $0.isEmpty }, "cut at \(cut)")
            _ = try? line.channel.finish(acceptAlreadyClosed: true)
        }
    }

    /// Answers that come at once are no deeper on the stack the more there are; and a connection that is never quite done keeps nothing.
    @Test func thousandsInOneRead() throws {
        let line = try Line()
        try line.send(Self.request(1, "/other"))
        for _ in 0..<3 {
            try line.send((0..<20_000).map { Self.request($0, "/lane/a") }.joined() + "POST /lane/")
            #expect(try line.answers().count(where: { $0.hasPrefix("lane ") }) > 19_990)
            try line.send("a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\nP")
            _ = try line.answers()
            try line.send("OST /lane/a HTTP/1.1\r\n\r\n")
        }
    }

    @Test func whatWaitsBehindTheLanesRequestIsAnsweredAlthoughNothingMoreComes() throws {
        let line = try Line(isSlow: true)
        try line.send(Self.request(1, "/other"))
        line.router.answerOne()
        try line.send(Self.request(2, "/lane/a") + Self.request(3, "/lane/a") + Self.request(4, "/other"))
        line.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        line.lane.answerOne()
        line.lane.answerOne()
        line.router.answerOne()
        #expect(try line.answers().map { $0.prefix(8) } == ["router 1", "lane 2 ", "lane 3 ", "router 4"])
    }

    @Test func whoeverClosesWaitsForTheAnswer() throws {
        let line = try Line(isSlow: true)
        try line.send(Self.request(1, "/other"))
        line.router.answerOne()
        try line.send(Self.request(2, "/lane/a"))
        line.channel.close(promise: nil)
        #expect(line.channel.isActive)
        line.lane.answerOne()
        #expect(try line.answers().last == "lane 2 ")
        #expect(!line.channel.isActive)
    }

    @Test func whatIsIdleIsClosedAndWhatIsAtWorkIsNot() throws {
        var patience = ConnectionRoom.Patience()
        (patience.idle, patience.look) = (.milliseconds(20), .milliseconds(10))
        let room = ConnectionRoom(1000, patience: patience)
        func line() throws -> Line { try Line(isSlow: true, room: room) }
        func pass(_ line: Line) {
            for _ in 0..<3 {
                Thread.sleep(forTimeInterval: 0.025)
                line.channel.embeddedEventLoop.advanceTime(by: .milliseconds(25))
            }
        }
        let silent = try line()
        pass(silent)
        #expect(!silent.channel.isActive, "nothing was sent")
        let half = try line()
        try half.send("POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe")
        pass(half)
        #expect(!half.channel.isActive, "half a request")
        let working = try line()
        try working.send(Self.request(1, "/other"))
        pass(working)
        #expect(working.channel.isActive, "the router is at it")
        working.router.answerOne()
        try working.send(Self.request(2, "/lane/a"))
        pass(working)
        #expect(working.channel.isActive, "the lane is at it")
        working.lane.answerOne()
        pass(working)
        #expect(!working.channel.isActive)
    }
}
