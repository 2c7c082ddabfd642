internal import Foundation
internal import Functions
internal import HTTPSupport
internal import Kernel

/// The timers on a function's page: when each runs next; adding one, removing one.
struct FunctionTriggers: Sendable {
    /// Schedules that are chosen rather than written: the end of the phrase's name, and the schedule.
    private static let presets = [
        ("minute", "0 * * * * *"), ("fiveMinutes", "0 */5 * * * *"), ("hour", "0 0 * * * *"), ("day", "0 0 9 * * *"), ("monday", "0 0 9 * * MON"),
        ("month", "0 0 9 1 * *"),
    ]
    private static let firstChoice = "0 0 9 * * *"
    private static let catchUps = ["once", "skip"]
    /// What is chosen in place of a schedule.
    private static let changes = "database"
    private static let coupons = "coupon"

    let functions: Functions

    func model(_ detail: JSON, of name: String, in environment: EnvironmentID, _ language: Language) throws -> JSONObject {
        let triggers = detail["triggers"]?.arrayValue ?? []
        let runs = try functions.nextRuns(of: name, in: environment)
        var model = form(preset: Self.firstChoice, catchUp: Self.catchUps[0], language)
        model["triggers"] = .array(triggers.map { Self.row($0, next: runs[$0["name"]?.stringValue ?? ""], language) })
        model["hasTriggers"] = .bool(!triggers.isEmpty)
        return model
    }

    /// The form as it was sent, with the reason why it was refused.
    func draft(_ sent: Form, _ problem: SampanError, _ language: Language) -> JSONObject {
        var draft = form(preset: sent["preset"], catchUp: sent["catchUp"], language)
        draft["newTrigger"] = ["name": .string(sent["name"]), "schedule": .string(sent["schedule"]), "argument": .string(sent["argument"])]
        draft["triggerProblem"] = ["text": .string(problem.detail[language]), "remedy": .string(problem.remedy[language])]
        return draft
    }

    private func form(preset: String, catchUp: String, _ language: Language) -> JSONObject {
        [
            "presets": .array(
                Self.presets.map { name, schedule in
                    [
                        "value": .string(schedule), "label": .string(Catalogue.phrase("preset-\(name)", language)), "isChosen": .bool(schedule == preset),
                    ]
                }),
            "choosesChanges": .bool(preset == Self.changes), "choosesCoupons": .bool(preset == Self.coupons),
            "catchUps": .array(
                Self.catchUps.map { ["value": .string($0), "label": .string(Catalogue.phrase("catchUp-\($0)", language)), "isChosen": .bool($0 == catchUp)] }),
        ]
    }

    private static func row(_ trigger: JSON, next: Int64?, _ language: Language) -> JSON {
        var row: JSONObject = ["triggerName": trigger["name"] ?? "", "hasNext": .bool(next != nil), "argument": trigger["argument"] ?? false]
        let isOfCoupons = trigger["type"]?.stringValue == coupons
        if let followed = trigger["collection"]?.stringValue ?? (isOfCoupons ? trigger["batch"]?.stringValue ?? Catalogue.phrase("coupons", language) : nil) {
            let events = (trigger["events"]?.arrayValue ?? []).compactMap(\.stringValue)
            row["schedule"] = .string(followed)
            row["followsChanges"] = true
            row["meaning"] = .string(
                events.map { isOfCoupons ? Catalogue.phrase("step-\($0)", language) : Catalogue.phrase("event-\($0)", language) }.joined(separator: ", "))
            return .object(row)
        }
        row["schedule"] = trigger["config"] ?? ""
        row["catchUp"] = .string(Catalogue.phrase("catchUp-\(trigger["catchUp"]?.stringValue ?? "once")", language))
        if let known = presets.first(where: { $0.1 == trigger["config"]?.stringValue }) {
            row["meaning"] = .string(Catalogue.phrase("preset-\(known.0)", language))
        }
        if let next { row["next"] = Showing.time(next) }
        return .object(row)
    }

    // MARK: What can be done

    /// A schedule that is written comes before one that is chosen.
    func add(_ visit: Visit, _ form: Form) async throws {
        var trigger: JSONObject = ["name": .string(form["name"].trimmingCharacters(in: .whitespaces))]
        if form["preset"] == Self.coupons {
            trigger["type"] = .string(Self.coupons)
            if let batch = form.text("schedule") { trigger["batch"] = .string(batch.trimmingCharacters(in: .whitespaces)) }
        } else if form["preset"] == Self.changes {
            guard let collection = form.text("schedule") else {
                throw SampanError.badMember("schedule", Localized("the name of a collection", zh: "集合名称"))
            }
            trigger["type"] = .string(Self.changes)
            trigger["collection"] = .string(collection.trimmingCharacters(in: .whitespaces))
        } else {
            guard let schedule = form.text("schedule") ?? form.text("preset") else {
                throw SampanError.badMember("schedule", Localized("one of the list, or one of your own", zh: "列表中的一项，或自行填写"))
            }
            trigger["type"] = "timer"
            trigger["config"] = .string(schedule)
            trigger["catchUp"] = .string(form["catchUp"])
        }
        if let argument = form.text("argument") { trigger["argument"] = .string(argument) }
        try await change(visit, form) { $0 + [.object(trigger)] }
    }

    func remove(_ visit: Visit, _ form: Form) async throws {
        try await change(visit, form) { triggers in
            let left = triggers.filter { $0["name"]?.stringValue != form["name"] }
            guard left.count < triggers.count else { throw SampanError.badMember("name", Localized("a trigger of this function", zh: "该云函数的触发器")) }
            return left
        }
    }

    /// Triggers are replaced as a list: what is made of it must be made of what the form's page showed.
    private func change(_ visit: Visit, _ form: Form, _ body: ([JSON]) throws -> [JSON]) async throws {
        let (name, environment) = (try visit.name(), try visit.environment())
        let detail = try functions.detail(of: name, in: environment)
        let tag = EntityTag(of: detail)
        try form.precondition.require(tag)
        try await functions.setTriggers(body(detail["triggers"]?.arrayValue ?? []), of: name, in: environment, if: Precondition(tag.text))
    }
}
