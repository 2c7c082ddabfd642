internal import Foundation
internal import HTTPSupport
internal import Kernel
internal import Tenancy

/// What forms and lists of keys have in common.
enum KeyForm {
    /// How long a key may live, in days; `never` beside them.
    private static let lives = ["never", "30", "90", "365"]
    private static let dayMilliseconds: Int64 = 86_400_000

    static func name(_ form: Form) throws -> String {
        let name = form["name"].trimmingCharacters(in: .whitespacesAndNewlines)
        guard !name.isEmpty else { throw SampanError.badMember("name", Localized("a name", zh: "名称")) }
        return name
    }

    /// A role that the visitor may hand out.
    static func role(_ form: Form, _ tenancy: Tenancy, _ visit: Visit) throws -> Role { try tenancy.role(named: form["role"], visit.context) }

    static func expiry(_ form: Form) throws -> Int64? {
        guard lives.contains(form["expires"]) else { throw SampanError.badMember("expires", Localized("one of the choices", zh: "列表中的选项")) }
        return Int64(form["expires"]).map { WallClock.system.now() + $0 * dayMilliseconds }
    }

    static func roles(_ tenancy: Tenancy, _ visit: Visit) -> [JSON] {
        Role.allCases.filter { tenancy.mayGive($0, visit.context) }.map { role in
            [
                "role": .string(role.rawValue), "roleName": .string(Catalogue.phrase("role-\(role.rawValue)", visit.language)),
                "isSelected": .bool(role == .developer),
            ]
        }
    }

    static func lives(_ language: Language) -> [JSON] {
        lives.map { ["value": .string($0), "label": .string(Catalogue.phrase("expires-\($0)", language))] }
    }

    static func row(_ key: Key, _ language: Language) -> JSON {
        var row: JSONObject = [
            "keyID": .string(key.id), "keyName": .string(key.name.isEmpty ? key.id : key.name), "created": Showing.time(key.createdAt),
            "kind": .string(Catalogue.phrase("key-\(key.kind.rawValue)", language)),
            "roleName": .string(Catalogue.phrase("role-\(key.role.rawValue)", language)), "never": .string(Catalogue.phrase("expires-never", language)),
        ]
        if let expiresAt = key.expiresAt {
            row["expires"] = Showing.time(expiresAt)
            row["isOver"] = .bool(expiresAt <= WallClock.system.now())
        }
        if let lastUsedAt = key.lastUsedAt { row["lastUsed"] = Showing.time(lastUsedAt) }
        return .object(row)
    }
}
