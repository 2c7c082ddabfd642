internal import Kernel

extension SampanError {
    static func noRehearsal(_ id: String) -> SampanError {
        notFound(
            "REHEARSAL_NOT_FOUND", Localized("There is no rehearsal \(id.prefix(64)).", zh: "不存在压测演练 \(id.prefix(64))。"),
            remedy: Localized("`sampan rehearse list` shows them.", zh: "可用 `sampan rehearse list` 查看。"))
    }

    static func rehearsalRuns(_ id: String) -> SampanError {
        SampanError(
            "REHEARSAL_RUNNING", status: 409, Localized("The rehearsal \(id) is running; there is one at a time.", zh: "压测演练 \(id) 正在进行;同一时间只能有一个。"),
            remedy: Localized("Wait until it ends, or stop it.", zh: "请等待其结束,或将其停止。"))
    }

    static let rehearsalOfShadow = SampanError(
        "REHEARSAL_OF_COPY", status: 409, Localized("This environment is the copy of a rehearsal.", zh: "该环境是压测演练的副本。"),
        remedy: Localized("Rehearse the environment itself.", zh: "请对原环境进行演练。"))

    static func generatorFailed(_ reason: String) -> SampanError {
        SampanError(
            "LOAD_GENERATOR_FAILED", status: 500, Localized("The load generator failed: \(reason.prefix(300))", zh: "压测发生器失败:\(reason.prefix(300))"),
            remedy: Localized("Start again; if it stays, look at the server's log.", zh: "请重新开始;若仍出现,请查看服务器日志。"))
    }
}
