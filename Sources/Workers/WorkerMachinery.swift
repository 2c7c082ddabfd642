import NIOCore
import NIOPosix

/// The threads and sockets of a running pool: everything that blocks happens here.
final class WorkerMachinery: Sendable {
    let launcher: WorkerLauncher
    private let loops: any EventLoopGroup
    /// A worker dies with the thread that started it, so one thread starts them all and stays.
    private let starter = NIOThreadPool(numberOfThreads: 1)
    /// Links code, measures and removes; two, so that a long removal does not hold up a function's first call.
    private let files = NIOThreadPool(numberOfThreads: 2)
    private let sweeper = NIOThreadPool(numberOfThreads: 1)

    init(launcher: WorkerLauncher, loops: any EventLoopGroup) {
        self.launcher = launcher
        self.loops = loops
        starter.start()
        files.start()
        sweeper.start()
    }

    /// Ends the threads after what they are doing.
    func stop() async throws {
        for pool in [sweeper, files, starter] { try await pool.shutdownGracefully() }
    }

    // MARK: Starting

    /// Starts a process and connects to it.
    func start(
        _ id: WorkerID, memoryMB: Int, for pool: WorkerPool, _ done: @escaping @Sendable (Result<WorkerConnection, any Error>) -> Void
    ) {
        starter.submit { state in
            guard case .active = state else { return done(.failure(WorkersError(.notRunning, "The pool has ended."))) }
            do throws(WorkersError) {
                let (process, descriptors) = try self.launcher.start(memoryMB: memoryMB)
                self.connect(id, process, descriptors, for: pool, done)
            } catch {
                done(.failure(error))
            }
        }
    }

    private func connect(
        _ id: WorkerID, _ process: WorkerProcess, _ descriptors: WorkerDescriptors, for pool: WorkerPool,
        _ done: @escaping @Sendable (Result<WorkerConnection, any Error>) -> Void
    ) {
        let loop = loops.next()
        loop.execute {
            let sink = LogSink(delegate: pool.delegate, eventLoop: loop, bytesPerSecond: pool.configuration.logBytesPerSecondMax)
            let outputs = [
                Self.readOutput(descriptors.standardOutput, .info, sink, process, on: loop),
                Self.readOutput(descriptors.standardError, .error, sink, process, on: loop),
            ]
            let limits = ConnectionLimits(
                frameBytesMax: pool.configuration.frameBytesMax, callsInFlightMax: pool.configuration.callsInFlightMax,
                start: .seconds(Int64(pool.configuration.startSeconds)), load: .seconds(Int64(pool.configuration.loadSeconds)))
            let handler = WorkerChannelHandler(
                id: id, process: process, events: pool, delegate: pool.delegate, limits: limits, sink: sink,
                outputsClosed: EventLoopFuture.andAllComplete(outputs, on: loop))
            let connection = WorkerConnection(
                process: process, eventLoop: loop, handler: handler, socket: DirectSocket(duplicating: descriptors.socket))
            handler.connection = connection
            // Before the socket is read, so that nothing a worker says comes before it is known.
            done(.success(connection))
            Self.readSocket(descriptors.socket, handler, process, on: loop)
        }
    }

    private static func readSocket(_ descriptor: Int32, _ handler: WorkerChannelHandler, _ process: WorkerProcess, on loop: any EventLoop) {
        let bound = NIOLoopBound(handler, eventLoop: loop)
        ClientBootstrap(group: loop)
            .channelOption(.maxMessagesPerRead, value: 4)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(bound.value) }
            }
            .withConnectedSocket(descriptor)
            .whenFailure { _ in bound.value.abandon(on: loop) }
    }

    /// - Returns: done when everything was read.
    private static func readOutput(
        _ descriptor: Int32, _ level: WorkerLog.Level, _ sink: LogSink, _ process: WorkerProcess, on loop: any EventLoop
    ) -> EventLoopFuture<Void> {
        let handler = NIOLoopBound(ProcessOutputHandler(level: level, sink: sink, process: process), eventLoop: loop)
        return NIOPipeBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(handler.value) }
            }
            .takingOwnershipOfDescriptor(input: descriptor)
            .flatMap { $0.closeFuture }
    }

    // MARK: Giving code

    /// Prepares the worker's sandbox for the code and tells it to load that.
    func specialise(_ connection: WorkerConnection, _ code: FunctionCode, _ failed: @escaping @Sendable (WorkersError) -> Void) {
        files.submit { state in
            guard case .active = state else { return failed(WorkersError(.notRunning, "The pool has ended.")) }
            do throws(WorkersError) {
                try self.launcher.prepare(connection.process, for: code)
                connection.send(.specialise(self.specialiseBody(code), code))
            } catch {
                failed(error)
            }
        }
    }

    private func specialiseBody(_ code: FunctionCode) -> [UInt8] {
        var json = JSONText()
        json.object([
            ("code", .string(launcher.codePath(for: code))), ("handler", .string(code.handler)), ("environment", .map(code.environment)),
            ("env", .string(code.env)), ("function", .string(code.function)), ("version", .number(code.version)),
            ("timeoutMs", .number(code.timeoutMs)), ("memoryMB", .number(code.memoryMB)), ("concurrency", .number(code.concurrency)),
            ("layers", .strings(launcher.builder.layerPaths)),
        ])
        return Array(json.text.utf8)
    }

    // MARK: Watching and cleaning up

    /// Measures workers, and notices those which have ended although their socket is open.
    func measure(_ processes: [WorkerProcess]) async {
        let spareBytes = launcher.spareMemoryBytes
        // The thread pool only refuses when it was stopped, and then there is nothing left to measure.
        try? await sweeper.runIfActive {
            for process in processes {
                process.measureMemory(spareBytes: spareBytes)
                if process.hasEnded { process.kill() }
            }
        }
    }

    /// Removes what an ended worker has left.
    func cleanUp(_ process: WorkerProcess) {
        files.submit { _ in self.launcher.cleanUp(process) }
    }
}
