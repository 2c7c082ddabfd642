internal import HTTPSupport
internal import Kernel
internal import Tenancy

/// `/console/env/{env}/usage`: what the environment holds, what it may hold, and what it costs (nothing yet).
struct UsagePage: Sendable {
    /// As sizes are shown everywhere in the console.
    private static let megabyte = 1_048_576.0

    let tenancy: Tenancy
    let environments: any EnvironmentKeeper

    var section: ConsoleSection {
        ConsoleSection(
            path: "usage", title: "usage", icon: "gauge", permission: .environmentsRead,
            pages: [.show(needs: .environmentsRead, show), .act("quotas", needs: .platformManage, back: path, change)])
    }

    @Sendable private func path(_ visit: Visit) throws -> String { Address.environment(try visit.environment(), "usage") }

    func show(_ visit: Visit) async throws -> Page {
        let environment = try tenancy.environment(visit.environment())
        let quotas = tenancy.quotas(of: environment.id)
        let usage = try environments.usage(environment.id)
        var model = environment.shown(visit.language)
        model["measures"] = .array(EnvironmentQuotas.Measure.allCases.map { Self.row($0, used: usage[$0] ?? 0, of: quotas[$0], visit.language) })
        model["maySetQuotas"] = .bool(visit.may(.platformManage))
        model["tag"] = .string(EntityTag(of: quotas.json).text)
        return Page(template: "usage", title: Catalogue.phrase("usage", visit.language), model: model)
    }

    private static func row(_ measure: EnvironmentQuotas.Measure, used: Int64, of quota: Int64?, _ language: Language) -> JSON {
        var row: JSONObject = [
            "measure": .string(measure.rawValue), "label": .string(Catalogue.phrase("measure-\(measure.rawValue)", language)),
            "used": .string(shown(used, measure)), "usedNumber": .int(used), "inMegabytes": .bool(measure.isOfBytes),
        ]
        if let quota {
            row["quota"] = .string(shown(quota, measure))
            row["quotaNumber"] = .int(max(quota, 1))
            row["field"] = .string(measure.isOfBytes ? inMegabytes(quota) : String(quota))
            row["isFull"] = .bool(used >= quota)
        }
        return .object(row)
    }

    private static func shown(_ value: Int64, _ measure: EnvironmentQuotas.Measure) -> String {
        measure.isOfBytes ? Showing.bytes(value) : String(value)
    }

    /// The shortest text that reads as the same number again, so that a form that is sent back unchanged changes nothing.
    private static func inMegabytes(_ bytes: Int64) -> String {
        let text = "\(Double(bytes) / megabyte)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// An empty field takes the quota away.
    private func change(_ visit: Visit, _ form: Form) async throws -> Outcome {
        var patch: JSONObject = [:]
        for measure in EnvironmentQuotas.Measure.allCases {
            guard let text = form.text(measure.rawValue) else {
                patch[measure.rawValue] = .null
                continue
            }
            guard let number = Double(text), number >= 0, number < 1e12 else {
                throw SampanError.badMember(measure.rawValue, Localized("a number, or nothing for no quota", zh: "数字，留空表示不限"))
            }
            patch[measure.rawValue] = .int(Int64((number * (measure.isOfBytes ? Self.megabyte : 1)).rounded()))
        }
        try await tenancy.changeQuotas(visit.environment(), patch, if: form.precondition)
        return .go(try path(visit), Flash(Phrases.quotasSaved))
    }
}

extension EnvironmentQuotas.Measure {
    fileprivate var isOfBytes: Bool { self == .documentBytes || self == .fileBytes }
}
