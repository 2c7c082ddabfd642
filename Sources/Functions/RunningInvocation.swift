internal import Kernel
internal import Synchronization

/// What an invocation carries through its worker: in whose name it acts, and whether it has ended.
final class RunningInvocation: Sendable {
    let context: CallContext
    private let ended = Atomic<Bool>(false)

    init(_ context: CallContext) { self.context = context }

    var hasEnded: Bool { ended.load(ordering: .acquiring) }

    func end() { ended.store(true, ordering: .releasing) }
}
