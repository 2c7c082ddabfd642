internal import NIOCore
internal import NIOPosix

/// Runs tasks on few threads that step back whenever the event loops have something to do.
///
/// For work of many milliseconds that somebody waits for, but not the merchants' customers: a page of the console takes as long to make as
/// dozens of reads by a mini program.
public final class BackgroundTaskExecutor: TaskExecutor {
    /// The one of this process, with half of the processors: the event loops find the others free.
    public static let shared = BackgroundTaskExecutor(threads: max(1, System.coreCount / 2))

    private let pool: NIOThreadPool

    private init(threads: Int) {
        pool = NIOThreadPool(numberOfThreads: threads)
        pool.start()
    }

    /// Takes a job, to be run by the next thread that is free.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        pool.submit { _ in
            ThreadPriority.background.apply()
            job.runSynchronously(on: self.asUnownedTaskExecutor())
        }
    }
}
