internal import Kernel

extension SampanError {
    /// What of an arrival plan is wrong.
    enum ArrivalPlanFault {
        case stages
        case length
        case rate
    }

    static func badArrivalPlan(_ fault: ArrivalPlanFault) -> SampanError {
        let detail =
            switch fault {
            case .stages: Localized("An arrival plan has 1 to \(ArrivalPlan.stagesMax) stages.", zh: "到达计划须包含 1 至 \(ArrivalPlan.stagesMax) 个阶段。")
            case .length: Localized("An arrival plan and each of its stages last more than 0 s and at most a day.", zh: "到达计划及其每个阶段的时长须大于 0 秒且不超过一天。")
            case .rate:
                Localized("A rate is between 0 and \(Int(ArrivalPlan.rateMax)) arrivals a second.", zh: "到达速率须在每秒 0 至 \(Int(ArrivalPlan.rateMax)) 之间。")
            }
        return badRequest("BAD_ARRIVAL_PLAN", detail, remedy: Localized("Correct the plan and start again.", zh: "请改正到达计划后重新开始。"))
    }

    static func badJourney(_ name: String, _ detail: Localized) -> SampanError {
        badRequest(
            "BAD_JOURNEY", Localized("\"\(name)\": \(detail.en)", zh: "“\(name)”:\(detail.zh)"),
            remedy: Localized("Correct the journey and start again.", zh: "请改正旅程后重新开始。"))
    }

    static func badLoadSetting(_ name: String, _ expected: String) -> SampanError {
        badRequest(
            "BAD_LOAD_SETTING", Localized("\"\(name)\" must be \(expected).", zh: "“\(name)” 必须为 \(expected)。"),
            remedy: Localized("Correct the setting and start again.", zh: "请改正该设置后重新开始。"))
    }

    static func planTooLarge(_ detail: Localized) -> SampanError {
        badRequest(
            "LOAD_PLAN_TOO_LARGE", detail, remedy: Localized("Make the plan shorter or smaller, or raise the limit.", zh: "请缩短或缩小计划,或调高该上限。"))
    }

    static func targetRefused(_ url: String, _ reason: Localized) -> SampanError {
        forbidden(
            "LOAD_TARGET_REFUSED",
            Localized("Load is not sent to \"\(url.prefix(200))\": \(reason.en)", zh: "不会向 “\(url.prefix(200))” 发送压测流量:\(reason.zh)"),
            remedy: Localized(
                "Give an address on which this very server listens, such as http://127.0.0.1:9800.", zh: "请填写本服务器自身监听的地址,例如 http://127.0.0.1:9800。"))
    }

    static let generatorStartedBefore = SampanError(
        "LOAD_ALREADY_STARTED", status: 409, Localized("This run was started before.", zh: "该压测已启动过。"),
        remedy: Localized("Make a new generator for each run.", zh: "每次压测请新建一个发生器。"))
}
