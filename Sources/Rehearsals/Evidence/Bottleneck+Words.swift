internal import Kernel

extension Bottleneck {
    /// Stable, for programs.
    var kind: String {
        switch self {
        case .slowFunction: "slowFunction"
        case .unindexedQuery: "unindexedQuery"
        case .tooFewWorkers: "tooFewWorkers"
        case .processor: "processor"
        case .neighbours: "neighbours"
        case .failure: "failure"
        case .disk: "disk"
        case .quota: "quota"
        case .generator: "generator"
        case .noneReached: "noneReached"
        case .unknown: "unknown"
        }
    }

    /// What was seen, in numbers.
    var text: Localized {
        switch self {
        case .slowFunction(let function, .alone(let alone)):
            Localized(
                "The function \(function.name) takes \(Int(alone)) ms even while few users are there.", zh: "云函数 \(function.name) 在用户很少时也需 \(Int(alone)) 毫秒。")
        case .slowFunction(let function, .processor(let each)):
            Localized(
                "The function \(function.name) uses \(Int(each)) ms of a processor for each call; its \(function.workers) workers use up the machine.",
                zh: "云函数 \(function.name) 每次调用占用处理器 \(Int(each)) 毫秒,其 \(function.workers) 个工作进程用尽了本机的处理器。")
        case .unindexedQuery(let query, let processors):
            Localized(
                "A query on \(query.collection) looks at \(query.examined) documents to find \(query.matched), and \(query.count) of them kept \(processors.short) processors busy.",
                zh: "集合 \(query.collection) 上的查询每次检查 \(query.examined) 个文档才找到 \(query.matched) 个,\(query.count) 次查询占用了 \(processors.short) 个处理器。")
        case .tooFewWorkers(let function, _):
            Localized(
                "All places of the function \(function.name) are taken (\(function.workers) workers × \(function.concurrency)), \(function.queued.short) calls wait on average, and the machine has time left.",
                zh: "云函数 \(function.name) 的位置已满(\(function.workers) 个工作进程 × \(function.concurrency)),平均有 \(function.queued.short) 次调用在等待,而机器仍有余力。")
        case .processor(let use):
            Localized(
                "The machine's processors are used up: \(use.busy.short) of \(use.count), \(use.server.short) by the server and \(use.workers.short) by functions.",
                zh: "本机处理器已用尽:\(use.count) 个中用了 \(use.busy.short) 个,其中服务器 \(use.server.short)、云函数 \(use.workers.short)。")
        case .neighbours(let use, let others):
            Localized(
                "Other programs on this machine use \(others.short) of \(use.count) processors; what the server can do is not known.",
                zh: "本机的其他程序占用了 \(use.count) 个处理器中的 \(others.short) 个,服务器的能力未知。")
        case .failure(let code, let count):
            Localized(
                "Requests fail even while few users are there: \(code) (\(count) times).", zh: "在用户很少时请求也会失败:\(code)(\(count) 次)。")
        case .disk(let use):
            Localized(
                "The processors wait for the disk: \(use.waitingForDisk.short) of \(use.count).", zh: "处理器在等待磁盘:\(use.count) 个中有 \(use.waitingForDisk.short) 个。"
            )
        case .quota(let count): Localized("\(count) requests were refused because a quota is used up.", zh: "有 \(count) 个请求因配额用尽而被拒绝。")
        case .generator(let reasons):
            Localized(
                "The generator could not keep up (\(reasons.joined(separator: ", "))); what the server can do is not known.",
                zh: "压测发生器未能跟上(\(reasons.joined(separator: "、"))),服务器的能力未知。")
        case .noneReached: Localized("Nothing gave way at any rate that was tried.", zh: "在所试的各个速率下均未出现瓶颈。")
        case .unknown: Localized("The promise broke, and nothing that was measured says why.", zh: "承诺未能兑现,但所测的数据未能说明原因。")
        }
    }

    /// What to do about it.
    var remedy: Localized? {
        switch self {
        case .slowFunction(let function, .alone):
            Localized("Make \(function.name) faster: look in its log for what it waits for.", zh: "请加快 \(function.name):在其日志中查看它在等待什么。")
        case .slowFunction(let function, .processor):
            Localized(
                "Let \(function.name) compute less for each call, or use a machine with more processors.", zh: "请减少 \(function.name) 每次调用的计算量,或使用处理器更多的机器。")
        case .unindexedQuery(let query, _):
            Localized("Make an index on \(query.collection): \(query.fields).", zh: "请在集合 \(query.collection) 上建立索引:\(query.fields)。")
        case .tooFewWorkers(let function, let concurrency):
            Localized(
                "Raise `concurrency` of \(function.name) from \(function.concurrency) to \(concurrency).",
                zh: "请将 \(function.name) 的 `concurrency` 由 \(function.concurrency) 调至 \(concurrency)。")
        case .processor: Localized("Use a machine with more processors, or let a waiting room stretch the peak.", zh: "请使用处理器更多的机器,或用候场拉平高峰。")
        case .neighbours: Localized("Rehearse while the machine has nothing else to do.", zh: "请在机器空闲时演练。")
        case .failure(let code, _):
            Localized(
                "Look in the functions' log, or at the journey in the plan: what the step captures, and which codes it accepts (\(code)).",
                zh: "请查看云函数日志,或检查计划中的旅程:该步骤取得的值及其接受的错误码(\(code))。")
        case .disk: Localized("Put the data folder on a faster disk.", zh: "请将数据目录放到更快的磁盘上。")
        case .quota: Localized("Ask the platform's operator for a larger quota.", zh: "请向平台管理员申请更大的配额。")
        case .generator: Localized("Rehearse on a machine with more processors, or a lower peak.", zh: "请在处理器更多的机器上演练,或降低峰值。")
        case .noneReached, .unknown: nil
        }
    }

    /// A setting that would help, for programs.
    private var setting: JSON? {
        switch self {
        case .unindexedQuery(let query, _):
            ["kind": "index", "collection": .string(query.collection), "keys": .array(query.index.map { .array($0.map { .string($0) }) })]
        case .tooFewWorkers(let function, let concurrency):
            ["kind": "concurrency", "function": .string(function.name), "from": .int(Int64(function.concurrency)), "to": .int(Int64(concurrency))]
        default: nil
        }
    }

    /// With texts in both languages.
    var json: JSON {
        var json: JSONObject = ["kind": .string(kind), "text": text.both]
        switch self {
        case .slowFunction(let function, _), .tooFewWorkers(let function, _): json["function"] = .string(function.name)
        case .unindexedQuery(let query, _): json["collection"] = .string(query.collection)
        default: break
        }
        json["remedy"] = remedy?.both
        json["setting"] = setting
        return .object(json)
    }
}

extension Evidence.Query {
    fileprivate var fields: String { index.map { $0.joined(separator: " ") }.joined(separator: ", ") }
}

extension Localized {
    /// Both sentences, until it is known who reads them.
    var both: JSON { ["en": .string(en), "zh": .string(zh)] }
}

extension Double {
    /// One digit behind the point.
    var short: String {
        let tenths = (self * 10).rounded()
        return tenths.isFinite && abs(tenths) < 1e15 ? "\(Int64(tenths) / 10).\(abs(Int64(tenths)) % 10)" : "\(self)"
    }
}
