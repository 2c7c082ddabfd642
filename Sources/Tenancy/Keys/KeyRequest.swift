internal import HTTPSupport
internal import Hummingbird
internal import Kernel

/// What requests for keys say.
enum KeyRequest {
    /// The role that is asked for, which must not allow more than the caller may do there; a developer's unless said.
    static func role(_ body: JSONObject, _ context: SampanRequestContext) throws -> Role {
        let permissions = context.authority?.permissions ?? []
        guard let text = try body.optionalText("role") else {
            return Role.allCases.first { $0 != .owner && $0 != .admin && Authorities.mayGive($0, having: permissions) } ?? .viewer
        }
        return try Role(asked: text, by: permissions)
    }

    /// One page of keys, which can be asked for by kind and role.
    static func page(of keys: [Key], _ request: Request) throws -> JSON {
        let kind: Key.Kind? = try request.queryWord("kind")
        let role: Role? = try request.queryWord("role")
        let search = TextSearch(request)
        let wanted = keys.filter { key in (kind == nil || key.kind == kind) && (role == nil || key.role == role) && search.fits(key.name, key.id) }
        return try ListWindow(request).page("keys", wanted, position: { ListWindow.position($0.createdAt, $0.id) }) { .object($0.json) }
    }

    static func expiry(_ body: JSONObject) throws -> Int64? {
        guard let value = body["expiresAt"], !value.isNull else { return nil }
        guard let at = value.intValue else { throw SampanError.badMember("expiresAt", Localized("a time in milliseconds", zh: "毫秒时间")) }
        return at
    }
}

extension Role {
    /// A role that somebody with `permissions` may hand out.
    init(asked text: String, by permissions: Set<Permission>) throws {
        guard let role = Role(rawValue: text) else {
            throw SampanError.badMember(
                "role", Localized(Role.allCases.map(\.rawValue).joined(separator: ", "), zh: " \(Role.allCases.map(\.rawValue).joined(separator: "、"))"))
        }
        guard Authorities.mayGive(role, having: permissions) else {
            throw SampanError.forbidden(
                Localized("Your own role does not include \(text).", zh: "您的角色不包含 \(text)，无法授予。"),
                remedy: Localized("Ask an owner of the organization.", zh: "请联系组织的所有者。"))
        }
        self = role
    }
}
