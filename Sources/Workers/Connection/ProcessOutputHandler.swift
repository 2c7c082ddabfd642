import NIOCore

/// Reads what a worker's process writes to standard output or error, as lines.
final class ProcessOutputHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let level: WorkerLog.Level
    private let sink: LogSink
    private let process: WorkerProcess
    private var unfinished = ByteBuffer()

    init(level: WorkerLog.Level, sink: LogSink, process: WorkerProcess) {
        self.level = level
        self.sink = sink
        self.process = process
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = Self.unwrapInboundIn(data)
        while let end = bytes.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
            guard let line = bytes.readSlice(length: end - bytes.readerIndex) else { return }
            bytes.moveReaderIndex(forwardBy: 1)
            finishLine(with: line)
        }
        if bytes.readableBytes > 0 { unfinished.writeBuffer(&bytes) }
        if unfinished.readableBytes >= LogBody.textBytesMax { finishLine(with: ByteBuffer()) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if unfinished.readableBytes > 0 { finishLine(with: ByteBuffer()) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func finishLine(with rest: ByteBuffer) {
        var rest = rest
        var line = rest
        if unfinished.readableBytes > 0 {
            unfinished.writeBuffer(&rest)
            line = unfinished
            unfinished.clear()
        }
        // Also when the log is full: this is how a worker says that its heap is.
        if line.readableBytesView.starts(with: Self.fatal), String(buffer: line).contains("heap out of memory") {
            process.noteHeapExhaustion()
        }
        if sink.code == nil, level == .error { process.noteComplaint(String(buffer: line)) }
        if sink.admits(line.readableBytes) { sink.pass(String(buffer: line), level: level, invocation: nil) }
    }

    private static let fatal = Array("FATAL ERROR:".utf8)
}
