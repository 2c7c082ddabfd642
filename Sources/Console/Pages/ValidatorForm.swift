internal import Documents
internal import Foundation
internal import HTTPSupport
internal import Kernel

/// What the documents of a collection must look like: the form on its page.
struct ValidatorForm {
    /// Shown where there is none yet.
    private static let starting: JSON = [
        "$jsonSchema": ["required": ["name"], "properties": ["name": ["bsonType": "string"], "price": ["bsonType": "number", "minimum": 0]]]
    ]

    /// The members of the management API that the form asks for; an empty box removes the validator.
    static func change(_ form: Form) throws -> JSONObject {
        let text = form["validator"].trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.isEmpty else { return ["validator": .null] }
        return [
            "validator": try RuleForm.rules(text), "validationLevel": .string(form["validationLevel"]), "validationAction": .string(form["validationAction"]),
        ]
    }

    func describe(_ collection: JSON, _ language: Language, in model: inout JSONObject) {
        model["hasValidator"] = .bool(collection["validator"] != nil)
        model["validator"] = .string(collection["validator"]?.indented() ?? "")
        model["validatorExample"] = .string(Self.starting.indented())
        model["validationLevels"] = Self.choices(["strict", "moderate", "off"], collection["validationLevel"], language)
        model["validationActions"] = Self.choices(["error", "warn"], collection["validationAction"], language)
        guard let warnings = collection["validationWarnings"] else { return }
        model["validationWarnings"] = [
            "count": warnings["count"] ?? 0, "lastId": warnings["lastId"] ?? "", "warnedField": warnings["field"] ?? "", "warnedRule": warnings["rule"] ?? "",
        ]
    }

    private static func choices(_ words: [String], _ chosen: JSON?, _ language: Language) -> JSON {
        .array(
            words.map {
                ["value": .string($0), "label": .string(Catalogue.phrase("validation-\($0)", language)), "isChosen": .bool($0 == chosen?.stringValue)]
            })
    }
}
