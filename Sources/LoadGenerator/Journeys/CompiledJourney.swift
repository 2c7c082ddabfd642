internal import Kernel
internal import NIOCore

/// A journey whose templates are read and checked.
struct CompiledJourney: Sendable {
    /// The values that every user has, in the order of their slots; the table's columns and what is captured come behind.
    private static let ownValues = ["user", "run", "unique"]
    static let userSlot = 0
    static let runSlot = 1
    static let uniqueSlot = 2
    static let columnSlots = ownValues.count

    let name: String
    let weight: Double
    let retry: RetryPolicy
    let steps: [CompiledStep]
    /// How many values a user of this journey has.
    let slotCount: Int
    /// Whether any of them is ever needed.
    let usesValues: Bool

    init(_ journey: Journey, _ users: UserTable) throws(SampanError) {
        (name, weight, retry) = (journey.name, journey.weight, journey.retry)
        guard (1...Scenario.stepsMax).contains(journey.steps.count), Set(journey.steps.map(\.name)).count == journey.steps.count else {
            throw .badJourney(
                name, Localized("1 to \(Scenario.stepsMax) steps with different names are needed.", zh: "需要 1 至 \(Scenario.stepsMax) 个名称互不相同的步骤。"))
        }
        guard weight > 0, weight.isFinite, retry.isPossible else {
            throw .badJourney(name, Localized("weight and tries are greater than 0, a budget is at most 1.", zh: "权重与尝试次数须大于 0,重试预算不超过 1。"))
        }
        var slots: [String: Int] = [:]
        for value in Self.ownValues + users.columns {
            guard slots.updateValue(slots.count, forKey: value) == nil else {
                throw .badJourney(name, Localized("the value \"\(value)\" is there twice.", zh: "值 “\(value)” 重复。"))
            }
        }
        var steps: [CompiledStep] = []
        for step in journey.steps { steps.append(try CompiledStep(step, journey: name, slots: &slots)) }
        (self.steps, slotCount, usesValues) = (steps, slots.count, steps.contains { $0.hasGaps || !$0.captures.isEmpty })
    }
}

/// A step whose request is read and checked.
struct CompiledStep: Sendable {
    let name: String
    let pause: Pause
    let success: SuccessRule
    let captures: [(slot: Int, path: JSONPath)]
    private let head: [(text: TemplateText, escape: ValueEscape)]
    private let namesHost: Bool
    private let body: TemplateText?
    private let bodyEscape: ValueEscape

    /// Reads a step; what it captures is added to `slots`, for the later ones.
    init(_ step: JourneyStep, journey: String, slots: inout [String: Int]) throws(SampanError) {
        (name, pause, success) = (step.name, step.pause, step.success)
        let label = "\(journey) / \(step.name)"
        guard pause.isPossible else { throw .badJourney(label, Localized("a pause is 0 to 3600 s.", zh: "停顿时长须为 0 至 3600 秒。")) }
        if let fault = step.request.fault { throw .badJourney(label, fault) }
        do throws(TemplateText.UnknownValue) {
            head = try step.request.headTexts(slots)
            body = if let text = step.request.body { try TemplateText(text, slots: slots) } else { nil }
        } catch {
            throw .badJourney(
                label, Localized("\"\(error.name)\" is neither given nor captured by an earlier step.", zh: "“\(error.name)” 既未给出,也未由前面的步骤取得。"))
        }
        namesHost = step.request.header("host") != nil
        bodyEscape = step.request.bodyEscape
        var captures: [(slot: Int, path: JSONPath)] = []
        for (name, path) in step.captures {
            let slot = slots[name] ?? slots.count
            guard slot >= CompiledJourney.columnSlots else { throw .badJourney(label, Localized("\"\(name)\" is taken.", zh: "“\(name)” 已被占用。")) }
            slots[name] = slot
            captures.append((slot, path))
        }
        self.captures = captures
    }

    /// Whether the request says anything of its user.
    var hasGaps: Bool { head.contains { $0.text.hasGaps } || body?.hasGaps == true }

    /// Whether anything of an answer besides its status is looked at.
    func readsBody(status: Int) -> Bool {
        if success.statuses.contains(status) { return !captures.isEmpty || success.successCodes != nil }
        // Refusals come by the thousand, and say what the status says; unless one of their codes is looked for.
        return !(status == 429 || status == 503) || !success.acceptedCodes.isEmpty
    }

    /// The request's bytes for a user with these values.
    func bytes(_ values: [String], host: String) -> ByteBuffer {
        var out: [UInt8] = []
        out.reserveCapacity(512)
        for (text, escape) in head { Self.append(text, values, escape, to: &out) }
        if !namesHost { out.append(contentsOf: "\r\nHost: \(host)".utf8) }
        guard let body else {
            out.append(contentsOf: "\r\n\r\n".utf8)
            return ByteBuffer(bytes: out)
        }
        var content: [UInt8] = []
        Self.append(body, values, bodyEscape, to: &content)
        out.append(contentsOf: "\r\nContent-Length: \(content.count)\r\n\r\n".utf8)
        return ByteBuffer(bytes: out + content)
    }

    private static func append(_ text: TemplateText, _ values: [String], _ escape: ValueEscape, to out: inout [UInt8]) {
        for piece in text.pieces {
            switch piece {
            case .text(let text): out.append(contentsOf: text.utf8)
            case .value(let slot): escape.append(values[slot], to: &out)
            }
        }
    }
}

extension RequestTemplate {
    /// What makes this no request that the generator could send.
    fileprivate var fault: Localized? {
        guard path.hasPrefix("/"), path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return Localized("a path begins with / and has no spaces or characters beyond ASCII.", zh: "路径须以 / 开头,且不含空格和非 ASCII 字符。")
        }
        for (name, value) in headers {
            guard !name.isEmpty, name.utf8.allSatisfy(Self.isPlain), value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                return Localized("the header \"\(name)\" cannot be sent.", zh: "请求头 “\(name)” 无法发送。")
            }
            if ["content-length", "transfer-encoding", "connection", "expect", "upgrade"].contains(name.lowercased()) {
                return Localized("the header \"\(name)\" is the generator's own.", zh: "请求头 “\(name)” 由发生器自行设置。")
            }
        }
        return nil
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, 45, 95: true
        default: false
        }
    }

    /// The request line and the fields, each with the line break before it.
    fileprivate func headTexts(_ slots: [String: Int]) throws(TemplateText.UnknownValue) -> [(text: TemplateText, escape: ValueEscape)] {
        var texts = [(try TemplateText("\(method.rawValue) \(path)", slots: slots), ValueEscape.percent)]
        texts.append((try TemplateText(" HTTP/1.1", slots: [:]), .none))
        if body != nil, header("content-type") == nil { texts.append((try TemplateText("\r\nContent-Type: application/json", slots: [:]), .none)) }
        for (name, value) in headers { texts.append((try TemplateText("\r\n\(name): \(value)", slots: slots), .none)) }
        return texts
    }

    fileprivate var bodyEscape: ValueEscape {
        let type = header("content-type")?.lowercased() ?? "application/json"
        return type.contains("json") ? .json : type.hasPrefix("application/x-www-form-urlencoded") ? .percent : .none
    }
}
