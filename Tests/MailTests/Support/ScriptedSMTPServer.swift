import NIOCore
import NIOPosix
import Synchronization

/// An SMTP server that answers each line as the test says, and keeps what it was told.
final class ScriptedSMTPServer: Sendable {
    enum Answer: Sendable {
        case say(String)
        case silence
        case hangUp
    }

    /// Answers a line; the greeting answers the empty one.
    ///
    /// The content of a mail is one line, with its line ends.
    typealias Script = @Sendable (String) -> Answer

    private let heard = Mutex<[String]>([])
    private let opened = Mutex(0)
    let port: Int
    private let channel: any Channel

    var lines: [String] { heard.withLock { $0 } }
    var connections: Int { opened.withLock { $0 } }

    /// A server that takes every mail.
    static let willing: Script = { line in
        switch line.prefix(4) {
        case "": .say("220 test ESMTP\r\n")
        case "EHLO": .say("250-test\r\n250 HELP\r\n")
        case "DATA": .say("354 go on\r\n")
        case "QUIT": .hangUp
        default: .say("250 OK\r\n")
        }
    }

    private init(channel: any Channel) {
        self.channel = channel
        port = channel.localAddress?.port ?? 0
    }

    /// Runs `body` with a server on a free port of the loopback address.
    static func run<Value>(_ script: @escaping Script, _ body: (ScriptedSMTPServer) async throws -> Value) async throws -> Value {
        let box = Box()
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Handler(script, box)) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = ScriptedSMTPServer(channel: channel)
        box.server.withLock { $0 = server }
        do {
            let value = try await body(server)
            try await channel.close()
            return value
        } catch {
            try await channel.close()
            throw error
        }
    }

    /// The server is known only after its channel is.
    private final class Box: Sendable {
        let server = Mutex<ScriptedSMTPServer?>(nil)
        func note(_ line: String) { server.withLock { $0 }?.heard.withLock { $0.append(line) } }
        func noteConnection() { server.withLock { $0 }?.opened.withLock { $0 += 1 } }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let script: Script
        private let box: Box
        private var pending = ""
        private var isInContent = false

        init(_ script: @escaping Script, _ box: Box) {
            self.script = script
            self.box = box
        }

        func channelActive(context: ChannelHandlerContext) {
            box.noteConnection()
            answer("", context)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            pending += String(buffer: unwrapInboundIn(data))
            let end = { self.isInContent ? "\r\n.\r\n" : "\r\n" }
            while let found = pending.firstRange(of: end()) {
                let line = String(pending[..<found.lowerBound])
                pending = String(pending[found.upperBound...])
                box.note(line)
                if isInContent {
                    isInContent = false
                    answer("content", context)
                } else {
                    answer(line, context)
                }
            }
        }

        private func answer(_ line: String, _ context: ChannelHandlerContext) {
            switch script(line) {
            case .say(let text):
                isInContent = text.hasPrefix("354")
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
            case .silence: break
            case .hangUp: context.close(promise: nil)
            }
        }
    }
}
