import NIOCore
import Testing

@testable import Workers

@Suite("How long workers stay without work") struct KeepAliveTests {
    private let code = PoolModel.code("a")

    private func served(_ count: Int, _ pool: inout PoolModel) {
        let tickets = (0..<count).map { _ in pool.admit(code) }
        pool.settle()
        for ticket in tickets { pool.finish(ticket) }
    }

    private func workers(_ pool: PoolModel, of key: String = "a") -> Int {
        pool.state.functions[key]?.workers.count { pool.state.workers[$0]?.phase == .serving } ?? 0
    }

    /// Repeats a wish each ten seconds, as whoever plans does.
    private func pass(_ seconds: Int, _ pool: inout PoolModel, floor: Int, lastIdle: TimeAmount? = nil) {
        for _ in 0..<seconds / 10 {
            pool.keep(code, floor: floor, lastIdle: lastIdle)
            pool.tick(after: .seconds(10))
            pool.settle()
        }
    }

    @Test func theFloorIsStartedAndStaysThroughTheIdleTime() {
        var pool = PoolModel { $0.idle = .seconds(30) }
        pass(100, &pool, floor: 2)
        #expect(workers(pool) == 2 && pool.specialisations.isEmpty)
        let ticket = pool.admit(code)
        #expect(pool.running[ticket] != nil && pool.coldTickets.isEmpty)
        pool.finish(ticket)
        pass(300, &pool, floor: 2)
        #expect(workers(pool) == 2)
    }

    /// The ones that have had no work for longest go, and only down to the floor; without a floor all go.
    @Test func whatIsBeyondTheFloorEndsAfterTheOrdinaryTime() {
        var pool = PoolModel { limits in
            limits.idle = .seconds(30)
            limits.maxWorkersPerFunction = 4
        }
        served(3, &pool)
        #expect(workers(pool) == 3)
        pass(20, &pool, floor: 1)
        #expect(workers(pool) == 3)
        pass(20, &pool, floor: 1)
        #expect(workers(pool) == 1)
        pass(600, &pool, floor: 1)
        #expect(workers(pool) == 1)
        pass(10, &pool, floor: 0)
        #expect(workers(pool) == 0 && pool.state.functions["a"] == nil)
    }

    @Test func theLastWorkerHasItsOwnTime() {
        var short = PoolModel { $0.idle = .seconds(300) }
        served(2, &short)
        pass(20, &short, floor: 0, lastIdle: .seconds(10))
        // Two are no last one.
        #expect(workers(short) == 2)
        pass(280, &short, floor: 0, lastIdle: .seconds(10))
        #expect(workers(short) == 0)
        var single = PoolModel { $0.idle = .seconds(300) }
        served(1, &single)
        pass(20, &single, floor: 0, lastIdle: .seconds(10))
        #expect(workers(single) == 0)
        var long = PoolModel { $0.idle = .seconds(300) }
        served(1, &long)
        pass(1800, &long, floor: 0, lastIdle: .minutes(40))
        #expect(workers(long) == 1)
        pass(700, &long, floor: 0, lastIdle: .minutes(40))
        #expect(workers(long) == 0)
    }

    /// Who wished may have died.
    @Test func aWishThatIsNotRepeatedEnds() {
        var pool = PoolModel { $0.idle = .seconds(30) }
        pool.keep(code, floor: 1)
        pool.settle()
        pool.tick(after: .seconds(59))
        #expect(workers(pool) == 1)
        pool.tick(after: .seconds(2))
        pool.settle()
        #expect(workers(pool) == 0 && pool.state.wishes.isEmpty)
    }

    @Test func noWishExceedsTheLimits() {
        var pool = PoolModel { limits in
            limits.maxWorkersPerFunction = 2
            limits.maxWorkers = 3
        }
        pass(30, &pool, floor: 100)
        #expect(workers(pool) == 2)
        for name in ["b", "c"] {
            pool.keep(PoolModel.code(name), floor: 2)
            pool.settle()
        }
        #expect(pool.state.workers.count <= 3)
        // What is kept for one function is not ended for another one's wish, and is for somebody who waits.
        #expect(workers(pool) == 2)
        let ticket = pool.admit(PoolModel.code("d"))
        pool.settle()
        #expect(pool.running[ticket] != nil)
    }

    /// A wish that nobody could fill does not keep those who wait behind it from theirs.
    @Test func aWishOnAFullNodeIsPassedOver() {
        var pool = PoolModel { limits in
            limits.maxWorkers = 1
            limits.warmWorkers = 0
        }
        let busy = pool.admit(code)
        pool.settle()
        pool.keep(PoolModel.code("b"), floor: 1)
        let waiting = pool.admit(PoolModel.code("c"))
        pool.finish(busy)
        for _ in 0..<3 {
            pool.tick(after: .seconds(1))
            pool.settle()
        }
        #expect(pool.running[waiting] != nil)
    }

    /// What has not come yet is taken back when the floor falls.
    @Test func aFallingFloorTakesBackWhatWasAskedFor() {
        var pool = PoolModel { $0.warmWorkers = 0 }
        pool.keep(code, floor: 3)
        #expect(pool.state.functions["a"]?.requested == 3)
        pool.keep(code, floor: 1)
        #expect(pool.state.functions["a"]?.requested == 1)
        pool.keep(code, floor: 0)
        #expect(pool.state.functions["a"] == nil)
    }

    /// A worker of age that is kept on purpose goes when its successor has loaded the code.
    @Test func theFloorHasNoHoleWhenAWorkerIsOfAge() {
        var pool = PoolModel { $0.maxAge = .seconds(100) }
        pass(90, &pool, floor: 1)
        let first = pool.state.functions["a"]?.workers
        for _ in 0..<6 {
            pool.keep(code, floor: 1)
            pool.tick(after: .seconds(10))
            #expect(workers(pool) >= 1)
            pool.startAll()
            #expect(workers(pool) >= 1)
            pool.specialiseAll()
            #expect(workers(pool) >= 1)
            pool.exitEnded()
        }
        #expect(workers(pool) == 1 && pool.state.functions["a"]?.workers != first)
    }

    @Test func aRetiredVersionIsNotKept() {
        var pool = PoolModel()
        pass(20, &pool, floor: 1)
        pool.state.retire(where: { $0.key == "a" }, now: pool.now)
        pool.carryOut()
        pool.settle()
        #expect(workers(pool) == 0 && pool.state.wishes.isEmpty)
    }
}
