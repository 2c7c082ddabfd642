import Kernel
import Synchronization
import TestSupport
import Testing

@Suite("How many may do something at once")
struct AdmissionGateTests {
    /// What holds a place until the test lets go of it.
    private final class Latch: Sendable {
        private let stream = AsyncStream<Void>.makeStream()
        func open() { stream.continuation.finish() }
        func wait() async { for await _ in stream.stream {} }
    }

    /// Counts who is inside.
    private final class Headcount: Sendable {
        private let state = Mutex((now: 0, most: 0, all: 0))
        var counts: (now: Int, most: Int, all: Int) { state.withLock { $0 } }
        func enter() { state.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1), $0.all + 1) } }
        func leave() { state.withLock { $0.now -= 1 } }
    }

    @Test func letsNoMoreThroughThanThereArePlaces() async throws {
        let gate = AdmissionGate(places: 2, waitingMax: 100)
        let inside = Headcount()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await gate.run {
                        inside.enter()
                        try await Task.sleep(for: .milliseconds(1))
                        inside.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(inside.counts == (0, 2, 50))
    }

    @Test func turnsAwayWhoeverFindsTheLineFull() async throws {
        let gate = AdmissionGate(places: 1, waitingMax: 1)
        let latch = Latch()
        let holder = try await holding(gate, latch)
        let second = Task { try await gate.run {} }
        #expect(try await eventually { gate.waiting == 1 })
        await #expect(throws: AdmissionGate.Full.self) { try await gate.run {} }
        latch.open()
        try await holder.value
        try await second.value
        try await gate.run {}
    }

    @Test func whoeverGivesUpLeavesTheLine() async throws {
        let gate = AdmissionGate(places: 1, waitingMax: 1)
        let latch = Latch()
        let holder = try await holding(gate, latch)
        let waiting = Task { try await gate.run {} }
        #expect(try await eventually { gate.waiting == 1 })
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(gate.waiting == 0)
        latch.open()
        try await holder.value
    }

    /// A place whose holder failed is free again.
    @Test func aFailureGivesThePlaceBack() async throws {
        struct Failure: Error {}
        let gate = AdmissionGate(places: 1, waitingMax: 0)
        await #expect(throws: Failure.self) { try await gate.run { throw Failure() } }
        try await gate.run {}
    }

    /// Takes a place and keeps it until the latch opens; returns once it has it.
    private func holding(_ gate: AdmissionGate, _ latch: Latch) async throws -> Task<Void, any Error> {
        let entered = Latch()
        let holder = Task {
            try await gate.run {
                entered.open()
                await latch.wait()
            }
        }
        await entered.wait()
        return holder
    }
}
