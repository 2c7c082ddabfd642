import Forecast
import Foundation
import Kernel
import Synchronization
import Testing

@testable import Rush

/// Bounds that hold in a debug build on a busy machine; `docs/elastic-workers.md` has what a release build takes.
@Suite("What planning costs", .serialized) struct ElasticCostTests {
    @Test func recordingTakesNextToNothing() {
        let recorder = LoadRecorder(ordinaryIdleSeconds: 300)
        let environments = (0..<500).map { EnvironmentID(wellFormed: "env-\($0)shop") }
        let (rounds, began) = (200, monotonicMicroseconds())
        for round in 0..<rounds {
            for environment in environments {
                let idle = recorder.began("order", in: environment, at: Int64(round) * 10)
                recorder.ended("order", in: environment, at: Int64(round) * 10 + 5, idleBefore: idle, durationMs: 5, cold: false)
            }
        }
        let each = Double(monotonicMicroseconds() - began) / Double(rounds * environments.count)
        print("recording: \(each) µs an invocation")
        #expect(each < 40)
    }

    @Test func aRoundOfManyEnvironmentsIsShort() async throws {
        try await ElasticFixture.with { fixture in
            let elastic = try fixture.elastic()
            fixture.plantLunches(21, in: elastic)
            elastic.learn(at: Minute(fixture.time.now / 60_000))
            let load = try #require(elastic.state.withLock { $0.environments[fixture.shop] })
            for number in 0..<500 {
                let environment = EnvironmentID(wellFormed: "env-\(number)")
                try fixture.add(
                    environment, ElasticFunction(name: "order", concurrency: 4, memoryMB: 256), ElasticFunction(name: "menu", concurrency: 4, memoryMB: 256))
                var own = load
                own.savedAt = Minute(fixture.time.now / 60_000)
                elastic.state.withLock { [own] in $0.environments[environment] = own }
            }
            fixture.time.advance(seconds: 10)
            elastic.round()
            fixture.time.advance(seconds: 60)
            elastic.round()
            let milliseconds = elastic.state.withLock { $0.roundMilliseconds }
            print("a round of 501 environments: \(milliseconds) ms")
            #expect(milliseconds < 3000)
        }
    }
}
