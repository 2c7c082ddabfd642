import Kernel
import Testing

@testable import Rehearsals

/// Planted evidence: each case is what the platform would see of one cause, and of nothing else.
@Suite struct BottleneckTests {
    private static let promise = Promise(peak: 100, p99Milliseconds: 300)

    private static func step(rate: Double = 100, codes: [String: Int] = [:], voidReasons: [String] = []) -> StepOutcome {
        StepOutcome(
            rate: rate, seconds: 10, arrivals: Int(rate * 10), sent: 1000, served: 900, p50Milliseconds: 400, p99Milliseconds: 1200, codes: codes,
            voidReasons: voidReasons)
    }

    private static func evidence(
        _ functions: [Evidence.Function] = [], queries: [Evidence.Query] = [], busy: Double = 0.8, server: Double = 0.4, workers: Double = 0.3,
        waiting: Double = 0
    ) -> Evidence {
        Evidence(
            seconds: 10, functions: functions, queries: queries,
            processors: Evidence.Processors(count: 2, busy: busy, server: server, workers: workers, waitingForDisk: waiting))
    }

    private static func name(_ evidence: Evidence, calm: Evidence? = nil) -> Bottleneck { name(step(), evidence, calm: calm) }

    private static func name(_ step: StepOutcome, _ evidence: Evidence, calm: Evidence? = nil) -> Bottleneck {
        Bottleneck.name(step, evidence, calm: calm, promise)
    }

    private static func function(_ name: String, concurrency: Int = 1, workers: Int = 2, inFlight: Double, queued: Double = 0, mean: Double)
        -> Evidence.Function
    {
        Evidence.Function(
            name: name, concurrency: concurrency, workers: workers, inFlight: inFlight, queued: queued, calls: 1000, meanMilliseconds: mean)
    }

    @Test func aFunctionThatWaitsLongerThanWasPromised() {
        let pay = Self.function("pay", concurrency: 32, workers: 2, inFlight: 64, queued: 20, mean: 900)
        let calm = Self.evidence([Self.function("pay", concurrency: 32, workers: 1, inFlight: 8, mean: 800)])
        #expect(Self.name(Self.evidence([pay]), calm: calm) == .slowFunction(pay, .alone(800)))
    }

    @Test func aFunctionThatIsSlowWithoutAnybodyWaiting() {
        let pay = Self.function("pay", concurrency: 32, workers: 2, inFlight: 30, mean: 800)
        let calm = Self.evidence([pay])
        #expect(Self.name(Self.evidence([pay]), calm: calm).kind == "slowFunction")
    }

    @Test func aFunctionThatComputesTooMuch() {
        var price = Self.function("price", concurrency: 32, workers: 4, inFlight: 100, queued: 10, mean: 600)
        var goods = Self.function("goods", concurrency: 32, workers: 1, inFlight: 1, mean: 5)
        (price.calls, goods.calls) = (200, 800)
        let calm = Self.evidence([Self.function("price", inFlight: 1, mean: 40)])
        let named = Self.name(Self.evidence([goods, price], busy: 1.95, server: 0.2, workers: 1.6), calm: calm)
        guard case .slowFunction(let function, .processor(let each)) = named else {
            Issue.record("\(named)")
            return
        }
        // 1.6 processors for 10 s, nearly all of them for these 200 calls.
        #expect(function.name == "price" && (75...80).contains(each))
    }

    @Test func aQueryWithoutAnIndex() {
        let query = Evidence.Query(
            collection: "orders", operation: "get", shape: "{\"phone\":\"?\"}", index: [["phone", "asc"]], count: 400, totalMilliseconds: 12_000,
            examined: 30_000, matched: 1)
        // The function that asks is slow and full because of it.
        let find = Self.function("find", inFlight: 2, queued: 30, mean: 500)
        let named = Self.name(Self.evidence([find], queries: [query], busy: 1.9))
        #expect(named == .unindexedQuery(query, processors: 1.2))
        #expect(named.json["setting"]?["keys"] == [["phone", "asc"]])
    }

    @Test func aQueryThatIsSeldomMadeIsNotTheCause() {
        let query = Evidence.Query(
            collection: "reports", operation: "get", shape: "{}", index: [["day", "asc"]], count: 3, totalMilliseconds: 90, examined: 30_000, matched: 1)
        #expect(Self.name(Self.evidence(queries: [query], busy: 1.95, server: 1.5)).kind == "processor")
    }

    @Test func tooFewWorkers() {
        let order = Self.function("order", concurrency: 1, workers: 2, inFlight: 1.9, queued: 40, mean: 60)
        let calm = Self.evidence([Self.function("order", concurrency: 1, workers: 1, inFlight: 0.3, mean: 50)])
        let named = Self.name(Self.evidence([order]), calm: calm)
        // 100 users a second × 1 call × 50 ms × 1.5 on two workers.
        #expect(named == .tooFewWorkers(order, concurrency: 4))
        #expect(named.json["setting"] == ["kind": "concurrency", "function": "order", "from": 1, "to": 4])
    }

    @Test func placesThatAreFullOnABusyMachineAreTheMachines() {
        let order = Self.function("order", concurrency: 1, workers: 2, inFlight: 2, queued: 40, mean: 20)
        let calm = Self.evidence([Self.function("order", inFlight: 0.1, mean: 4)])
        #expect(Self.name(Self.evidence([order], busy: 1.95, server: 1.4, workers: 0.4), calm: calm).kind == "processor")
    }

    @Test func placesThatAreFullWhileOthersUseTheMachineAreTooFew() {
        let order = Self.function("order", concurrency: 1, workers: 4, inFlight: 4, queued: 90, mean: 110)
        let calm = Self.evidence([Self.function("order", inFlight: 0.1, mean: 101)])
        #expect(Self.name(Self.evidence([order], busy: 1.98, server: 0.2, workers: 0.1), calm: calm).kind == "tooFewWorkers")
    }

    @Test func othersOnTheMachineAreNotTheServersLimit() {
        #expect(Self.name(Self.evidence(busy: 1.95, server: 0.2, workers: 0.1)).kind == "neighbours")
    }

    @Test func whatFailsWithoutAnybodyIsNotALackOfAnything() {
        func calm(_ codes: [String: Int]) -> StepOutcome {
            StepOutcome(rate: 2, seconds: 3, arrivals: 6, sent: 8, served: 6, p50Milliseconds: 5, p99Milliseconds: 9, codes: codes)
        }
        let named = { (codes: [String: Int]) in
            Bottleneck.name(Self.step(), Self.evidence(busy: 1.9, server: 1.5), calm: nil, calmOutcome: calm(codes), Self.promise)
        }
        #expect(named(["captureMissing": 2]) == .failure(code: "captureMissing", count: 2))
        #expect(named(["timedOut": 2]).kind == "processor", "slowness is no failure of the journey")
    }

    @Test func processorDiskQuotaGeneratorAndNothing() {
        #expect(Self.name(Self.evidence(busy: 1.9, server: 1.4)).kind == "processor")
        #expect(Self.name(Self.step(codes: ["OVERLOADED": 50]), Self.evidence()).kind == "processor")
        #expect(Self.name(Self.evidence(waiting: 0.8)).kind == "disk")
        #expect(Self.name(Self.step(codes: ["QUOTA_EXCEEDED": 80]), Self.evidence(busy: 1.95)) == .quota(count: 80))
        #expect(Self.name(Self.step(voidReasons: ["GENERATOR_LATE"]), Self.evidence()) == .generator(["GENERATOR_LATE"]))
        #expect(Self.name(Self.evidence()) == .unknown)
    }

    @Test func eachHasWordsInBothLanguages() {
        let function = Self.function("f", inFlight: 1, mean: 1)
        let query = Evidence.Query(
            collection: "c", operation: "get", shape: "{}", index: [["a", "asc"]], count: 1, totalMilliseconds: 1, examined: 1, matched: 1)
        let use = Evidence.Processors(count: 2, busy: 1, server: 1, workers: 1)
        let all: [Bottleneck] = [
            .slowFunction(function, .alone(1)), .slowFunction(function, .processor(1)), .unindexedQuery(query, processors: 1),
            .tooFewWorkers(function, concurrency: 2),
            .processor(use), .neighbours(use, others: 1), .failure(code: "X", count: 1), .disk(use), .quota(count: 1), .generator([]), .noneReached, .unknown,
        ]
        for bottleneck in all {
            #expect(!bottleneck.text.en.isEmpty && bottleneck.text.zh.contains { $0.unicodeScalars.first.map { $0.value > 0x3000 } ?? false })
            #expect(bottleneck.json.inLanguage(.zh)["text"] == .string(bottleneck.text.zh))
        }
    }
}
