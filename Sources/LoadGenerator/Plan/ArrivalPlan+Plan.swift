internal import Kernel

extension ArrivalPlan {
    /// Reads the arrivals of a plan.
    ///
    /// - Parameters:
    ///   - seconds: How long they are to last: shapes with a length get this one, the others are cut off there.
    ///   - times: How many times the rates are meant.
    init(plan json: JSON?, seconds: Double?, times: Double) throws(SampanError) {
        let members = try PlanMembers(
            json, at: "arrivals",
            known: [
                "shape", "rate", "rates", "seconds", "secondsEach", "from", "to", "peak", "base", "halfLife", "perMinute", "times", "stages", "spacing", "seed",
            ])
        let spacing = try Self.spacing(members)
        let whole = try Self.shape(members, spacing, seconds: seconds)
        let factor = times * (try members.optionalNumber("times") ?? 1)
        var stages: [Stage] = []
        var left = seconds ?? .infinity
        for stage in whole.stages where left > 0 {
            let length = min(stage.seconds, left)
            let end = stage.from + (stage.to - stage.from) * length / stage.seconds
            stages.append(Stage(from: stage.from * factor, to: end * factor, seconds: length))
            left -= length
        }
        try self.init(stages, spacing: spacing)
    }

    /// By chance unless told otherwise: people do not know of each other.
    private static func spacing(_ members: PlanMembers) throws(SampanError) -> Spacing {
        let seed = try members.optionalInteger("seed") ?? 1
        switch try members.optionalText("spacing") ?? "poisson" {
        case "even": return .even
        case "poisson" where seed >= 0: return .poisson(seed: UInt64(seed))
        default: throw .badLoadPlan(members.path(of: "spacing"), Localized("even or poisson, with a seed from 0", zh: "even 或 poisson,seed 不小于 0"))
        }
    }

    private static func shape(_ members: PlanMembers, _ spacing: Spacing, seconds: Double?) throws(SampanError) -> ArrivalPlan {
        let length = { () throws(SampanError) -> Double in
            if let seconds { return seconds }
            return try members.number("seconds")
        }
        switch try members.text("shape") {
        case "constant": return try .constant(members.number("rate"), seconds: length(), spacing: spacing)
        case "steps": return try .steps(members.numbers("rates"), secondsEach: members.number("secondsEach"), spacing: spacing)
        case "ramp": return try .ramp(from: members.number("from"), to: members.number("to"), seconds: length(), spacing: spacing)
        case "launch":
            return try .launch(
                peak: members.number("peak"), base: members.optionalNumber("base") ?? 0, halfLife: members.number("halfLife"), seconds: length(),
                spacing: spacing)
        case "replay": return try .replay(perMinute: members.numbers("perMinute"), spacing: spacing)
        case "stages":
            var stages: [Stage] = []
            for (place, json) in try members.list("stages").enumerated() {
                let stage = try PlanMembers(json, at: "arrivals.stages[\(place)]", known: ["from", "to", "rate", "seconds"])
                let rate = try stage.optionalNumber("rate")
                let ends = if let rate { (rate, rate) } else { (try stage.number("from"), try stage.number("to")) }
                stages.append(Stage(from: ends.0, to: ends.1, seconds: try stage.number("seconds")))
            }
            return try ArrivalPlan(stages, spacing: spacing)
        default:
            throw .badLoadPlan(
                members.path(of: "shape"), Localized("constant, steps, ramp, launch, replay or stages", zh: "constant、steps、ramp、launch、replay 或 stages"))
        }
    }
}
