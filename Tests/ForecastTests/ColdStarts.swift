import Forecast

/// A node's workers of one environment, simulated in steps of ten seconds, under a policy that says how many stay warm.
struct ColdStarts {
    /// Workers that were started because somebody waited for them.
    private(set) var cold = 0
    /// Worker-minutes that were kept, busy or not.
    private(set) var workerMinutes = 0.0

    /// Minutes after which a worker that is not needed goes, whatever the floor is above that.
    private static let keepAlive = 10

    static let none = ColdStarts()

    private init() {}

    static func += (left: inout ColdStarts, right: ColdStarts) {
        left.cold += right.cold
        left.workerMinutes += right.workerMinutes
    }

    /// Runs the counts of minutes.
    ///
    /// A step needs so many workers that 99 in 100 of its requests find a place at once (Poisson occupancy, normal approximation). `floor` gives workers to
    /// keep for a minute (asked at its beginning); `last` decides about the last worker after each idle time, where given.
    init(
        counts: ArraySlice<Int>, duration: Double, concurrency: Int, chance: inout Chance, floor: (Int) -> Int = { _ in 0 },
        last: ((IdleHistogram) -> IdleHistogram.Decision)? = nil
    ) {
        var histogram = IdleHistogram()
        // The newest step in which so many workers were needed at once.
        var needed = [Int](repeating: -1_000_000, count: 201)
        var (recent, now) = (0, 0)
        var (warm, idleSteps, decision) = (0, 0, IdleHistogram.Decision.fixed(keepAlive: Double(Self.keepAlive)))
        for (offset, count) in counts.enumerated() {
            let kept = floor(offset)
            var left = count
            for step in 0..<6 {
                let arrivals = Self.share(of: left, among: 6 - step, &chance)
                left -= arrivals
                let busy = Double(arrivals) / 10 * duration
                let need = arrivals == 0 ? 0 : max(1, Int(((busy + 2.33 * busy.squareRoot()) / Double(concurrency)).rounded(.up)))
                let idle = Double(idleSteps) / 6
                let lastWorker = last != nil && idleSteps > 0 && decision.isWarm(after: idle) ? 1 : 0
                // The fixed rule keeps what the last ten minutes needed; with a decision about the last worker, one fewer may be left of it.
                while recent > 0, now - needed[recent] > Self.keepAlive * 6 { recent -= 1 }
                warm = max(kept, last == nil ? recent : idleSteps > 0 ? max(lastWorker, recent > 1 ? recent : 0) : recent)
                cold += max(0, need - warm)
                workerMinutes += Double(max(warm, need)) / 6
                if need > 0 { for workers in 1...min(200, need) { needed[workers] = now } }
                recent = max(recent, min(200, need))
                now += 1
                if need > 0 {
                    if idleSteps > 0 { histogram.record(idle: idle) }
                    idleSteps = 0
                    if let last { decision = last(histogram) }
                } else {
                    idleSteps += 1
                }
            }
        }
    }

    private static func share(of count: Int, among steps: Int, _ chance: inout Chance) -> Int {
        guard steps > 1, count > 0 else { return count }
        if count < 20 { return (0..<count).reduce(0) { sum, _ in sum + (chance.even() * Double(steps) < 1 ? 1 : 0) } }
        let mean = Double(count) / Double(steps)
        return min(count, max(0, Int((mean + (mean * (1 - 1 / Double(steps))).squareRoot() * chance.normal()).rounded())))
    }
}
