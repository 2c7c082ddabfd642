import NIOCore

/// A call of a function that the pool's delegate has to answer.
struct PendingCall: Sendable {
    let connection: WorkerConnection
    let id: UInt32
    let call: WorkerCall
    let invocation: InvocationContext
}

/// What a worker's connection tells the pool; called on the connection's event loop.
protocol WorkerEvents: AnyObject, Sendable {
    func workerStarted(_ id: WorkerID)
    func workerSpecialised(_ id: WorkerID)
    func workerFailedToLoad(_ id: WorkerID, error: [UInt8])
    func workerFinishedInvocation(_ id: WorkerID, memoryHigh: Bool)
    /// An invocation ran out of time: the process is being killed.
    func workerRanOutOfTime(_ id: WorkerID)
    /// The process is ending; why will be told when it has.
    func workerIsLost(_ id: WorkerID)
    /// An invocation was meant for a worker that is lost; nothing of it has been sent.
    func workerDidNotTake(_ invocation: Invocation)
    func workerCalls(_ call: PendingCall, on loop: any EventLoop)
    func workerExited(_ id: WorkerID, _ ending: ProcessEnding, _ process: WorkerProcess)
}
