internal import Kernel

extension SampanError {
    static func noFunction(_ name: String, _ environment: EnvironmentID) -> SampanError {
        notFound(
            "FUNCTION_NOT_FOUND",
            Localized("There is no function named \"\(name.prefix(60))\" in \(environment).", zh: "环境 \(environment) 中没有名为 “\(name.prefix(60))” 的云函数。"),
            remedy: Localized("Deploy it with `sampan deploy`, or check the name.", zh: "请用 `sampan deploy` 部署,或检查函数名。"))
    }

    /// The function threw: its own message is the caller's business.
    static func functionFailed(_ error: JSONObject) -> SampanError {
        let message = error["message"]?.stringValue ?? "unknown error"
        return SampanError(
            "FUNCTION_ERROR", status: 500, Localized(message, zh: message),
            remedy: Localized("Look at the function's logs with this request id.", zh: "请凭请求编号查看云函数日志。"), members: ["error": .object(error)])
    }

    static func functionNotLoaded(_ error: JSONObject) -> SampanError {
        let message = error["message"]?.stringValue ?? "unknown error"
        return SampanError(
            "FUNCTION_LOAD_FAILED", status: 502, Localized("The function cannot be loaded: \(message)", zh: "云函数无法加载:\(message)"),
            remedy: Localized("Correct it and deploy it again.", zh: "请修正后重新部署。"), members: ["error": .object(error)])
    }

    static func functionTimedOut(_ seconds: Int) -> SampanError {
        SampanError(
            "FUNCTION_TIMEOUT", status: 504, Localized("The function took longer than \(seconds) s.", zh: "云函数执行超过 \(seconds) 秒。"),
            remedy: Localized("Make it faster, raise its timeout, or call it asynchronously.", zh: "请优化函数、调大超时时间,或改用异步调用。"))
    }

    static func functionCrashed(_ reason: String) -> SampanError {
        SampanError(
            "FUNCTION_CRASHED", status: 502, Localized("The function's worker ended: \(reason).", zh: "云函数进程终止:\(reason)。"),
            remedy: Localized("Look at the function's logs; raise its memory if it ran out.", zh: "请查看云函数日志;若内存不足请调大内存。"))
    }

    /// What belongs to a transaction came after the function had returned or run out of time.
    static let invocationEnded = SampanError(
        "INVOCATION_ENDED", status: 409, Localized("The invocation that makes this call has ended.", zh: "发起此调用的云函数已执行结束。"),
        remedy: Localized("Wait for the transaction before the function returns.", zh: "请在函数返回前等待事务完成。"))

    static let functionBusy = SampanError(
        "FUNCTION_BUSY", status: 429, Localized("The function has too many calls at once.", zh: "云函数并发过高。"),
        remedy: Localized("Try again after a moment, or raise its concurrency.", zh: "请稍后重试,或调大并发数。"), retryAfter: 1)
}
