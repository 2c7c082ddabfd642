import NIOCore
import Testing

@testable import Workers

@Suite("Which worker does what")
struct PoolStateTests {
    /// As many generic workers as configured are started, but only so many at the same time.
    @Test func keepsGenericWorkersReady() {
        var pool = PoolModel { limits in
            limits.warmWorkers = 3
            limits.startingWorkersMax = 2
        }
        pool.tick()
        #expect(pool.starts.count == 2)
        pool.startAll()
        #expect(pool.state.generic.count == 3)
    }

    /// The first call takes a generic worker, waits for the code, is cold; the next one is warm; a generic worker is started in place.
    @Test func firstCallIsColdNextIsWarm() {
        var pool = PoolModel { $0.warmWorkers = 1 }
        pool.tick()
        pool.startAll()
        let first = pool.admit(PoolModel.code("a"))
        #expect(pool.specialisations.count == 1)
        #expect(pool.starts.count == 1)
        #expect(pool.running[first] == nil)
        pool.specialiseAll()
        #expect(pool.running[first] != nil)
        #expect(pool.coldTickets == [first])
        pool.finish(first)
        let second = pool.admit(PoolModel.code("a"))
        #expect(pool.running[second] != nil)
        #expect(pool.coldTickets == [first])
    }

    /// With no generic worker at hand one is started for the call.
    @Test func startsWorkerOnDemand() {
        var pool = PoolModel { $0.warmWorkers = 0 }
        let ticket = pool.admit(PoolModel.code("a"))
        #expect(pool.starts.count == 1)
        pool.settle()
        #expect(pool.running[ticket] != nil)
    }

    /// A worker takes as many invocations as the function allows; then further workers do, up to their limit; then they wait.
    @Test func scalesWhenFullAndQueuesAtTheLimit() {
        var pool = PoolModel { $0.maxWorkersPerFunction = 2 }
        let code = PoolModel.code("a", concurrency: 2)
        let tickets = (0..<6).map { _ in pool.admit(code) }
        pool.settle()
        #expect(pool.running.count == 4)
        #expect(Set(pool.running.values).count == 2)
        pool.finish(tickets[0])
        #expect(pool.running[tickets[4]] != nil)
        #expect(pool.running[tickets[5]] == nil)
    }

    /// While a worker has room nobody else is asked for.
    @Test func doesNotScaleWhileThereIsRoom() {
        var pool = PoolModel()
        let code = PoolModel.code("a", concurrency: 8)
        for _ in 0..<8 { pool.admit(code) }
        pool.settle()
        #expect(Set(pool.running.values).count == 1)
    }

    /// A second worker comes before the first is full, and then none as long as there is room: more than processors gain nothing.
    @Test func usesTheProcessorsBeforeAWorkerIsFull() {
        var pool = PoolModel { $0.processors = 2 }
        let code = PoolModel.code("f", concurrency: 32)
        var tickets = [pool.admit(code)]
        pool.settle()
        for _ in 1..<8 { tickets.append(pool.admit(code)) }
        pool.settle()
        #expect(Set(pool.running.values).count == 1)
        for _ in 8..<40 {
            tickets.append(pool.admit(code))
            pool.settle()
        }
        #expect(tickets.allSatisfy { pool.running[$0] != nil })
        #expect(Set(pool.running.values).count == 2)
        #expect(pool.state.functions["f"]?.workers.count == 2)
    }

    /// Calls go to the least busy worker.
    @Test func spreadsOverWorkers() {
        var pool = PoolModel()
        let code = PoolModel.code("a", concurrency: 2)
        let tickets = (0..<4).map { _ in pool.admit(code) }
        pool.settle()
        tickets.forEach { pool.finish($0) }
        let next = [pool.admit(code), pool.admit(code)]
        #expect(Set(next.compactMap { pool.running[$0] }).count == 2)
    }

    @Test func refusesWhenTheLineIsFull() {
        var pool = PoolModel { $0.queueMax = 3 }
        let tickets = (0..<4).map { _ in pool.admit(PoolModel.code("a")) }
        #expect(pool.refused == [tickets[3]: .busy])
    }

    @Test func refusesWhoWaitedTooLong() {
        var pool = PoolModel { $0.maxWorkersPerFunction = 1 }
        let code = PoolModel.code("a")
        pool.admit(code)
        pool.settle()
        let patient = pool.admit(code, timeout: .seconds(9))
        let hasty = pool.admit(code, timeout: .seconds(3))
        pool.tick(after: .seconds(3))
        #expect(pool.refused == [hasty: .busy])
        pool.tick(after: .seconds(6))
        #expect(pool.refused == [hasty: .busy, patient: .busy])
    }

    /// One that is already late when its turn comes is not handed out.
    @Test func doesNotDispatchLateTickets() {
        var pool = PoolModel { $0.maxWorkersPerFunction = 1 }
        let code = PoolModel.code("a")
        let first = pool.admit(code)
        pool.settle()
        let late = pool.admit(code, timeout: .seconds(1))
        let next = pool.admit(code)
        pool.now = pool.now + .seconds(2)
        pool.finish(first)
        #expect(pool.refused == [late: .busy])
        #expect(pool.running[next] != nil)
    }

    /// A function with many callers asked first and often; one with a single caller still gets the second worker.
    @Test func givesWorkersInTurn() {
        var pool = PoolModel { limits in
            limits.warmWorkers = 0
            limits.startingWorkersMax = 1
        }
        pool.admit(PoolModel.code("many"))
        pool.admit(PoolModel.code("one"))
        for _ in 0..<5 { pool.admit(PoolModel.code("many")) }
        pool.started(pool.starts.keys.min() ?? 0)
        pool.started(pool.starts.keys.min() ?? 0)
        #expect(pool.specialisations.map(\.code.key) == ["many", "one"])
    }

    /// A function which may use more memory gets a worker with a bigger heap, not one of those kept ready.
    @Test func startsBiggerHeaps() {
        var pool = PoolModel { $0.warmWorkers = 1 }
        pool.tick()
        pool.startAll()
        pool.admit(PoolModel.code("big", memoryMB: 2048))
        #expect(pool.specialisations.isEmpty)
        #expect(Array(pool.starts.values) == [2048])
        pool.settle()
        #expect(pool.running.count == 1)
        #expect(pool.state.generic.count == 1)
    }

    /// At the node's limit the worker that has been idle longest makes room.
    @Test func evictsTheLongestIdle() throws {
        var pool = PoolModel { limits in
            limits.warmWorkers = 0
            limits.maxWorkers = 2
        }
        let old = pool.admit(PoolModel.code("old"))
        pool.settle()
        let oldWorker = try #require(pool.running[old])
        pool.finish(old)
        pool.now = pool.now + .seconds(1)
        let young = pool.admit(PoolModel.code("young"))
        pool.settle()
        pool.finish(young)
        let ticket = pool.admit(PoolModel.code("new"))
        #expect(pool.ended == [oldWorker])
        pool.settle()
        #expect(pool.running[ticket] != nil)
        #expect(pool.state.workers.count == 2)
    }

    /// Nobody who works is ended to make room; the first to finish is.
    @Test func waitsForRoom() {
        var pool = PoolModel { limits in
            limits.warmWorkers = 0
            limits.maxWorkers = 1
        }
        let first = pool.admit(PoolModel.code("a"))
        pool.settle()
        let second = pool.admit(PoolModel.code("b"))
        #expect(pool.ended.isEmpty)
        pool.finish(first)
        pool.tick(after: .milliseconds(50))
        #expect(pool.ended.count == 1)
        pool.settle()
        #expect(pool.running[second] != nil)
    }

    /// On a full node the next first call still finds a generic worker: it takes the place of one that is hardly used.
    @Test func keepsGenericWorkersReadyOnAFullNode() throws {
        var pool = PoolModel { limits in
            limits.warmWorkers = 1
            limits.maxWorkers = 3
        }
        pool.tick()
        pool.settle()
        for name in ["a", "b", "c"] {
            let ticket = pool.admit(PoolModel.code(name))
            pool.settle()
            pool.finish(ticket)
            pool.tick(after: .seconds(1))
            pool.settle()
        }
        #expect(pool.state.generic.isEmpty, "all three have worked a moment ago and keep their places")
        pool.tick(after: .seconds(10))
        pool.settle()
        #expect(pool.state.generic.count == 1)
        #expect(pool.state.functions["a"]?.workers.isEmpty ?? true, "the one that was idle for the longest time went")
        pool.tick(after: .seconds(1))
        #expect(pool.ended.isEmpty, "once one is ready, nobody else has to go")
        let ticket = pool.admit(PoolModel.code("new"))
        #expect(pool.starts.isEmpty && pool.specialisations.count == 1, "nobody waits for a process")
        pool.specialiseAll()
        #expect(pool.running[ticket] != nil)
    }

    // MARK: Recycling

    @Test func endsIdleWorkers() {
        var pool = PoolModel { $0.warmWorkers = 0 }
        let ticket = pool.admit(PoolModel.code("a"))
        pool.settle()
        pool.finish(ticket)
        pool.tick(after: .seconds(299))
        #expect(pool.ended.isEmpty)
        pool.tick(after: .seconds(1))
        #expect(pool.ended.count == 1)
        pool.exitEnded()
        #expect(pool.state.workers.isEmpty)
        #expect(pool.state.functions.isEmpty)
    }

    /// A worker that has served its number goes on until its successor has loaded the code.
    @Test func replacesWorkersWithoutAGap() {
        var pool = PoolModel { $0.maxInvocationsPerWorker = 2 }
        let code = PoolModel.code("a")
        pool.finish(pool.admit(code))
        pool.settle()
        pool.finish(1)
        let second = pool.admit(code)
        pool.finish(second)
        #expect(pool.ended.isEmpty)
        let third = pool.admit(code)
        #expect(pool.running[third] != nil)
        pool.startAll()
        pool.specialiseAll()
        #expect(pool.ended.isEmpty)
        let old = pool.running[third]
        pool.finish(third)
        #expect(pool.ended == [old].compactMap { $0 })
        pool.exitEnded()
        let fourth = pool.admit(code)
        #expect(pool.running[fourth] != nil && pool.running[fourth] != old)
    }

    @Test func replacesOldWorkers() {
        var pool = PoolModel { $0.warmWorkers = 1 }
        let code = PoolModel.code("a")
        pool.admit(code)
        pool.settle()
        pool.now = pool.now + .seconds(3600)
        pool.finish(1)
        pool.settle()
        #expect(pool.state.functions["a"]?.workers.count == 1)
        pool.tick()
        pool.settle()
        #expect(pool.state.workers.values.allSatisfy { pool.now - $0.startedAt < .seconds(3600) })
    }

    /// A worker near its memory limit gets nothing more, and whoever waits gets another one.
    @Test func drainsWorkersWithHighMemory() {
        var pool = PoolModel { $0.maxWorkersPerFunction = 1 }
        let code = PoolModel.code("a", concurrency: 2)
        let first = pool.admit(code)
        let second = pool.admit(code)
        pool.settle()
        pool.finish(first, memoryHigh: true)
        let third = pool.admit(code)
        #expect(pool.running[third] == nil)
        pool.settle()
        #expect(pool.running[third] != nil && pool.running[third] != pool.running[second])
        pool.finish(second)
        #expect(pool.ended.count == 1)
    }

    /// Workers of a version that was replaced end when they have nothing to do, not before.
    @Test func retiresVersions() {
        var pool = PoolModel()
        let busy = pool.admit(PoolModel.code("a@1"))
        pool.settle()
        pool.finish(pool.admit(PoolModel.code("b@1")))
        pool.settle()
        pool.finish(2)
        pool.state.retire(where: { $0.key.hasSuffix("@1") }, now: pool.now)
        pool.carryOut()
        #expect(pool.ended.count == 1)
        pool.finish(busy)
        #expect(pool.ended.count == 2)
    }

    /// A version that is called again after it was retired is kept again.
    @Test func retiredVersionsCanComeBack() {
        var pool = PoolModel()
        pool.admit(PoolModel.code("a"))
        pool.settle()
        pool.finish(1)
        pool.state.retire(where: { _ in true }, now: pool.now)
        pool.carryOut()
        pool.exitEnded()
        pool.admit(PoolModel.code("a"))
        pool.settle()
        pool.finish(2)
        #expect(pool.ended.isEmpty)
        #expect(pool.state.functions["a"]?.workers.count == 1)
    }

    @Test func warmsBeforeAPeak() {
        var pool = PoolModel { $0.warmWorkers = 0 }
        pool.state.warm(PoolModel.code("a"), count: 3, now: pool.now)
        pool.carryOut()
        pool.settle()
        #expect(pool.state.functions["a"]?.workers.count == 3)
        let ticket = pool.admit(PoolModel.code("a"))
        #expect(pool.running[ticket] != nil)
    }

    // MARK: Failures

    /// Whoever waits for code that cannot be loaded hears so; the next call tries again.
    @Test func failsWhoWaitsForBrokenCode() {
        var pool = PoolModel()
        let tickets = [pool.admit(PoolModel.code("a")), pool.admit(PoolModel.code("a"))]
        pool.startAll()
        let worker = pool.specialisations[0].worker
        pool.state.specialiseFailed(worker, now: pool.now)
        pool.carryOut()
        #expect(pool.refused == [tickets[0]: .notLoaded(by: worker), tickets[1]: .notLoaded(by: worker)])
        #expect(pool.ended == [worker])
        pool.exited(worker)
        let next = pool.admit(PoolModel.code("a"))
        pool.settle()
        #expect(pool.running[next] != nil)
    }

    /// When one of several workers fails to load, those who wait are served by the others.
    @Test func keepsTheLineWhenAnotherWorkerServes() {
        var pool = PoolModel { $0.maxWorkersPerFunction = 2 }
        let first = pool.admit(PoolModel.code("a"))
        pool.settle()
        let second = pool.admit(PoolModel.code("a"))
        pool.startAll()
        pool.state.specialiseFailed(pool.specialisations[0].worker, now: pool.now)
        pool.carryOut()
        #expect(pool.refused.isEmpty)
        pool.finish(first)
        #expect(pool.running[second] != nil)
    }

    @Test func replacesCrashedWorkersForThoseWhoWait() {
        var pool = PoolModel { $0.maxWorkersPerFunction = 1 }
        let first = pool.admit(PoolModel.code("a"))
        pool.settle()
        let second = pool.admit(PoolModel.code("a"))
        pool.exited(pool.running[first] ?? 0)
        pool.settle()
        #expect(pool.running[second] != nil)
    }

    /// A worker whose invocation ran out of time gets nothing more.
    @Test func condemnedWorkersGetNothing() throws {
        var pool = PoolModel()
        let code = PoolModel.code("a", concurrency: 4)
        let first = pool.admit(code)
        pool.settle()
        let worker = try #require(pool.running[first])
        pool.state.condemned(worker)
        let second = pool.admit(code)
        #expect(pool.running[second] == nil)
        pool.exited(worker)
        pool.settle()
        #expect(pool.running[second] != nil && pool.running[second] != worker)
    }

    /// A machine on which workers do not start is not asked over and over, and callers hear at once.
    @Test func backsOffWhenWorkersDoNotStart() {
        var pool = PoolModel { $0.warmWorkers = 1 }
        let ticket = pool.admit(PoolModel.code("a"))
        while let worker = pool.starts.keys.first { pool.exited(worker) }
        #expect(pool.refused == [ticket: .noWorkerStarts])
        pool.tick(after: .milliseconds(100))
        #expect(pool.starts.isEmpty)
        pool.tick(after: .seconds(40))
        #expect(pool.starts.count == 1)
    }

    @Test func shutsDownAfterWhatRuns() {
        var pool = PoolModel { $0.maxWorkersPerFunction = 1 }
        let running = pool.admit(PoolModel.code("a"))
        pool.settle()
        let waiting = pool.admit(PoolModel.code("a"))
        pool.state.shutDown()
        pool.carryOut()
        #expect(pool.refused == [waiting: .busy])
        let late = pool.admit(PoolModel.code("a"))
        #expect(pool.refused[late] == .busy)
        pool.exitEnded()
        #expect(pool.state.workers.count == 1)
        pool.finish(running)
        pool.exitEnded()
        #expect(pool.state.workers.isEmpty)
    }
}
