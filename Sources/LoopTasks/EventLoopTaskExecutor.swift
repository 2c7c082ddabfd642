public import NIOCore

/// Runs tasks on an event loop, so that what a connection brings is handled where the connection lives.
///
/// What runs there must be short or suspend: while it runs, the loop's other connections wait.
public final class EventLoopTaskExecutor: TaskExecutor {
    private let loop: any EventLoop

    /// An executor for `loop`.
    public init(_ loop: any EventLoop) { self.loop = loop }

    /// Takes a job, to be run in the loop's next turn.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
