/// The moments of a plan's arrivals in nanoseconds since its start, in order; only the next one is ever computed.
public struct ArrivalTimes: IteratorProtocol, Sendable {
    private let stages: [ArrivalPlan.Stage]
    private var stage = 0
    /// Where the stage begins: in seconds, and in arrivals before it.
    private var start = 0.0
    private var before = 0.0
    /// The next arrival's place in the count of all of them; by chance, it lies anywhere between two of them.
    private var place = 0.0
    private var chance: SeededRandom?

    init(_ plan: ArrivalPlan) {
        stages = plan.stages
        if case .poisson(let seed) = plan.spacing {
            var random = SeededRandom(seed: seed)
            place = random.exponential()
            chance = random
        }
    }

    /// The next moment, in nanoseconds since the plan's start; nil after the last.
    public mutating func next() -> Int64? {
        while stage < stages.count, place >= before + stages[stage].arrivals {
            before += stages[stage].arrivals
            start += stages[stage].seconds
            stage += 1
        }
        guard stage < stages.count else { return nil }
        let seconds = start + Self.seconds(into: stages[stage], until: place - before)
        place += chance?.exponential() ?? 1
        return Int64((seconds * 1e9).rounded())
    }

    /// When so many have arrived in a stage: solves `from·t + (to − from)/(2·seconds)·t² = arrivals` in the form that loses no digits where the rate
    /// hardly changes.
    private static func seconds(into stage: ArrivalPlan.Stage, until arrivals: Double) -> Double {
        guard arrivals > 0 else { return 0 }
        let slope = (stage.to - stage.from) / stage.seconds
        let root = max(0, stage.from * stage.from + 2 * slope * arrivals).squareRoot()
        return min(stage.seconds, 2 * arrivals / (stage.from + root))
    }
}
