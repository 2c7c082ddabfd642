internal import Functions
internal import HTTPSupport
internal import Kernel

/// The versions on a function's page, and how its calls are divided among them.
struct FunctionVersions: Sendable {
    private static let versionsDivided = 4
    private static let sharesMax = 10
    private static let sharePrefix = "share-"

    let functions: Functions

    func model(_ detail: JSON, _ language: Language) -> JSONObject {
        let rows = rows(detail)
        // Calls can be divided among ten; older versions that get none are reached by making one current.
        let inUse = rows.enumerated().filter { $0.offset < Self.versionsDivided || $0.element["isIdle"] == .bool(false) }
        return [
            "versions": .array(rows), "dividable": .array(inUse.prefix(Self.sharesMax).map(\.element)), "canSplit": .bool(rows.count > 1),
        ]
    }

    private func rows(_ detail: JSON) -> [JSON] {
        let traffic = detail["traffic"]?.arrayValue ?? []
        let total = max(1, traffic.reduce(0) { $0 + ($1["weight"]?.intValue ?? 0) })
        return (detail["versions"]?.arrayValue ?? []).map { version in
            let number = version["version"]?.intValue ?? 0
            let weight = traffic.first { $0["version"]?.intValue == number }?["weight"]?.intValue ?? 0
            var shown: JSONObject = [
                "number": .int(number), "created": Showing.time(version["createdAt"]?.intValue ?? 0), "files": version["files"] ?? 0,
                "size": .string(Showing.bytes(version["size"]?.intValue ?? 0)), "isCurrent": .bool(weight == total),
                "isIdle": .bool(weight == 0),
            ]
            if weight > 0, weight < total { shown["share"] = .string("\(weight * 100 / total)%") }
            shown["weight"] = .int(weight)
            shown["variables"] = version["variables"] ?? []
            shown["hasVariables"] = .bool(version["variables"]?.arrayValue?.isEmpty == false)
            if let text = version["description"]?.stringValue, !text.isEmpty { shown["description"] = .string(text) }
            return .object(shown)
        }
    }

    // MARK: What can be done

    /// Gives one version all calls: rolling back, or forward again.
    func makeCurrent(_ visit: Visit, _ form: Form) async throws -> Int {
        guard let version = Int(form["version"]) else { throw SampanError.badMember("version", Localized("a version's number", zh: "版本号")) }
        try await functions.setTraffic(
            [["version": .int(Int64(version)), "weight": 100]], of: visit.name(), in: visit.environment(), if: form.precondition)
        return version
    }

    /// The form's fields are `share-3`, `share-4`; a version without a share gets no calls.
    func divide(_ visit: Visit, _ form: Form) async throws {
        let shares = try form.fields.filter { $0.key.hasPrefix(Self.sharePrefix) }.map { field, weight -> (version: Int64, weight: Int64) in
            guard let version = Int64(field.dropFirst(Self.sharePrefix.count)), let weight = weight.isEmpty ? 0 : Int64(weight) else {
                throw SampanError.badMember(field, Localized("a whole number", zh: "整数"))
            }
            return (version, weight)
        }
        let wanted = shares.filter { $0.weight != 0 }.sorted { $0.version < $1.version }
        try await functions.setTraffic(
            .array(wanted.map { ["version": .int($0.version), "weight": .int($0.weight)] }), of: visit.name(), in: visit.environment(),
            if: form.precondition)
    }
}
