internal import Kernel

extension Catalogue {
    /// The list of functions.
    static let functions: [String: Localized] = [
        "functions": Localized("Functions", zh: "云函数"),
        "version": Localized("Version", zh: "版本"),
        "triggers": Localized("Triggers", zh: "触发器"),
        "memory": Localized("Memory", zh: "内存"),
        "noFunctions": Localized("No functions yet", zh: "还没有云函数"),
        "noFunctionsText": Localized(
            "Deploy them from the folder of your mini program, or begin with the sample shop and change it.",
            zh: "在小程序项目目录执行以下命令即可部署；也可以先部署示例小店，再按需修改。"),
        "orSampleShop": Localized("To the sample shop", zh: "去部署示例小店"),
    ]

    /// One function.
    static let function: [String: Localized] = [
        "handler": Localized("Handler", zh: "执行入口"),
        "timeout": Localized("Timeout", zh: "超时时间"),
        "concurrency": Localized("Concurrency", zh: "并发数"),
        "httpPath": Localized("HTTP path", zh: "HTTP 路径"),
        "run": Localized("Run", zh: "运行"),
        "running": Localized("Running…", zh: "运行中…"),
        "event": Localized("Event (JSON)", zh: "事件参数（JSON）"),
        "eventHint": Localized("What the function gets as its first argument. Ctrl+Enter runs it.", zh: "作为云函数的第一个参数传入。按 Ctrl+Enter 运行。"),
        "savedEvents": Localized("Saved events", zh: "已保存的事件"),
        "unsaved": Localized("The last one that was run", zh: "上次运行的事件"),
        "unnamed": Localized("Give the event a name first.", zh: "请先填写事件名称。"),
        "eventName": Localized("Save as", zh: "保存为"),
        "eventNameExample": Localized("an order that is paid", zh: "例如：已支付订单"),
        "saveEvent": Localized("Save the event", zh: "保存事件"),
        "runAs": Localized("As which user (openid)", zh: "用户身份（openid）"),
        "runAsExample": Localized("empty: nobody", zh: "留空表示无用户"),
        "result": Localized("Result", zh: "返回结果"),
        "coldStart": Localized("cold start", zh: "冷启动"),
        "runNoLines": Localized("This run logged nothing.", zh: "本次运行没有输出日志。"),
        "badJSON": Localized("The event is not valid JSON:", zh: "事件参数不是合法的 JSON："),
        "executions": Localized("Executions", zh: "执行记录"),
        "latencyChart": Localized("How long the latest runs took; the table below has the numbers.", zh: "最近执行的耗时图，具体数值见下方表格。"),
        "noExecutions": Localized("Not run yet", zh: "尚未执行"),
        "noExecutionsText": Localized("Run it above, or call it from a page: each run is listed here.", zh: "可在上方运行，或从小程序页面调用；每次执行都会列在这里。"),
        "noExecutionsFound": Localized("No run ended so", zh: "没有符合条件的执行记录"),
        "olderRuns": Localized("Older runs", zh: "更早的执行"),
        "newestRuns": Localized("Newest runs", zh: "最新的执行"),
        "time": Localized("Time", zh: "时间"),
        "status": Localized("Status", zh: "状态"),
        "duration": Localized("Duration", zh: "耗时"),
        "source": Localized("Source", zh: "来源"),
        "versions": Localized("Versions", zh: "版本列表"),
        "deployed": Localized("Deployed", zh: "部署时间"),
        "fileCount": Localized("Number of files", zh: "文件数"),
        "current": Localized("current", zh: "当前"),
        "makeCurrent": Localized("Make current", zh: "设为当前"),
        "confirmMakeCurrent": Localized("Send all calls to this version?", zh: "确定将所有调用切换到该版本？"),
        "traffic": Localized("Divide the calls", zh: "流量分配"),
        "trafficHint": Localized(
            "The weight of each version, best out of a hundred. Try a new one with a few calls, then give it all.",
            zh: "各版本的权重，建议合计为 100。可先以少量流量试用新版本，再全部切换。"),
        "trafficSum": Localized("Together", zh: "合计"),
        "saveTraffic": Localized("Divide", zh: "保存分配"),
        "functionVariablesHint": Localized(
            "A function's own variables belong to a version: they are deployed with it (envVariables in cloudbaserc.json) and come before the environment's.",
            zh: "云函数自己的变量属于版本：随部署写入（cloudbaserc.json 的 envVariables），优先于环境变量。"),
        "toEnvironmentVariables": Localized("The environment's variables", zh: "查看环境变量"),
        "deleteFunction": Localized("Delete the function", zh: "删除云函数"),
        "deleteFunctionText": Localized("With all versions, triggers and waiting calls. Its logs stay.", zh: "将同时删除全部版本、触发器与等待中的调用，日志保留。"),
        "confirmDeleteFunction": Localized(
            "Delete the function with all its versions? Pages that call it stop working at once.", zh: "确定删除该云函数及其全部版本？调用它的页面将立即出错。"),
    ]

    /// What starts a function by the clock.
    static let triggers: [String: Localized] = [
        "noTriggers": Localized("No triggers yet", zh: "还没有触发器"),
        "noTriggersText": Localized("A trigger runs the function by the clock: each night, each Monday.", zh: "触发器按时间自动运行云函数，例如每天夜间、每周一。"),
        "addTrigger": Localized("Add a trigger", zh: "添加触发器"),
        "add": Localized("Add", zh: "添加"),
        "triggerNameExample": Localized("daily report", zh: "例如：每日汇总"),
        "schedule": Localized("Schedule", zh: "定时规则"),
        "runsWhen": Localized("Runs", zh: "运行时间"),
        "ownSchedule": Localized("By a schedule of your own", zh: "自定义规则"),
        "whenCouponsMove": Localized("When coupons are claimed or used", zh: "优惠券领取或核销时"),
        "whenDocumentsChange": Localized("When documents of a collection change", zh: "集合的文档变更时"),
        "scheduleOfOwn": Localized("Schedule of your own, or the collection", zh: "自定义规则，或集合名称"),
        "scheduleHint": Localized(
            "Second, minute, hour, day, month, weekday, and a year if need be; the time is Beijing's. What is written here comes before the choice.",
            zh: "依次为秒、分、时、日、月、星期，可再加年，按北京时间。填写后以此处为准。"),
        "argument": Localized("Argument", zh: "附加参数"),
        "argumentExample": Localized("handed over in the event", zh: "随事件传入，可留空"),
        "nextRun": Localized("Next run", zh: "下次运行"),
        "neverAgain": Localized("never again", zh: "不再运行"),
        "onChanges": Localized("with each change", zh: "每次变更时"),
        "catchUp": Localized("Runs missed while the server was down", zh: "停机期间错过的运行"),
        "confirmRemoveTrigger": Localized("Remove this trigger? The function no longer runs by it.", zh: "确定移除该触发器？云函数将不再按它运行。"),
    ]

    /// Log lines, of one function and of all.
    static let logs: [String: Localized] = [
        "logs": Localized("Logs", zh: "日志"),
        "function": Localized("Function", zh: "所属云函数"),
        "contains": Localized("Contains", zh: "包含文本"),
        "containsExample": Localized("a word of the line", zh: "日志中的关键词"),
        "level": Localized("Level", zh: "级别"),
        "span": Localized("Since", zh: "时间范围"),
        "follow": Localized("Follow", zh: "实时跟踪"),
        "followLost": Localized("The connection was lost; trying again…", zh: "连接中断，正在重试…"),
        "linesOfRequest": Localized("Lines of this request", zh: "查看该请求的日志"),
        "noLines": Localized("Nothing logged yet", zh: "还没有日志"),
        "noLinesText": Localized("What the function writes with console.log appears here.", zh: "云函数用 console.log 输出的内容会显示在这里。"),
        "noLinesFound": Localized("No line fits", zh: "没有符合条件的日志"),
        "noLinesFoundText": Localized(
            "Functions write lines with console.log. Use another word, a lower level or a longer time.",
            zh: "云函数用 console.log 输出日志。可更换关键词、降低级别或扩大时间范围。"),
        "older": Localized("Older lines", zh: "更早的日志"),
        "newestLines": Localized("Newest lines", zh: "最新的日志"),
    ]
}
