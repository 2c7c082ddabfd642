internal import CPostgres
internal import Foundation

extension PostgresSession {
    /// Whether the server has not closed it: costs one system call.
    var isAlive: Bool {
        var socket = pollfd(fd: PQsocket(pointer), events: Int16(POLLIN), revents: 0)
        guard poll(&socket, 1, 0) != 0 else { return !isBroken }
        // A notice, or the end.
        guard PQconsumeInput(pointer) == 1, PQstatus(pointer) == CONNECTION_OK else { return false }
        return !isBroken
    }

    /// Whether it is as it was when it was lent.
    var isAtRest: Bool { !isBroken && !isInTransaction && fault == nil && answered == pending.count && PQtransactionStatus(pointer) == PQTRANS_IDLE }
}
