internal import Coupons
internal import HTTPSupport
internal import Kernel
internal import QRCode
internal import Tenancy

/// A link to a batch with its picture, for posters and messages.
struct CouponSharing: Sendable {
    let tenancy: Tenancy
    let coupons: Coupons

    /// `nil` where there is nothing to share, or for those who may give nothing.
    func model(_ batch: JSON, _ environment: Environment, _ visit: Visit) async throws -> JSONObject? {
        let isOut = batch["status"] == "published" || batch["status"] == "paused"
        guard isOut, visit.may(.couponsIssue), batch["claim"]?["public"] == true else { return nil }
        let (channel, page) = (visit.query("channel") ?? "", try visit.query("page") ?? usualPage(environment.id))
        let made = try await coupons.link(visit.name("batch"), channel: channel, environment.id)
        let query = made["query"]?.stringValue ?? ""
        var model: JSONObject = ["channel": .string(channel), "page": .string(page), "query": .string(query)]
        guard !page.isEmpty else { return model }
        let link = Self.link(page, query)
        model["link"] = .string(link)
        do {
            model["picture"] = .string(try QRCode.svg(link, label: Catalogue.phrase("linkPicture", visit.language)))
        } catch is QRCode.CannotEncode {
            throw SampanError.badField("linkPage", Phrases.tooLong)
        }
        return model
    }

    /// The mini program in Alipay, where its id is known.
    private func usualPage(_ environment: EnvironmentID) throws -> String {
        let app = try tenancy.settings(environment).alipay.appID
        return app.isEmpty ? "" : "alipays://platformapi/startapp?appId=\(app)"
    }

    /// A page of Alipay gets its parameters as one that is written in the address.
    static func link(_ page: String, _ query: String) -> String {
        let parameters = page.hasPrefix("alipays:") ? "query=\(Address.escaped(query))" : query
        return "\(page)\(page.contains("?") ? "&" : "?")\(parameters)"
    }
}
