import Foundation
import LoopTasks
import NIOCore
import NIOPosix
import Synchronization
import Testing

@Suite("Priorities of threads")
struct ThreadPriorityTests {
    /// Since Linux 6.12, where the kernel tells.
    private static let tellsTurns = turn() != nil

    @Test("A task in the background is nicer than everybody else")
    func niceness() async {
        let niceness = await Task(executorPreference: BackgroundTaskExecutor.shared) {
            getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
        }.value
        #expect(niceness == 10)
    }

    @Test("An event loop has a shorter turn than a background task, so it interrupts it", .enabled(if: tellsTurns))
    func turns() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        ThreadPriority.prompt.apply(to: group)
        let prompt = try await group.next().submit { Self.turn() }.get()
        try await group.shutdownGracefully()
        let background = await Task(executorPreference: BackgroundTaskExecutor.shared) { Self.turn() }.value
        #expect(try #require(prompt) < #require(background))
    }

    @Test("A thread that an event loop starts has an ordinary turn", .enabled(if: tellsTurns))
    func inheritance() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        ThreadPriority.prompt.apply(to: group)
        let (own, child) = try await group.next().submit {
            (Self.turn(), Self.onNewThread { Self.turn() })
        }.get()
        try await group.shutdownGracefully()
        #expect(try #require(own) < #require(child))
    }

    private static func onNewThread(_ body: @escaping @Sendable () -> Int?) -> Int? {
        let done = DispatchSemaphore(value: 0)
        let result = Mutex<Int?>(nil)
        Thread {
            let value = body()
            result.withLock { $0 = value }
            done.signal()
        }.start()
        done.wait()
        return result.withLock { $0 }
    }

    /// The calling thread's turn in nanoseconds.
    private static func turn() -> Int? {
        guard let text = try? String(contentsOfFile: "/proc/thread-self/sched", encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix("se.slice") }
        return line?.split(separator: ":").last.flatMap { Int($0.trimmingCharacters(in: .whitespaces)) }
    }
}
