internal import CScheduling
public import NIOCore

/// How a thread shares the processors with the others.
///
/// Two things say so. Niceness is the share where several want the same processor. The turn is how long a thread runs before the next may: since
/// Linux 6.12 a thread that wakes up waits for the turn of the one that runs, however nice that one is, unless its own turn is the shorter one.
/// Without it, one in a hundred requests waited for a console page's turn of some milliseconds. Older kernels let the less nice one
/// interrupt at once and take no notice of the turn.
public enum ThreadPriority: Sendable {
    /// Event loops: short pieces of work that somebody waits for.
    case prompt
    /// Work of many milliseconds that steps back when the event loops have something to do: a tenth of their share, and whoever else
    /// wants the processor interrupts it.
    case background

    /// Gives the calling thread this priority; whoever started the process with a niceness keeps at least that.
    ///
    /// Where the kernel refuses (only a sandbox does), the thread works on with the priority that it has.
    public func apply() {
        switch self {
        case .prompt: _ = cscheduling_set(-20, 300_000)
        case .background: _ = cscheduling_set(10, 100_000_000)
        }
    }

    /// Gives the threads of all event loops of `group` this priority.
    public func apply(to group: any EventLoopGroup) {
        for loop in group.makeIterator() { loop.execute { self.apply() } }
    }
}
