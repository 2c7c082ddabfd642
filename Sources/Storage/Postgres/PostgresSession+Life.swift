internal import CPostgres
internal import Foundation

extension PostgresSession {
    /// Whether the server has said nothing unasked, which would be its farewell, or so rarely something else that a new
    /// connection is the simpler answer.
    ///
    /// Costs one system call.
    var isAlive: Bool {
        var socket = pollfd(fd: PQsocket(pointer), events: Int16(POLLIN), revents: 0)
        return !isBroken && poll(&socket, 1, 0) == 0
    }

    /// Whether it is as it was when it was lent.
    var isAtRest: Bool { !isBroken && !isInTransaction && fault == nil && answered == pending.count && PQtransactionStatus(pointer) == PQTRANS_IDLE }
}
