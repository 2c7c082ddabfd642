import NIOCore
import Synchronization

/// The way to one worker, usable from everywhere.
///
/// What many threads send in one turn of the event loop leaves in one write.
final class WorkerConnection: Sendable {
    /// What the server sends.
    enum Message: Sendable {
        case specialise([UInt8], FunctionCode)
        case invoke(Invocation, cold: Bool)
        case answer(UInt32, CallAnswer)
        case close
    }

    private struct Outbox {
        var messages: [Message] = []
        var flushIsDue = false
    }

    let process: WorkerProcess
    private let eventLoop: any EventLoop
    private let handler: NIOLoopBound<WorkerChannelHandler>
    private let outbox = Mutex(Outbox())

    init(process: WorkerProcess, eventLoop: any EventLoop, handler: WorkerChannelHandler) {
        self.process = process
        self.eventLoop = eventLoop
        self.handler = NIOLoopBound(handler, eventLoop: eventLoop)
    }

    /// Sends a message; a worker that is lost gives invocations back to the pool.
    func send(_ message: Message) {
        let isFirst = outbox.withLock { outbox in
            outbox.messages.append(message)
            defer { outbox.flushIsDue = true }
            return !outbox.flushIsDue
        }
        if isFirst { eventLoop.execute { self.flush() } }
    }

    private func flush() {
        let messages = outbox.withLock { outbox in
            outbox.flushIsDue = false
            defer { outbox.messages = [] }
            return outbox.messages
        }
        handler.value.send(messages)
    }
}
