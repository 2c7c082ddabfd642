public import HummingbirdCore
internal import Logging
internal import LoopTasks
public import NIOCore

extension HTTPServerBuilder {
    /// HTTP/1.1 whose requests are handled on the event loop that their connection belongs to.
    ///
    /// Handlers here either suspend or do something short, so a hop to the shared thread pool and back would cost more
    /// than the work itself (a third of a read by id). What may take long goes to a thread pool of its own.
    public static func loopBound(idleTimeout: TimeAmount?) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            LoopBoundChannel(base: HTTP1Channel(responder: responder, configuration: .init(idleTimeout: idleTimeout)))
        }
    }
}

/// A connection whose task runs on its own event loop.
struct LoopBoundChannel: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    let base: HTTP1Channel

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> { base.setup(channel: channel, logger: logger) }

    func handle(value: Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopTaskExecutor(value.channel.eventLoop)) {
            await base.handle(value: value, logger: logger)
        }
    }
}
