internal import NIOCore

/// Closes connections on which nothing happens, and those of whoever sends so slowly that they only keep a place.
extension FrontDesk {
    /// Looks after the connection from now on; closes it where there is no room for it.
    func beginPatience(_ context: ChannelHandlerContext) {
        guard let room else { return }
        guard room.enter() else {
            context.close(promise: nil)
            return
        }
        // Also behind an upgrade, when the desk has gone.
        context.channel.closeFuture.whenComplete { _ in room.leave() }
        lookAgain(in: min(room.now.idle, room.now.look), context)
    }

    private func lookAgain(in time: TimeAmount, _ context: ChannelHandlerContext) {
        patienceCheck = context.eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in self?.look() }
    }

    private func look() {
        guard let context, let room else { return }
        let (patience, now) = (room.now, NIODeadline.now())
        guard let left = timeLeft(patience, now) else { return lookAgain(in: patience.look, context) }
        if left > .nanoseconds(0) { lookAgain(in: min(left, patience.look), context) } else { context.close(promise: nil) }
    }

    /// How long the connection is still waited for; `nil` where it is not the other end that is waited for.
    private func timeLeft(_ patience: ConnectionRoom.Patience, _ now: NIODeadline) -> TimeAmount? {
        if isAnswering || standing == .waiting { return nil }
        if count.inProgress > 0 {
            guard count.isReading else { return nil }
            let taken = now - bodyBegan
            let isSlow = taken > patience.body && Double(bodyBytes) < Double(patience.bodyRate) * Double(taken.nanoseconds) / 1e9
            return isSlow ? .nanoseconds(0) : lastActive + patience.idle - now
        }
        return lastActive + (isHalf ? min(patience.head, patience.idle) : patience.idle) - now
    }

    /// Whether a head has begun to come; its patience counts from its first byte.
    var isHalf: Bool { standing == .unknown && held?.readableBytes ?? 0 > 0 || bounds.isInHead }

    /// Takes note of bytes of a request that go on to the decoder.
    func noteBody(_ bytes: Int) {
        if !count.isReading { (bodyBegan, bodyBytes) = (.now(), 0) }
        bodyBytes += bytes
    }
}
