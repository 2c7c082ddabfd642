/// What gives way first, with the numbers that show it.
enum Bottleneck: Sendable, Hashable {
    /// A function takes so long that more workers would not help.
    case slowFunction(Evidence.Function, SlowBecause)
    /// A query looks at far more documents than it finds.
    case unindexedQuery(Evidence.Query, processors: Double)
    /// A function's places are all taken while the machine has time left.
    case tooFewWorkers(Evidence.Function, concurrency: Int)
    /// The machine's processors.
    case processor(Evidence.Processors)
    /// The disk under the data.
    case disk(Evidence.Processors)
    /// Other programs on the machine, so that what the server can do is not known.
    case neighbours(Evidence.Processors, others: Double)
    /// A request that fails however few users are there; more of anything would not help.
    case failure(code: String, count: Int)
    /// A quota of the environment.
    case quota(count: Int)
    /// The generator, which shares the machine: what the server can do is not known.
    case generator([String])
    /// Everything that was tried was kept.
    case noneReached
    /// The promise broke, and nothing that was measured says why.
    case unknown

    /// Why a function is slow.
    enum SlowBecause: Sendable, Hashable {
        /// Alone it takes longer than what is promised, in milliseconds.
        case alone(Double)
        /// Each call takes so much of a processor, in milliseconds.
        case processor(Double)
    }

    /// From this share on, places or processors count as used up.
    private static let full = 0.85
    /// From so many processors that one kind of query keeps busy, it is the first thing to do something about.
    private static let queryProcessors = 0.25
    /// A call that uses so much of a processor, in milliseconds, is what has to become faster; below, there are just many.
    private static let heavyCallMilliseconds = 10.0
    /// The share of failures from which a quota is the cause.
    private static let quotaShare = 0.001

    /// Names what gives way first.
    ///
    /// - Parameters:
    ///   - step: A step in which the promise was broken.
    ///   - evidence: What was seen during it.
    ///   - calm: What was seen while few users were there.
    static func name(
        _ step: StepOutcome, _ evidence: Evidence, calm: Evidence?, calmOutcome: StepOutcome? = nil, _ promise: Promise
    ) -> Bottleneck {
        if let failure = failure(calmOutcome, promise) { return failure }
        let overQuota = step.codes["QUOTA_EXCEEDED"] ?? 0
        if overQuota > 0, Double(overQuota) >= quotaShare * Double(step.sent) { return .quota(count: overQuota) }
        if let query = costliestQuery(evidence) { return .unindexedQuery(query, processors: query.totalMilliseconds / 1000 / evidence.seconds) }
        if let function = heavyFunction(evidence) { return function }
        if let function = fullFunction(evidence) { return judged(function, step, evidence, calm, promise) }
        if let slow = slowestAlone(calm ?? evidence, promise) { return .slowFunction(slow, .alone(slow.meanMilliseconds)) }
        if evidence.processors.share >= full {
            let others = evidence.processors.busy - own(evidence, step)
            return others > evidence.processors.busy / 2 ? .neighbours(evidence.processors, others: others) : .processor(evidence.processors)
        }
        if step.codes["OVERLOADED"] != nil { return .processor(evidence.processors) }
        if evidence.processors.waitingForDisk >= 0.3 { return .disk(evidence.processors) }
        return step.voidReasons.isEmpty ? .unknown : .generator(step.voidReasons)
    }

    /// What comes of load, and so is no failure of the journey itself.
    private static let ofLoad: Set<String> = [
        "timedOut", "OVERLOADED", "FUNCTION_BUSY", "FUNCTION_TIMEOUT", "QUERY_TOO_SLOW", "connectionClosed", "QUOTA_EXCEEDED",
    ]

    private static func failure(_ calm: StepOutcome?, _ promise: Promise) -> Bottleneck? {
        guard let calm, calm.successShare < promise.successShare else { return nil }
        let failures = calm.codes.filter { !ofLoad.contains($0.key) }
        guard let most = failures.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) else { return nil }
        return .failure(code: most.key, count: most.value)
    }

    /// Processors that the platform used, and the generator.
    private static func own(_ evidence: Evidence, _ step: StepOutcome) -> Double {
        evidence.processors.server + evidence.processors.workers + step.generatorShare
    }

    private static func costliestQuery(_ evidence: Evidence) -> Evidence.Query? {
        let most = evidence.queries.filter { !$0.index.isEmpty }.max { $0.totalMilliseconds < $1.totalMilliseconds }
        guard let most, most.totalMilliseconds / 1000 / evidence.seconds >= queryProcessors else { return nil }
        return most
    }

    /// A function that uses up the processors by what each call costs.
    private static func heavyFunction(_ evidence: Evidence) -> Bottleneck? {
        let (processors, work) = (evidence.processors, evidence.functions.reduce(0) { $0 + $1.work })
        guard processors.share >= full, let function = evidence.functions.max(by: { $0.work < $1.work }), function.calls > 0 else { return nil }
        // Half of what is used is the workers', and most of that this function's.
        guard processors.workers >= processors.busy / 2, work > 0, function.work >= work / 2 else { return nil }
        let each = processors.workers * evidence.seconds * 1000 * function.work / work / Double(function.calls)
        return each >= heavyCallMilliseconds ? .slowFunction(function, .processor(each)) : nil
    }

    /// The function for which most invocations wait.
    private static func fullFunction(_ evidence: Evidence) -> Evidence.Function? {
        evidence.functions.filter { $0.slots > 0 && ($0.inFlight >= full * Double($0.slots) || $0.queued >= 1 || $0.refused > 0) }
            .max { ($0.queued, $0.inFlight) < ($1.queued, $1.inFlight) }
    }

    private static func judged(
        _ function: Evidence.Function, _ step: StepOutcome, _ evidence: Evidence, _ calm: Evidence?, _ promise: Promise
    ) -> Bottleneck {
        let alone = calm?.functions.first { $0.name == function.name && $0.calls > 0 }?.meanMilliseconds ?? function.meanMilliseconds
        if alone >= promise.p99Milliseconds { return .slowFunction(function, .alone(alone)) }
        // Where processors are short, calls take longer than alone; where only places are, they take as long and wait before.
        let isStarved = evidence.processors.share >= full && function.meanMilliseconds > 2 * alone
        guard !isStarved || own(evidence, step) < evidence.processors.busy / 2 else { return .processor(evidence.processors) }
        return .tooFewWorkers(function, concurrency: concurrency(function, alone: alone, step, promise))
    }

    /// How many invocations a worker has to take at once so that the promised peak finds a place, half as many again for what comes together by chance.
    private static func concurrency(_ function: Evidence.Function, alone: Double, _ step: StepOutcome, _ promise: Promise) -> Int {
        let callsPerUser = step.arrivals == 0 ? 1 : max(1, Double(function.calls + function.refused) / Double(step.arrivals))
        let places = promise.peak * callsPerUser * alone / 1000 * 1.5
        return max(function.concurrency + 1, Int((places / Double(max(1, function.workers))).rounded(.up)))
    }

    private static func slowestAlone(_ evidence: Evidence, _ promise: Promise) -> Evidence.Function? {
        evidence.functions.filter { $0.calls > 0 && $0.meanMilliseconds >= promise.p99Milliseconds }.max { $0.meanMilliseconds < $1.meanMilliseconds }
    }
}

extension Evidence.Function {
    /// Time that all calls took together, in milliseconds.
    fileprivate var work: Double { Double(calls) * meanMilliseconds }
}
