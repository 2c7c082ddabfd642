internal import Kernel

/// An error that is kept until somebody asks.
enum KeptError {
    /// The error in both languages, since nobody knows who will read it.
    static func told(_ error: SampanError) -> JSON {
        var told: JSONObject = [
            "code": .string(error.code), "status": .int(Int64(error.status)), "en": .string(error.detail.en), "zh": .string(error.detail.zh),
            "remedy": ["en": .string(error.remedy.en), "zh": .string(error.remedy.zh)],
        ]
        for (name, value) in error.members { told[name] = value }
        return .object(told)
    }

    /// A kept error as an answer tells it.
    static func shown(_ told: JSON, _ language: Language) -> JSON {
        let remedy = told["remedy"]
        var shown: JSONObject = [
            "code": told["code"] ?? "", "detail": told[language == .zh ? "zh" : "en"] ?? "",
            "remedy": remedy?[language == .zh ? "zh" : "en"] ?? "",
        ]
        for name in ["line", "document", "byte"] { shown[name] = told[name] }
        return .object(shown)
    }
}
