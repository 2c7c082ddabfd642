import Foundation
import Kernel
import Logging
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import Mail

@Suite("Mails that nobody waits for", .timeLimit(.minutes(5)))
struct MailerTests {
    /// Answers each try as the test says, and counts them.
    private final class Post: Sendable {
        private let tries = Mutex<[ComposedMail]>([])
        private let answer: @Sendable (Int) throws -> Void

        init(_ answer: @escaping @Sendable (Int) throws -> Void = { _ in }) { self.answer = answer }

        var count: Int { tries.withLock { $0.count } }
        var contents: Set<[UInt8]> { tries.withLock { Set($0.map(\.bytes)) } }

        func take(_ mail: ComposedMail) throws {
            let number = tries.withLock { tries in
                tries.append(mail)
                return tries.count
            }
            try answer(number)
        }
    }

    private static let later = SMTPFailure.refused(.recipient, SMTPReply(code: 451, lines: ["4.7.1 <xiaoming@example.com> greylisted"]))
    private static let never = SMTPFailure.refused(.recipient, SMTPReply(code: 550, lines: ["5.1.1 <XIAOMING@example.com> unknown"]))

    private func mailer(_ log: KeptLog = KeptLog(), pause: Duration = .milliseconds(1), _ deliver: @escaping @Sendable (ComposedMail) async throws -> Void)
        throws -> Mailer
    {
        Mailer(
            sender: try Mailbox(parsing: "Sampan <noreply@sampan.test>"), clock: .system, logger: log.logger,
            pauses: Array(repeating: pause, count: Mailer.pauses.count), deliver: deliver)
    }

    /// Runs `body` while the mailer works; then stops it as a server stops.
    private func running(_ mailer: Mailer, _ body: () async throws -> Void) async throws {
        let group = ServiceGroup(services: [mailer], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let service = Task { try await group.run() }
        do {
            try await body()
        } catch {
            service.cancel()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await service.value
    }

    @Test func sendsWhatItIsGiven() async throws {
        let post = Post()
        let log = KeptLog()
        let mailer = try mailer(log) { try post.take($0) }
        #expect(mailer.isConfigured)
        try mailer.send(.sample())
        try await running(mailer) {
            try mailer.send(.sample())
            try #require(await eventually { post.count == 2 }, "both are sent")
        }
        #expect(post.contents.count == 2, "each has an id of its own")
        #expect(!log.lines.contains { $0.contains("not sent") })
    }

    @Test func withoutSettingsEveryMailIsRefused() async throws {
        let mailer = try Mailer(settings: nil, logger: KeptLog().logger)
        #expect(!mailer.isConfigured)
        #expect {
            try mailer.send(.sample())
        } throws: {
            guard let error = $0 as? SampanError else { return false }
            return error.code == "MAIL_NOT_CONFIGURED" && error.remedy.zh.contains("SAMPAN_SMTP_URL") && error.remedy.en.contains("SAMPAN_MAIL_FROM")
        }
        // It lives as long as the others, and ends when they do.
        try await running(mailer) { try await Task.sleep(for: .milliseconds(50)) }
    }

    @Test(arguments: [SMTPFailure.unreachable("no route"), .timedOut(.greeting), .disconnected(.data), later])
    func triesAgainWhatMaySucceedLater(failure: SMTPFailure) async throws {
        let post = Post { if $0 < 5 { throw failure } }
        let log = KeptLog()
        let mailer = try mailer(log) { try post.take($0) }
        try await running(mailer) {
            try mailer.send(.sample())
            try #require(await eventually { log.lines.contains { $0.contains("a mail was sent") } }, "the fifth try")
        }
        #expect(post.count == 5)
        #expect(post.contents.count == 1, "the same mail with the same id")
        #expect(log.lines.filter { $0.contains("tried again") }.count == 4)
    }

    @Test func givesUpAfterFiveTries() async throws {
        let post = Post { _ in throw Self.later }
        let log = KeptLog()
        let mailer = try mailer(log) { try post.take($0) }
        try await running(mailer) {
            try mailer.send(.sample())
            try #require(await eventually { log.lines.contains { $0.contains("given up") } }, "it is given up")
        }
        #expect(post.count == 5)
    }

    @Test func aRefusalForGoodIsNotTriedAgain() async throws {
        let post = Post { _ in throw Self.never }
        let log = KeptLog()
        let mailer = try mailer(log) { try post.take($0) }
        try await running(mailer) {
            try mailer.send(.sample(subject: "The secret subject"))
            try #require(await eventually { log.lines.contains { $0.contains("given up") } }, "it is given up")
        }
        #expect(post.count == 1)
        let line = try #require(log.lines.first { $0.contains("given up") })
        #expect(line.hasPrefix("error"))
        #expect(line.contains("x***@example.com") && line.contains("550"))
        #expect(!line.lowercased().contains("xiaoming") && !line.contains("secret"), "neither recipient nor content: \(line)")
    }

    /// The tries reach over ten minutes.
    @Test func thePausesBetweenTries() {
        #expect(Mailer.pauses.count == 4)
        #expect(Mailer.pauses.reduce(.zero, +) == .seconds(600))
    }

    @Test func tooManyAreRefused() async throws {
        let mailer = try mailer { _ in }
        let message = try MailMessage.sample()
        for _ in 0..<1000 { try mailer.send(message) }
        #expect {
            try mailer.send(message)
        } throws: {
            guard let error = $0 as? SampanError else { return false }
            return error.code == "MAIL_BUSY" && error.status == 503 && error.retryAfter != nil
        }
    }

    @Test func neverMoreThanFourConnections() async throws {
        let open = Mutex((now: 0, most: 0, all: 0))
        let mailer = try mailer { _ in
            open.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1), $0.all + 1) }
            try await Task.sleep(for: .milliseconds(2))
            open.withLock { $0.now -= 1 }
        }
        try await running(mailer) {
            for _ in 0..<60 { try mailer.send(.sample()) }
            try #require(await eventually { open.withLock { $0.all == 60 && $0.now == 0 } }, "all are sent")
        }
        #expect(open.withLock { $0.most } == 4)
    }

    /// A stopping server sends what it is sending, and does not wait for what is to be tried again.
    @Test func stopsSoonAndSaysWhatIsLost() async throws {
        let post = Post { _ in throw Self.later }
        let log = KeptLog()
        let mailer = try mailer(log, pause: .seconds(600)) { try post.take($0) }
        let stopping = try await ContinuousClock().measure {
            try await running(mailer) {
                try mailer.send(.sample())
                try #require(await eventually { post.count == 1 }, "the first try")
            }
        }
        // The pause is ten minutes; how long stopping takes on a busy machine is not what is asked here.
        #expect(stopping < .seconds(120))
        #expect(log.lines.contains { $0.contains("not sent before the server stopped") && $0.contains("count") })
    }

    @Test func whatIsUnderWayAtTheEndIsFinished() async throws {
        let finished = Mutex(false)
        let begun = Mutex(false)
        let mailer = try mailer { _ in
            begun.withLock { $0 = true }
            try await Task.sleep(for: .milliseconds(200))
            finished.withLock { $0 = true }
        }
        try await running(mailer) {
            try mailer.send(.sample())
            try #require(await eventually { begun.withLock { $0 } }, "it is being sent")
        }
        #expect(finished.withLock { $0 })
    }
}
