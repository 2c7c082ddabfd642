internal import Kernel

/// A journey as a plan says it.
struct PlannedJourney: Sendable {
    let name: String
    let weight: Double
    let retry: RetryPolicy
    let steps: [PlannedStep]

    init(_ json: JSON, at path: String, headers: JSONObject) throws(SampanError) {
        let members = try PlanMembers(json, at: path, known: ["name", "weight", "retry", "steps"])
        name = try members.text("name")
        weight = try members.optionalNumber("weight") ?? 1
        retry = try RetryPolicy(plan: members["retry"], at: members.path(of: "retry"))
        var steps: [PlannedStep] = []
        for (place, step) in try members.list("steps").enumerated() { steps.append(try PlannedStep(step, at: "\(path).steps[\(place)]", headers: headers)) }
        self.steps = steps
    }

    /// - Parameter hasToken: Whether users have a token of their own, which requests then carry.
    func journey(hasToken: Bool) -> Journey { Journey(name, weight: weight, retry: retry, steps: steps.map { $0.step(hasToken: hasToken) }) }
}

/// A step as a plan says it.
struct PlannedStep: Sendable {
    private let name: String
    private let method: RequestTemplate.Method
    private let path: String
    /// What the plan says; `null` leaves out what would be said otherwise.
    private let headers: [(name: String, value: String?)]
    private let body: String?
    private let pause: Pause
    private let success: SuccessRule
    private let captures: [(name: String, path: JSONPath)]

    init(_ json: JSON, at path: String, headers common: JSONObject) throws(SampanError) {
        let members = try PlanMembers(json, at: path, known: ["name", "method", "path", "headers", "body", "pause", "success", "captures"])
        self.path = try members.text("path")
        name = try members.optionalText("name") ?? self.path
        body = members["body"].map { $0.stringValue ?? $0.text }
        let verb = try members.optionalText("method") ?? (body == nil ? "GET" : "POST")
        guard let method = RequestTemplate.Method(rawValue: verb) else {
            throw .badLoadPlan(members.path(of: "method"), Localized("GET, POST, PUT, PATCH or DELETE", zh: "GET、POST、PUT、PATCH 或 DELETE"))
        }
        self.method = method
        headers = try Self.headers(members, common)
        pause = try Pause(plan: members["pause"], at: members.path(of: "pause"))
        success = try SuccessRule(plan: members["success"], at: members.path(of: "success"))
        captures = try Self.captures(members)
    }

    func step(hasToken: Bool) -> JourneyStep {
        var all = headers
        let usual = [("x-sampan-env", "{{env}}")] + (hasToken ? [("authorization", "Bearer {{token}}")] : [])
        for (name, value) in usual where !all.contains(where: { $0.name.lowercased() == name }) { all.append((name, value)) }
        let said = all.compactMap { field in field.value.map { (name: field.name, value: $0) } }
        return JourneyStep(name, RequestTemplate(method, path, headers: said, body: body), pause: pause, success: success, captures: captures)
    }

    /// The step's own fields over those of the whole plan.
    private static func headers(_ members: PlanMembers, _ common: JSONObject) throws(SampanError) -> [(name: String, value: String?)] {
        var headers: [(name: String, value: String?)] = []
        let own = try members.optionalObject("headers") ?? [:]
        for (name, value) in common + Array(own) {
            guard value.isNull || value.stringValue != nil else {
                throw .badLoadPlan("\(members.path(of: "headers")).\(name)", Localized("a text or null", zh: "文本或 null"))
            }
            headers.removeAll { $0.name.lowercased() == name.lowercased() }
            headers.append((name, value.stringValue))
        }
        return headers
    }

    private static func captures(_ members: PlanMembers) throws(SampanError) -> [(name: String, path: JSONPath)] {
        var captures: [(name: String, path: JSONPath)] = []
        for (name, value) in try members.optionalObject("captures") ?? [:] {
            guard let path = value.stringValue.flatMap({ JSONPath($0) }) else {
                throw .badLoadPlan("\(members.path(of: "captures")).\(name)", Localized("a path such as data.items[0].id", zh: "路径,例如 data.items[0].id"))
            }
            captures.append((name, path))
        }
        return captures
    }
}

extension Pause {
    /// Seconds, or the shortest and the longest.
    fileprivate init(plan json: JSON?, at path: String) throws(SampanError) {
        guard let json else {
            self = .none
            return
        }
        let numbers = (json.arrayValue ?? [json]).compactMap(\.doubleValue)
        guard let first = numbers.first, let last = numbers.last, numbers.count == (json.arrayValue?.count ?? 1), numbers.count <= 2 else {
            throw .badLoadPlan(path, Localized("seconds, or the shortest and the longest as [0.5, 2]", zh: "秒数,或 [最短, 最长],例如 [0.5, 2]"))
        }
        self.init(from: first, to: last)
    }
}

extension SuccessRule {
    fileprivate init(plan json: JSON?, at path: String) throws(SampanError) {
        guard let json else {
            self.init()
            return
        }
        let members = try PlanMembers(json, at: path, known: ["statuses", "accepted", "codePath", "codes"])
        let statuses = try members["statuses"] == nil ? nil : members.numbers("statuses").compactMap { Int(exactly: $0) }
        let codePath = try members.optionalText("codePath").map { text throws(SampanError) -> JSONPath in
            guard let path = JSONPath(text) else { throw .badLoadPlan(members.path(of: "codePath"), Localized("a path such as code", zh: "路径,例如 code")) }
            return path
        }
        self.init(
            statuses: statuses.map { Set($0) } ?? Set(200..<300), acceptedCodes: Set(try members.optionalTexts("accepted") ?? []), codePath: codePath,
            successCodes: try members.optionalTexts("codes").map { Set($0) })
    }
}

extension RetryPolicy {
    /// `"never"`, `"courteous"`, `"rude"`, or an object with `policy`, `triesMax` and `budget`.
    fileprivate init(plan json: JSON?, at path: String) throws(SampanError) {
        let object: JSON = json?.stringValue.map { ["policy": .string($0)] } ?? json ?? ["policy": "never"]
        let members = try PlanMembers(object, at: path, known: ["policy", "triesMax", "budget"])
        let tries = try members.optionalInteger("triesMax")
        switch try members.text("policy") {
        case "never": self = .never
        case "courteous": self = .courteous(triesMax: tries ?? 2, budget: try members.optionalNumber("budget") ?? 0.1)
        case "rude": self = .rude(triesMax: tries ?? 5)
        default: throw .badLoadPlan(path, Localized("never, courteous or rude", zh: "never、courteous 或 rude"))
        }
    }
}
