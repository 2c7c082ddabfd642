internal import Console
internal import Documents
internal import Files
internal import Foundation
internal import Functions
internal import HTTPSupport
internal import Hummingbird
internal import Kernel
internal import Logging
internal import NIOCore
internal import Tenancy

/// The sample shop of `templates/retail`: its functions, collections, goods and coupons, in any environment.
struct SampleShop: SampleDeployer {
    let home: URL
    let tenancy: Tenancy
    let functions: Functions
    let documents: Documents
    let files: Files
    let coupons: SampleCoupons
    let customers: SampleCustomers
    let logger: Logger

    private var template: URL { home.appendingPathComponent("templates/retail") }

    /// Deploys the shop, or brings it up to date; documents that are there are kept.
    /// - Returns: the path of its pages on this server.
    func deployRetail(to environment: EnvironmentID, withCustomers: Bool) async throws -> String {
        try tenancy.requireActive(environment)
        guard FileManager.default.fileExists(atPath: template.path) else {
            throw SampanError.notFound(
                "SAMPLE_NOT_FOUND", Localized("The sample shop is not part of this installation.", zh: "此安装不包含示例商店。"),
                remedy: Localized("Run the server with --home set to a folder that holds templates/retail.", zh: "请用 --home 指定包含 templates/retail 的目录。"))
        }
        try await functions.deployFolders(in: template.appendingPathComponent("cloudfunctions"), to: environment)
        try await seed(environment)
        try await coupons.publish(template.appendingPathComponent("seed/coupons.json"), in: environment)
        if withCustomers {
            do {
                try await customers.visit(environment)
                try await publishPrices(environment)
            } catch {
                // The shop is there and works for others; why these failed is in the log, and in its functions' logs.
                logger.warning("the sample shop's customers or prices failed", metadata: ["environment": "\(environment)", "error": "\(error)"])
            }
        }
        return "/samples/retail/?env=\(environment)"
    }

    private func seed(_ environment: EnvironmentID) async throws {
        let seeds = template.appendingPathComponent("seed")
        let list = try JSON(parsing: Array(Data(contentsOf: seeds.appendingPathComponent("collections.json")))).arrayValue ?? []
        let context = CallContext(environment: environment, caller: .key, requestID: RequestID.make())
        for item in list {
            guard let collection = item.objectValue else { continue }
            let name = try collection.text("name")
            _ = try await documents.createCollection(name, permission: collection.optionalText("permission"), environment)
            for index in try collection.optionalList("indexes") ?? [] { try await documents.createIndex(index.objectValue ?? [:], of: name, environment) }
            guard try documents.isEmpty(name, environment),
                let lines = FileManager.default.contents(atPath: seeds.appendingPathComponent("\(name).jsonl").path)
            else { continue }
            _ = try await documents.importDocuments(ByteBuffer(bytes: lines), ImportPlan(collection: name, upserts: true), context)
        }
    }

    /// A file that customers can download: the price list, as a table.
    private func publishPrices(_ environment: EnvironmentID) async throws {
        let context = CallContext(environment: environment, caller: .key, requestID: RequestID.make())
        let wanted: JSON = ["op": "get", "collection": "goods", "orderBy": [["sort", "asc"]], "limit": 100]
        let goods = try JSON(try await documents.perform(ByteBuffer(bytes: wanted.serialized()), idempotencyKey: nil, context))["data"]?.arrayValue ?? []
        let lines = goods.compactMap { good -> String? in
            guard let id = good["_id"]?.stringValue, let price = good["price"]?.intValue else { return nil }
            return "\(id),\(price / 100).\(price % 100 < 10 ? "0" : "")\(price % 100)"
        }
        _ = try await files.upload("shop/price-list.csv", ByteBuffer(string: (["good,price"] + lines).joined(separator: "\n") + "\n"), context)
    }
}

/// `POST /admin/v1/environments/{env}/samples/retail`.
struct SampleShopRoutes: Sendable {
    private static let bodyBytesMax = 4 << 10

    let shop: SampleShop

    func add(to router: some RouterMethods<SampanRequestContext>) {
        router.post("/admin/v1/environments/:env/samples/retail") { request, context in
            let wanted = try await request.jsonObject(upTo: Self.bodyBytesMax)
            let withCustomers = try wanted.optionalBool("customers") ?? false
            return Response.json(["url": .string(try await shop.deployRetail(to: context.managedEnvironment(), withCustomers: withCustomers))])
        }
    }
}
