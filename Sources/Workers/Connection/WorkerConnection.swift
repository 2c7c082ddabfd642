import NIOCore
import Synchronization

/// The way to one worker, usable from everywhere.
///
/// What many threads send in one turn of the event loop leaves in one write. An idle worker gets its invocation from the
/// thread that has it, without waking the event loop first: that wake would be a good part of a short call.
final class WorkerConnection: Sendable {
    /// What the server sends.
    enum Message: Sendable {
        case specialise([UInt8], FunctionCode)
        case invoke(Invocation, cold: Bool)
        case answer(UInt32, CallAnswer)
        /// The rest of a frame that the socket did not take at once.
        case rest(ByteBuffer)
        case close
    }

    private struct Outbox {
        var messages: [Message] = []
        var flushIsDue = false
        /// Writes that the channel has been given and the socket has not taken.
        var unwritten = 0
    }

    let process: WorkerProcess
    private let eventLoop: any EventLoop
    private let handler: NIOLoopBound<WorkerChannelHandler>
    private let inFlight: InFlightInvocations
    private let socket: DirectSocket?
    private let outbox = Mutex(Outbox())

    init(process: WorkerProcess, eventLoop: any EventLoop, handler: WorkerChannelHandler, socket: DirectSocket?) {
        self.process = process
        self.eventLoop = eventLoop
        self.handler = NIOLoopBound(handler, eventLoop: eventLoop)
        inFlight = handler.inFlight
        self.socket = socket
    }

    /// Sends a message; a worker that is lost gives invocations back to the pool.
    func send(_ message: Message) {
        if case .invoke(let invocation, let cold) = message, sendAtOnce(invocation, cold: cold) { return }
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
            outbox.unwritten += 1
            defer { outbox.messages = [] }
            return outbox.messages
        }
        handler.value.send(messages) { self.outbox.withLock { $0.unwritten -= 1 } }
    }

    /// Writes an invocation to an idle worker from this thread.
    /// - Returns: whether that was possible; otherwise nothing has happened.
    private func sendAtOnce(_ invocation: Invocation, cold: Bool) -> Bool {
        // On its own loop nobody has to be woken, and what else this turn brings can leave in the same write.
        guard let socket, !eventLoop.inEventLoop, inFlight.isEmpty else { return false }
        let event = invocation.request.event
        guard event.readableBytes <= FrameEncoder.copiedBytesMax else { return false }
        // The lock keeps frames whole and in order: everything else that is written goes through the outbox.
        return outbox.withLock { outbox in
            guard outbox.messages.isEmpty, !outbox.flushIsDue, outbox.unwritten == 0 else { return false }
            guard let (number, needsCheck) = inFlight.add(invocation, cold: cold) else { return false }
            if needsCheck { eventLoop.execute { self.handler.value.checkDeadlines(at: invocation.deadline) } }
            var frame = ByteBuffer()
            FrameEncoder.writeInvokeHead(id: number, meta: invocation.request.meta, eventBytes: event.readableBytes, into: &frame)
            frame.writeImmutableBuffer(event)
            // One that is no longer there has ended with its worker meanwhile, and was answered.
            guard socket.write(&frame) else { return inFlight.remove(number) == nil }
            if frame.readableBytes > 0 {
                outbox.messages.append(.rest(frame))
                outbox.flushIsDue = true
                eventLoop.execute { self.flush() }
            }
            return true
        }
    }
}
