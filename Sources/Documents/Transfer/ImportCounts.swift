internal import Kernel

/// How far an import is.
struct ImportCounts: Sendable, Equatable {
    /// The most refusals that are told of one by one.
    static let refusalsToldMax = 20

    /// The documents that were read from the file and dealt with.
    var read: Int64 = 0
    var inserted: Int64 = 0
    var updated: Int64 = 0
    /// The documents that were left out.
    var refused: Int64 = 0
    /// Why the first of them were: problem documents that name the line.
    var refusals: [JSON] = []

    mutating func refuse(_ error: SampanError) {
        read += 1
        refused += 1
        if refusals.count < Self.refusalsToldMax { refusals.append(Self.told(error)) }
    }

    /// A refusal as it is kept: in both languages, since nobody knows who will read it.
    static func told(_ error: SampanError) -> JSON {
        var told: JSONObject = [
            "code": .string(error.code), "status": .int(Int64(error.status)), "en": .string(error.detail.en), "zh": .string(error.detail.zh),
            "remedy": ["en": .string(error.remedy.en), "zh": .string(error.remedy.zh)],
        ]
        for (name, value) in error.members { told[name] = value }
        return .object(told)
    }

    /// A kept refusal as an answer tells it.
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
