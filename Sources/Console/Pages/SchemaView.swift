internal import Documents
internal import HTTPSupport
internal import Kernel

/// `/console/env/{env}/database/{name}/schema`: what the documents of a collection look like.
struct SchemaView: Sendable {
    let documents: Documents

    func model(of name: String, _ environment: EnvironmentID, _ language: Language) async throws -> JSONObject {
        let schema = try await documents.schema(of: name, environment)
        let fields = schema["fields"]?.arrayValue ?? []
        return [
            "sampledText": .string(Phrases.sampled(schema["sampled"]?.intValue ?? 0, of: schema["documents"]?.intValue ?? 0)[language]),
            "hasFields": .bool(!fields.isEmpty), "hasMoreFields": schema["more"] ?? false, "schemaFields": .array(fields.map(Self.shown)),
        ]
    }

    private static func shown(_ field: JSON) -> JSON {
        let values = field["values"]?.arrayValue.map { $0.map(Showing.excerpt).joined(separator: " · ") }
        let ends = field["min"].map { "\(Showing.excerpt($0)) … \(Showing.excerpt(field["max"] ?? $0))" }
        return [
            "schemaPath": field["path"] ?? "",
            "types": .array(
                (field["types"]?.arrayValue ?? []).map { ["type": $0["type"] ?? "", "share": .string(percent($0["share"]?.doubleValue ?? 0))] }),
            "missing": .string(percent(field["missing"]?.doubleValue ?? 0)), "example": .string(field["example"].map(Showing.excerpt) ?? "–"),
            "values": .string(values ?? ends ?? "–"),
        ]
    }

    /// Little is not none, and nearly all is not all.
    private static func percent(_ share: Double) -> String {
        if share > 0, share < 0.01 { return "<1%" }
        if share > 0.99, share < 1 { return ">99%" }
        return "\(Int((share * 100).rounded()))%"
    }
}
