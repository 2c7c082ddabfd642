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
            "How many of a hundred calls go to each version. Try a new one with a few, then give it all.",
            zh: "每一百次调用分给各版本的次数。可先以少量流量试用新版本，再全部切换。"),
        "trafficSum": Localized("Together", zh: "合计"),
        "saveTraffic": Localized("Divide", zh: "保存分配"),
        "trafficSaved": Localized("The calls are divided.", zh: "流量分配已保存。"),
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
    ]
}
