import NIOCore

@testable import LoadGenerator

/// Plays a run against a server that is a function, in no time: a clock that jumps from one event to the next.
struct Simulation {
    /// What the server does about a request: after so many milliseconds, an answer; or nothing.
    struct Reply {
        var after: Double
        var answer: Answer?

        static func ok(after: Double = 1, _ body: String = "{}") -> Reply { status(200, after: after, body) }

        static func status(_ status: Int, after: Double = 1, _ body: String = "{}", retryAfter: Double? = nil) -> Reply {
            Reply(after: after, answer: Answer(status: status, retryAfter: retryAfter, keepsConnection: true, body: Array(body.utf8)))
        }
    }

    struct Request {
        /// Milliseconds since the run began.
        let at: Double
        let text: String
    }

    var run: LoadRun
    private(set) var requests: [Request] = []
    private var underway: [(at: Int64, user: VirtualUser, answer: Answer?)] = []

    init(_ scenario: Scenario, _ plan: ArrivalPlan, usersMax: Int = 100_000, seed: UInt64 = 1) {
        run = LoadRun(scenario, plan, host: "h", runID: "run", seed: seed, usersMax: usersMax, secondsMax: 1000)
    }

    /// - Parameter serve: The request's text, and the moment in milliseconds.
    mutating func play(untilMilliseconds end: Double = 1e9, _ serve: (String, Double) -> Reply) {
        while true {
            let answer = underway.indices.min { underway[$0].at < underway[$1].at }
            let moments = [run.nextDue, answer.map { underway[$0].at }].compactMap { $0 }
            guard let now = moments.min(), Double(now) / 1e6 <= end else { break }
            run.advance(to: now)
            if let answer, underway[answer].at == now {
                let (_, user, what) = underway.remove(at: answer)
                if let what { run.answered(user, what, at: now) } else { run.lost(user, .timedOut, at: now) }
            }
            while let user = run.takeDue(at: now) {
                let text = String(buffer: user.request)
                requests.append(Request(at: Double(now) / 1e6, text: text))
                run.sent(user, at: now)
                let reply = serve(text, Double(now) / 1e6)
                underway.append((now + Int64(reply.after * 1e6), user, reply.answer))
            }
        }
    }
}
