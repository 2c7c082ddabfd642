internal import Documents
internal import HTTPSupport
internal import Kernel

/// The security rules of a collection, and the form in which they are tried.
struct RuleForm {
    /// Each write in an address: a condition of a link, not a document.
    private static let starting: JSONObject = ["read": true, "write": "doc._openid == auth.openid"]

    private let documents: Documents

    init(_ documents: Documents) { self.documents = documents }

    /// Reads what was typed.
    static func rules(_ text: String) throws -> JSON {
        do throws(JSONError) {
            return try JSON(parsing: text)
        } catch {
            throw SampanError.malformedJSON(error)
        }
    }

    func describe(_ collection: JSON, _ visit: Visit, _ environment: EnvironmentID, in model: inout JSONObject) {
        let rules = collection["rules"] ?? .object(Self.starting)
        model["rules"] = .string(rules.indented())
        model["hasOwnRules"] = .bool(collection["rules"] != nil)
        let action = visit.query("try") ?? ""
        model["tryActions"] = .array(
            ["read", "create", "update", "delete"].map {
                ["value": .string($0), "label": .string(Catalogue.phrase("try-\($0)", visit.language)), "isChosen": .bool($0 == action)]
            })
        for name in ["tryUser", "tryID", "tryData"] { model[name] = .string(visit.query(name) ?? "") }
        guard !action.isEmpty else { return }
        model["isTried"] = true
        do {
            let answer = try documents.testRules(request(action, visit), of: visit.name(), environment)
            model["tried"] = Self.shown(answer)
        } catch {
            let known = SampanError(reporting: error)
            model["tryProblem"] = ["text": .string(known.detail[visit.language]), "remedy": .string(known.remedy[visit.language])]
        }
    }

    private func request(_ action: String, _ visit: Visit) throws -> JSONObject {
        var request: JSONObject = ["action": .string(action)]
        if let user = visit.query("tryUser") { request["user"] = ["openid": .string(user)] }
        if let id = visit.query("tryID") { request["id"] = .string(id) }
        if let data = visit.query("tryData") { request["data"] = try Self.rules(data) }
        return request
    }

    private static func shown(_ answer: JSON) -> JSON {
        [
            "isAllowed": answer["allowed"] ?? false, "rule": answer["rule"] ?? "", "protectedField": answer["protectedField"] ?? false,
            "parts": .array(
                (answer["parts"]?.arrayValue ?? []).map { part in
                    [
                        "text": part["text"] ?? "", "holds": part["holds"] ?? false,
                        "values": .string((part["values"]?.arrayValue ?? []).map(Showing.excerpt).joined(separator: " · ")),
                    ]
                }),
        ]
    }
}
