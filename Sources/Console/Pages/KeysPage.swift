internal import HTTPSupport
internal import Kernel
internal import Tenancy

/// `/console/env/{env}/keys`: who may deploy and manage from outside.
struct KeysPage: Sendable {
    let tenancy: Tenancy

    var section: ConsoleSection {
        ConsoleSection(
            path: "keys", title: "keys", icon: "key", permission: .keysRead,
            pages: [
                .show(needs: .keysRead, show),
                .act("", needs: .keysManage, back: path, create),
                .act(":key/revoke", needs: .keysManage, asks: "confirmRevoke", back: path, revoke),
            ])
    }

    @Sendable private func path(_ visit: Visit) throws -> String { Address.environment(try visit.environment(), "keys") }

    func show(_ visit: Visit) async throws -> Page {
        let environment = try tenancy.environment(visit.environment())
        let list = ListView<Key>(
            columns: [
                .init(title: "name", name: "name", ascends: { $0.name < $1.name }),
                .init(title: "kind", name: "kind", ascends: { $0.kind.rawValue < $1.kind.rawValue }),
                .init(title: "role", name: "role", ascends: { $0.role.rawValue < $1.role.rawValue }),
                .init(title: "created", name: "created", ascends: { $0.createdAt < $1.createdAt }),
                .init(title: "expires", name: "expires", ascends: { ($0.expiresAt ?? .max) < ($1.expiresAt ?? .max) }),
                .init(title: "lastUsed", name: "used", ascends: { ($0.lastUsedAt ?? 0) < ($1.lastUsedAt ?? 0) }), .init(title: nil),
            ], text: { "\($0.name) \($0.id)" })
        let (rows, listModel) = list.shown(try tenancy.keys(environment.id), visit)
        var model = environment.shown(visit.language)
        for (key, value) in listModel { model[key] = value }
        model["keys"] = .array(rows.map { KeyForm.row($0, visit.language) })
        model["keyRoles"] = .array(KeyForm.roles(tenancy, visit))
        model["keyLives"] = .array(KeyForm.lives(visit.language))
        model["mayManage"] = .bool(visit.may(.keysManage))
        return Page(template: "keys", title: Catalogue.phrase("keys", visit.language), model: model)
    }

    private func create(_ visit: Visit, _ form: Form) async throws -> Outcome {
        guard let kind = Key.Kind(rawValue: form["kind"]) else {
            throw SampanError.badMember("kind", Localized("management or access", zh: " management 或 access"))
        }
        let (key, secret) = try await tenancy.createKey(
            visit.environment(), name: KeyForm.name(form), kind: kind, role: KeyForm.role(form, tenancy, visit), expiresAt: KeyForm.expiry(form))
        var flash = Flash(kind == .management ? Phrases.managementKeyCreated : Phrases.accessKeyCreated)
        flash.secret = secret
        flash.secretID = kind == .access ? key.id : nil
        return .go(try path(visit), flash)
    }

    private func revoke(_ visit: Visit, _ form: Form) async throws -> Outcome {
        let key = try visit.name("key")
        try await tenancy.removeKey(key, of: visit.environment())
        return .go(try path(visit), Flash(Phrases.keyRevoked(key)))
    }
}
