internal import Foundation
public import HTTPSupport
internal import HTTPTypes
public import Hummingbird
internal import Kernel

/// WeChat's merchant coupons for back ends with a key of the environment: WeChat's own paths below
/// `/admin/v1/environments/{env}/coupons/wechat`.
public struct WeChatCouponRoutes: Sendable {
    private static let bodyBytesMax = 256 << 10

    private let facade: CouponFacade

    /// Makes the routes.
    public init(_ facade: CouponFacade) { self.facade = facade }

    /// Adds them to `router`.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        let group = router.group("/admin/v1/environments/:env/coupons/wechat/v3/marketing/busifavor")
        group.post("stocks") { try await take(.makeStock, $0, $1) }
        group.get("stocks/:stock") { try await take(.showStock($1.parameters.require("stock")), $0, $1) }
        group.patch("stocks/:stock/budget") { try await take(.changeBudget($1.parameters.require("stock")), $0, $1) }
        group.post("stocks/:stock/couponcodes") { try await take(.uploadCodes($1.parameters.require("stock")), $0, $1) }
        group.get("stocks/:stock/couponcodes") { try await take(.countCodes($1.parameters.require("stock")), $0, $1) }
        group.post("coupons/use") { try await take(.use, $0, $1) }
        group.post("coupons/return") { try await take(.giveBack, $0, $1) }
        group.post("coupons/deactivate") { try await take(.deactivate, $0, $1) }
        group.get("users/:openid/coupons") { try await take(.listCoupons(user: $1.parameters.require("openid")), $0, $1) }
        group.get("users/:openid/coupons/:code/appids/:appid") {
            try await take(.showCoupon(user: $1.parameters.require("openid"), code: $1.parameters.require("code")), $0, $1)
        }
    }

    private func take(_ call: WeChatCall, _ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let (environment, principal) = (try context.managedEnvironment(), try context.requirePrincipal())
        let voice = CouponFacade.Voice(context: context.keyCall(environment), principal: principal, mayApprove: context.may(.couponsApprove))
        do {
            let body = request.method == .get ? query(request) : try await request.jsonObject(upTo: Self.bodyBytesMax)
            return .json(try await facade.wechat(call, body, voice))
        } catch let error as SampanError {
            throw error.inWeChatsWords(context.language)
        }
    }

    private func query(_ request: Request) -> JSONObject {
        let items = URLComponents(string: "?" + (request.uri.query ?? ""))?.queryItems ?? []
        return JSONObject(items.map { ($0.name, .string($0.value ?? "")) })
    }
}

extension SampanError {
    /// With what WeChat's clients show: a `message` beside the `code`.
    fileprivate func inWeChatsWords(_ language: Language) -> SampanError {
        var members = members
        members["message"] = .string(detail[language] + (language == .en ? " " : "") + remedy[language])
        return SampanError(code, status: status, detail, remedy: remedy, retryAfter: retryAfter, members: members)
    }
}
