import NIOCore

/// Passes a worker's log lines on within its budget.
///
/// Lives on the worker's event loop.
final class LogSink {
    private let delegate: any WorkerDelegate
    private let eventLoop: any EventLoop
    private var budget: LogBudget
    private var noticeIsDue = false
    /// What the worker runs.
    var code: FunctionCode?

    init(delegate: any WorkerDelegate, eventLoop: any EventLoop, bytesPerSecond: Int) {
        self.delegate = delegate
        self.eventLoop = eventLoop
        budget = LogBudget(bytesPerSecond: bytesPerSecond, now: eventLoop.now)
    }

    /// Whether a line of this size may pass; otherwise a line will say how much was dropped.
    func admits(_ bytes: Int) -> Bool {
        if budget.admit(bytes, now: eventLoop.now) { return true }
        announceLoss()
        return false
    }

    /// Passes a line on that was admitted.
    func pass(_ text: String, level: WorkerLog.Level, invocation: InvocationContext?) {
        delegate.log(WorkerLog(level: level, text: text, code: code, invocation: invocation))
    }

    private func announceLoss() {
        if noticeIsDue { return }
        noticeIsDue = true
        eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { self.tellLoss() }
    }

    private func tellLoss() {
        noticeIsDue = false
        let bytes = budget.takeDropped()
        if bytes > 0 { pass("\(bytes) bytes of log were dropped: this worker writes too much at once.", level: .warn, invocation: nil) }
    }
}
