import NIOCore
import TestSupport
import Testing

@testable import Workers

@Suite("Which worker does what, whatever happens")
struct PoolHistoryTests {
    /// Random histories: limits hold at every step, and at the end every ticket was answered exactly once.
    @Test(arguments: 0..<60)
    func holdsItsPromises(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var pool = PoolModel { limits in
            limits.warmWorkers = 2
            limits.maxWorkers = 5
            limits.maxWorkersPerFunction = 2
            limits.processors = 2
            limits.busyInFlight = 2
            limits.queueMax = 6
            limits.maxInvocationsPerWorker = 5
        }
        let codes = (0..<5).map { PoolModel.code("f\($0)", concurrency: $0 + 1, memoryMB: $0 == 4 ? 1024 : 256) }
        var tickets: Set<Int> = []
        for _ in 0..<600 {
            step(&pool, codes, &tickets, &random)
            checkLimits(pool)
        }
        for _ in 0..<200 {
            pool.settle()
            for ticket in pool.running.keys.sorted() { pool.finish(ticket) }
            pool.tick(after: .seconds(31))
        }
        #expect(pool.running.isEmpty)
        #expect(pool.answered.isDisjoint(with: pool.refused.keys))
        #expect(pool.answered.union(pool.refused.keys) == tickets)
        #expect(pool.state.functions.values.allSatisfy { $0.queue.isEmpty })
    }

    private func step(_ pool: inout PoolModel, _ codes: [FunctionCode], _ tickets: inout Set<Int>, _ random: inout SeededGenerator) {
        switch Int.random(in: 0..<13, using: &random) {
        case 0..<5: tickets.insert(pool.admit(codes[Int.random(in: 0..<codes.count, using: &random)]))
        case 5: if let worker = pool.starts.keys.sorted().randomElement(using: &random) { pool.started(worker) }
        case 6: if let next = pool.specialisations.randomElement(using: &random) { pool.specialised(next.worker) }
        case 7, 8:
            if let ticket = pool.running.keys.sorted().randomElement(using: &random) {
                pool.finish(ticket, memoryHigh: Bool.random(using: &random))
            }
        case 9: if let worker = pool.ended.randomElement(using: &random) { pool.exited(worker) }
        case 10: pool.tick(after: .milliseconds(Int64.random(in: 0..<4000, using: &random)))
        case 11:
            let code = codes[Int.random(in: 0..<codes.count, using: &random)]
            pool.keep(code, floor: Int.random(in: 0...3, using: &random), lastIdle: Bool.random(using: &random) ? .seconds(1) : nil)
        default: mishap(&pool, &random)
        }
    }

    private func mishap(_ pool: inout PoolModel, _ random: inout SeededGenerator) {
        guard let worker = pool.state.workers.keys.sorted().randomElement(using: &random) else { return }
        switch Int.random(in: 0..<4, using: &random) {
        case 0: pool.exited(worker)
        case 1:
            pool.state.condemned(worker)
            pool.carryOut()
            pool.exited(worker)
        case 2:
            pool.specialisations.removeAll { $0.worker == worker }
            pool.state.specialiseFailed(worker, now: pool.now)
            pool.carryOut()
        default:
            pool.state.retire(where: { $0.key == "f1" }, now: pool.now)
            pool.carryOut()
        }
    }

    private func checkLimits(_ pool: PoolModel) {
        #expect(pool.state.workers.count <= 5)
        for function in pool.state.functions.values {
            #expect(function.queue.count <= 6)
            #expect(function.workers.allSatisfy { (pool.state.workers[$0]?.inFlight ?? 0) <= function.code.concurrency })
        }
        for (_, worker) in pool.running where pool.state.workers[worker] == nil { Issue.record("a ticket runs in a worker that is gone") }
    }
}
