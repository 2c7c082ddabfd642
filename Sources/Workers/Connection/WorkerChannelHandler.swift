import NIOCore

/// The protocol with one worker: which invocations it has, when they are due, and what its frames mean.
final class WorkerChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let id: WorkerID
    private let process: WorkerProcess
    private let events: any WorkerEvents
    private let delegate: any WorkerDelegate
    private let limits: ConnectionLimits
    private let sink: LogSink
    private let outputsClosed: EventLoopFuture<Void>
    let inFlight = InFlightInvocations()
    /// Set once, before anything can arrive.
    var connection: WorkerConnection?

    private var context: ChannelHandlerContext?
    private var decoder: FrameDecoder
    private var callsInFlight = 0
    private var isLost = false
    private var deadlineCheck: (at: NIODeadline, task: Scheduled<Void>)?
    /// Until the worker is up, and later until it has loaded its code.
    private var phaseDeadline: Scheduled<Void>?

    init(
        id: WorkerID, process: WorkerProcess, events: any WorkerEvents, delegate: any WorkerDelegate, limits: ConnectionLimits,
        sink: LogSink,
        outputsClosed: EventLoopFuture<Void>
    ) {
        self.id = id
        self.process = process
        self.events = events
        self.delegate = delegate
        self.limits = limits
        self.sink = sink
        self.outputsClosed = outputsClosed
        decoder = FrameDecoder(frameBytesMax: limits.frameBytesMax)
    }

    // MARK: Sending

    /// Sends what has gathered, in one write where the events are small.
    /// - Parameter written: called when the socket has taken it all, or never will.
    func send(_ messages: [WorkerConnection.Message], written: @escaping @Sendable () -> Void) {
        guard let context, !isLost else {
            written()
            return giveBack(messages)
        }
        var buffer = context.channel.allocator.buffer(capacity: 1024)
        for message in messages {
            switch message {
            case .invoke(let invocation, let cold): writeInvocation(invocation, cold: cold, into: &buffer, context)
            case .answer(let call, let answer): writeAnswer(call, answer, into: &buffer, context)
            case .specialise(let json, let code):
                FrameEncoder.write(.specialise, id: 0, body: json, into: &buffer)
                sink.code = code
                expect(within: limits.load, orEndBecause: WorkerDeadlines.loading)
            case .rest(let bytes): buffer.writeImmutableBuffer(bytes)
            case .close: process.kill()
            }
        }
        // The last write ends after all that went before it.
        let last = context.eventLoop.makePromise(of: Void.self)
        last.futureResult.whenComplete { _ in written() }
        context.writeAndFlush(Self.wrapOutboundOut(buffer), promise: last)
    }

    private func writeInvocation(_ invocation: Invocation, cold: Bool, into buffer: inout ByteBuffer, _ context: ChannelHandlerContext) {
        guard let (number, needsCheck) = inFlight.add(invocation, cold: cold) else { return events.workerDidNotTake(invocation) }
        if needsCheck { checkDeadlines(at: invocation.deadline) }
        let event = invocation.request.event
        FrameEncoder.writeInvokeHead(id: number, meta: invocation.request.meta, eventBytes: event.readableBytes, into: &buffer)
        append(event, to: &buffer, context)
    }

    private func writeAnswer(_ call: UInt32, _ answer: CallAnswer, into buffer: inout ByteBuffer, _ context: ChannelHandlerContext) {
        callsInFlight -= 1
        switch answer {
        case .reply(let bytes) where bytes.readableBytes + Frame.headBytes <= limits.frameBytesMax:
            FrameEncoder.writeHead(.reply, id: call, bodyBytes: bytes.readableBytes, into: &buffer)
            append(bytes, to: &buffer, context)
        case .reply: FrameEncoder.write(.replyError, id: call, body: CallProblem.answerTooLarge, into: &buffer)
        case .error(let problem): FrameEncoder.write(.replyError, id: call, body: problem, into: &buffer)
        }
    }

    private func append(_ bytes: ByteBuffer, to buffer: inout ByteBuffer, _ context: ChannelHandlerContext) {
        if bytes.readableBytes <= FrameEncoder.copiedBytesMax {
            buffer.writeImmutableBuffer(bytes)
            return
        }
        context.write(Self.wrapOutboundOut(buffer), promise: nil)
        context.write(Self.wrapOutboundOut(bytes), promise: nil)
        buffer = context.channel.allocator.buffer(capacity: 1024)
    }

    /// The worker is lost: invocations that it has seen nothing of go to another one.
    private func giveBack(_ messages: [WorkerConnection.Message]) {
        for case .invoke(let invocation, _) in messages { events.workerDidNotTake(invocation) }
    }

    // MARK: Receiving

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        expect(within: limits.start, orEndBecause: WorkerDeadlines.starting)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        decoder.feed(Self.unwrapInboundIn(data))
        do {
            while let frame = try decoder.next() { try handle(frame) }
        } catch {
            process.kill(because: "broke the protocol: \(error.reason)")
        }
    }

    private func handle(_ frame: Frame) throws(ProtocolViolation) {
        switch frame.kind {
        case .result: finish(frame.id, .result(frame.body))
        case .failed: finish(frame.id, .failed(Array(frame.body.readableBytesView)))
        case .call: handleCall(frame.id, try CallBody(frame.body))
        case .log: try handleLog(frame)
        case .ready:
            phaseDeadline?.cancel()
            events.workerStarted(id)
        case .specialised:
            phaseDeadline?.cancel()
            events.workerSpecialised(id)
        case .specialiseFailed:
            phaseDeadline?.cancel()
            events.workerFailedToLoad(id, error: Array(frame.body.readableBytesView))
        case .specialise, .invoke, .reply, .replyError:
            throw ProtocolViolation(reason: "a frame of kind \(frame.kind.rawValue) from a worker")
        }
    }

    private func finish(_ number: UInt32, _ outcome: InvocationOutcome) {
        // One that is not known has run out of time; its caller was answered then.
        guard let ended = inFlight.remove(number) else { return }
        // The pool first, so that a caller who goes on at once finds this place free.
        events.workerFinishedInvocation(id, memoryHigh: process.isMemoryHigh)
        end(ended, outcome)
    }

    private func end(_ ended: InFlightInvocations.Entry, _ outcome: InvocationOutcome) {
        delegate.invocationEnded(ended.invocation.context)
        ended.invocation.end(
            outcome, dispatchedAt: ended.dispatchedAt, cold: ended.cold, memoryMB: process.memoryMB, now: .now())
    }

    private func handleCall(_ call: UInt32, _ body: CallBody) {
        guard let connection, let loop = context?.eventLoop else { return }
        callsInFlight += 1
        guard let invocation = inFlight.context(of: body.invocation) else {
            return connection.send(.answer(call, .error(CallProblem.invocationEnded)))
        }
        guard callsInFlight <= limits.callsInFlightMax else {
            return connection.send(.answer(call, .error(CallProblem.tooManyCalls)))
        }
        events.workerCalls(PendingCall(connection: connection, id: call, call: body.call, invocation: invocation), on: loop)
    }

    private func handleLog(_ frame: Frame) throws(ProtocolViolation) {
        guard sink.admits(frame.body.readableBytes) else { return }
        let body = try LogBody(frame.body)
        sink.pass(body.text, level: body.level, invocation: inFlight.context(of: frame.id))
    }

    // MARK: Time

    /// One timer for all invocations, set to the earliest: as long as they take their usual time it is hardly ever set again.
    func checkDeadlines(at deadline: NIODeadline) {
        if let deadlineCheck {
            if deadlineCheck.at <= deadline { return }
            deadlineCheck.task.cancel()
        }
        guard !isLost, let eventLoop = context?.eventLoop else { return }
        let task = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.endLateInvocations() }
        deadlineCheck = (deadline, task)
    }

    private func endLateInvocations() {
        deadlineCheck = nil
        let (late, nextCheck) = inFlight.removeLate(now: .now())
        if late.isEmpty {
            if let nextCheck { checkDeadlines(at: nextCheck) }
            return
        }
        events.workerRanOutOfTime(id)
        process.kill(because: "ended because another invocation in the same worker ran over its time limit")
        for ended in late { end(ended, .timeout) }
    }

    private func expect(within time: TimeAmount, orEndBecause reason: String) {
        phaseDeadline?.cancel()
        phaseDeadline = context?.eventLoop.assumeIsolated().scheduleTask(in: time) {
            // Nothing is told before the process has ended: its end says why.
            self.process.kill(because: reason)
        }
    }

    // MARK: The end

    func channelInactive(context: ChannelHandlerContext) {
        phaseDeadline?.cancel()
        deadlineCheck?.task.cancel()
        lose(on: context.eventLoop)
        context.fireChannelInactive()
    }

    /// The socket could not be used: the worker has to go without ever having been connected.
    func abandon(on eventLoop: any EventLoop) {
        process.kill(because: "could not be connected")
        lose(on: eventLoop)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    private func lose(on eventLoop: any EventLoop) {
        isLost = true
        inFlight.close()
        events.workerIsLost(id)
        process.kill()
        awaitExit(on: eventLoop, pause: .milliseconds(1))
    }

    /// A killed process is gone within a millisecond or so; asking again costs less than a thread that waits.
    private func awaitExit(on eventLoop: any EventLoop, pause: TimeAmount) {
        guard let status = process.reap() else {
            eventLoop.assumeIsolated().scheduleTask(in: pause) { self.awaitExit(on: eventLoop, pause: min(pause * 2, .seconds(1))) }
            return
        }
        // What it wrote last may say why it ended.
        let patience = eventLoop.makePromise(of: Void.self)
        eventLoop.scheduleTask(in: .milliseconds(200)) { patience.succeed() }
        outputsClosed.cascade(to: patience)
        patience.futureResult.assumeIsolated().whenComplete { _ in self.conclude(status: status) }
    }

    private func conclude(status: Int32) {
        let ending = process.ending(status: status)
        let unfinished = inFlight.removeAll()
        // The pool first, so that whoever hears of the crash and calls again meets a pool that knows.
        events.workerExited(id, ending, process)
        for ended in unfinished { end(ended, .crashed(reason: ending.reason)) }
        connection = nil
    }
}

/// The limits of one connection.
struct ConnectionLimits: Sendable {
    var frameBytesMax: Int
    var callsInFlightMax: Int
    var start: TimeAmount
    var load: TimeAmount
}

/// What a process that was too slow before its first invocation is ended with.
enum WorkerDeadlines {
    static let starting = "did not start in time"
    static let loading = "did not load its code in time"
}

/// Problems which the connection itself answers a call with.
enum CallProblem {
    static let invocationEnded = json(409, "Conflict", "INVOCATION_ENDED", "The invocation that makes this call has ended.")
    static let tooManyCalls = json(
        429, "Too many requests", "TOO_MANY_CALLS", "This worker has too many unanswered calls; await some of them first.")
    static let answerTooLarge = json(
        413, "Content too large", "ANSWER_TOO_LARGE", "The answer is larger than a frame of the worker protocol.")

    private static func json(_ status: Int, _ title: String, _ code: String, _ detail: String) -> [UInt8] {
        Array(#"{"type":"about:blank","title":"\#(title)","status":\#(status),"code":"\#(code)","detail":"\#(detail)"}"#.utf8)
    }
}
