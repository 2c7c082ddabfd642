internal import HTTPSupport
internal import Kernel
internal import Tenancy

/// The keys on an organization's page: each reaches all of its environments.
struct OrganizationKeys: Sendable {
    let tenancy: Tenancy

    var pages: [ConsolePage] {
        [
            .act(":organization/keys", needs: .keysManage, back: OrganizationPage.path, create),
            .act(":organization/keys/:key/revoke", needs: .keysManage, asks: "confirmRevoke", back: OrganizationPage.path, revoke),
        ]
    }

    func model(_ organization: OrganizationID, _ visit: Visit) throws -> JSONObject {
        guard visit.may(.keysRead) else { return [:] }
        let keys = try tenancy.keys(of: organization)
        return [
            "mayReadKeys": true, "mayManageKeys": .bool(visit.may(.keysManage)), "hasKeys": .bool(!keys.isEmpty),
            "keys": .array(keys.map { KeyForm.row($0, visit.language) }), "keyRoles": .array(KeyForm.roles(tenancy, visit)),
            "keyLives": .array(KeyForm.lives(visit.language)),
        ]
    }

    private func create(_ visit: Visit, _ form: Form) async throws -> Outcome {
        let (_, secret) = try await tenancy.createKey(
            of: visit.organization(), name: KeyForm.name(form), role: KeyForm.role(form, tenancy, visit), expiresAt: KeyForm.expiry(form))
        var flash = Flash(Phrases.managementKeyCreated)
        flash.secret = secret
        return .go(try OrganizationPage.path(visit), flash)
    }

    private func revoke(_ visit: Visit, _ form: Form) async throws -> Outcome {
        let key = try visit.name("key")
        try await tenancy.removeKey(key, of: visit.organization())
        return .go("\(try OrganizationPage.path(visit))#keys", Flash(Phrases.keyRevoked(key)))
    }
}
