internal import Coupons
internal import HTTPSupport
internal import Identity
internal import Kernel
internal import Tenancy

extension BatchApproval {
    /// Who may approve whose batches of coupons.
    init(_ coupons: Coupons, _ tenancy: Tenancy) {
        self.init(coupons) { try tenancy.hasOthers(who: .couponsApprove, in: $0, than: $1) }
    }
}

extension CouponFacade {
    init(_ coupons: Coupons, _ tenancy: Tenancy) { self.init(coupons, approval: BatchApproval(coupons, tenancy)) }
}

/// What the platforms' coupon APIs need of other rooms.
extension AlipayCouponGateway {
    init(_ facade: CouponFacade, _ tenancy: Tenancy) {
        self.init(
            facade, findApp: { try Self.find($0, $1, tenancy) },
            audit: { note, method, principal, environment, context in
                AuditNote.$current.withValue(note) { AuditNote.belongs(to: try? tenancy.environment(environment).organization, environment) }
                try await tenancy.record(note, "POST /alipay/gateway.do \(method)", by: principal, context)
            })
    }

    private static func find(_ appID: String, _ named: String?, _ tenancy: Tenancy) throws -> AlipayAppKey {
        let found = tenancy.environments(ofAlipayApp: appID).filter { named == nil || $0.text == named }
        guard let environment = found.first else { throw SampanError.noAlipayApp(appID) }
        guard found.count == 1 else { throw SampanError.ambiguousAlipayApp(appID) }
        guard let secret = try tenancy.settings(environment).alipay.secret else { throw SampanError.noAlipayApp(appID) }
        let key = try RSA2(privateKey: secret)
        return AlipayAppKey(
            environment, requireActive: { try tenancy.requireActive(environment) }, signs: { try key.signature(of: $0) }, made: { key.isOwn($0, of: $1) })
    }
}
