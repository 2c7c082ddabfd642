import Testing

@testable import LoadGenerator

@Suite struct ConnectionPoolTests {
    private final class Link {}

    private typealias Pool = ConnectionPool<Link, Int>

    private func isWaiting(_ lease: Pool.Lease) -> Bool { if case .waits = lease { true } else { false } }

    private func isRefused(_ lease: Pool.Lease) -> Bool { if case .refused = lease { true } else { false } }

    private func link(_ lease: Pool.Lease) -> Link? { if case .use(let link) = lease { link } else { nil } }

    @Test func whoFindsNoneFreeMakesThePoolGrow() {
        var pool = Pool(connectionsMax: 2, connectingMax: 2, waitersMax: 10)
        for user in 1...3 { #expect(isWaiting(pool.lease(user))) }
        #expect([pool.startConnecting(), pool.startConnecting()] == [true, true])
        #expect(pool.startConnecting() == false, "two are the most")
        let (first, second) = (Link(), Link())
        #expect(pool.connected(first) == 1)
        #expect(pool.connected(second) == 2)
        #expect(pool.startConnecting() == false)
        #expect(pool.released(second) == 3)
        #expect(pool.released(first) == nil)
        #expect(link(pool.lease(4)) === first)
        #expect(pool.openMost == 2)
    }

    @Test func oneWaiterMakesOneConnection() {
        var pool = Pool(connectionsMax: 10, connectingMax: 10, waitersMax: 10)
        #expect(pool.startConnecting() == false)
        _ = pool.lease(1)
        #expect(pool.startConnecting() == true)
        #expect(pool.startConnecting() == false)
    }

    @Test func someAreMadeBeforeAnybodyComes() {
        var pool = Pool(connectionsMax: 3, connectingMax: 2, waitersMax: 10)
        #expect([pool.startConnecting(upTo: 9), pool.startConnecting(upTo: 9), pool.startConnecting(upTo: 9)] == [true, true, false])
        #expect(pool.connected(Link()) == nil)
        #expect([pool.startConnecting(upTo: 9), pool.startConnecting(upTo: 9)] == [true, false], "three are the most")
        #expect(pool.connected(Link()) == nil)
        #expect(pool.connectFailed() == nil)
        #expect(pool.open == 2 && pool.connecting == 0)
        #expect(pool.startConnecting(upTo: 2) == false)
    }

    @Test func soManyAreMadeAtOnce() {
        var pool = Pool(connectionsMax: 10, connectingMax: 1, waitersMax: 10)
        for user in 1...3 { _ = pool.lease(user) }
        #expect([pool.startConnecting(), pool.startConnecting()] == [true, false])
        #expect(pool.connected(Link()) == 1)
        #expect([pool.startConnecting(), pool.startConnecting()] == [true, false])
    }

    @Test func theLastUsedIsUsedFirst() {
        var pool = Pool(connectionsMax: 2, connectingMax: 2, waitersMax: 10)
        let links = [Link(), Link()]
        for link in links {
            _ = pool.lease(0)
            _ = pool.startConnecting()
            _ = pool.connected(link)
        }
        for link in links { _ = pool.released(link) }
        #expect(link(pool.lease(1)) === links[1])
        #expect(link(pool.lease(2)) === links[0])
    }

    @Test func theLineIsBounded() {
        var pool = Pool(connectionsMax: 1, connectingMax: 1, waitersMax: 1)
        #expect(isWaiting(pool.lease(1)))
        #expect(isRefused(pool.lease(2)))
    }

    @Test func aFailureIsTheOldestWaitersAndOthersTryAgain() {
        var pool = Pool(connectionsMax: 1, connectingMax: 1, waitersMax: 10)
        _ = (pool.lease(1), pool.lease(2))
        #expect(pool.startConnecting() == true)
        #expect(pool.connectFailed() == 1)
        #expect(pool.startConnecting() == true)
        #expect(pool.connectFailed() == 2)
        #expect(pool.startConnecting() == false)
        #expect(pool.connecting == 0)
    }

    @Test func whatIsClosedIsNotUsedAgainAndMakesRoom() {
        var pool = Pool(connectionsMax: 1, connectingMax: 1, waitersMax: 10)
        let first = Link()
        _ = (pool.lease(1), pool.startConnecting(), pool.connected(first), pool.released(first))
        pool.closed(first)
        #expect(pool.open == 0)
        #expect(isWaiting(pool.lease(2)))
        #expect(pool.startConnecting() == true)
    }

    @Test func onlyTheLateLeaveTheLine() {
        var pool = Pool(connectionsMax: 1, connectingMax: 1, waitersMax: 10)
        for user in 1...3 { _ = pool.lease(user) }
        #expect(pool.takeWaiter { $0 < 3 } == 1)
        #expect(pool.takeWaiter { $0 < 3 } == 2)
        #expect(pool.takeWaiter { $0 < 3 } == nil)
        #expect(pool.waiting == 1)
    }
}
