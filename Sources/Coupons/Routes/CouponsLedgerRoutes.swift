public import HTTPSupport
internal import HTTPTypes
public import Hummingbird
public import Kernel
internal import NIOCore

/// The ledger for merchants: steps, a batch's coupons, settlement, codes, grants and links, below `/admin/v1/environments/{env}/coupons`.
public struct CouponsLedgerRoutes: Sendable {
    private static let listMax: Int64 = 1000
    private static let pieceMax = 1000
    private static let entryColumns = [
        "number", "at", "step", "batch", "coupon", "user", "status", "amount", "balance", "order", "outBizNo", "channel", "shop", "inviter",
    ]
    private static let couponColumns = ["id", "user", "status", "claimedAt", "from", "until", "code", "frozen", "order", "balance", "uses"]
    private static let dayColumns = ["day", "claimed", "redeemed", "redeemedAmount", "refunded", "refundedAmount", "expired", "voided", "net"]

    private let coupons: Coupons

    /// Makes the routes.
    public init(_ coupons: Coupons) { self.coupons = coupons }

    /// Adds them to `router`.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        let group = router.group("/admin/v1/environments/:env/coupons")
        group.get("entries", use: entries)
        group.get("batches/:batch/coupons", use: list)
        group.get("batches/:batch/report", use: report)
        group.get("batches/:batch/link", use: link)
        group.get("batches/:batch/codes", use: codes)
        group.post("batches/:batch/codes", use: upload)
        group.delete("batches/:batch/codes/upload", use: abandon)
        group.get("batches/:batch/codes/file", use: generated)
        group.post("batches/:batch/grants", use: grant)
    }

    // MARK: Reading

    private func entries(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let environment = try context.managedEnvironment()
        var wanted = Coupons.EntriesWanted()
        wanted.after = try request.queryInt("after", in: 0...Int64.max) ?? 0
        wanted.batch = request.queryText("batch")
        wanted.coupon = request.queryText("coupon")
        wanted.from = try request.queryMoment("from")
        wanted.until = try request.queryMoment("until")
        wanted.limit = Int(try request.queryInt("limit", in: 1...Self.listMax) ?? 100)
        guard try request.wantsCSV() else { return .json(try await coupons.entries(wanted, environment)) }
        wanted.limit = Self.pieceMax
        let start = wanted
        return try await .csv("coupon-entries", Self.entryColumns) { [coupons] place in
            var wanted = start
            wanted.after = place?.intValue ?? start.after
            let piece = try await coupons.entries(wanted, isFresh: place == nil, environment)
            let entries = piece["entries"]?.arrayValue ?? []
            return (entries, entries.count < Self.pieceMax ? nil : piece["next"])
        }
    }

    private func list(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let (environment, batch) = (try context.managedEnvironment(), try context.parameters.require("batch"))
        let status = try request.couponStatus()
        guard try request.wantsCSV() else {
            let limit = Int(try request.queryInt("limit", in: 1...Self.listMax) ?? 100)
            let after = request.queryText("after") ?? ""
            return .json(try await coupons.coupons(ofBatch: batch, after: after, status: status, limit: limit, environment))
        }
        return try await .csv("\(batch)-coupons", Self.couponColumns) { [coupons] place in
            let piece = try await coupons.coupons(
                ofBatch: batch, after: place?.stringValue ?? "", status: status, limit: Self.pieceMax, environment)
            return (piece["coupons"]?.arrayValue ?? [], piece["next"])
        }
    }

    private func report(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let (environment, batch) = (try context.managedEnvironment(), try context.parameters.require("batch"))
        let report = try await coupons.report(
            of: batch, from: request.queryMoment("from"), until: request.queryMoment("until"), environment)
        guard try request.wantsCSV() else { return .json(report) }
        return try await .csv("\(batch)-report", Self.dayColumns) { _ in (report["days"]?.arrayValue ?? [], nil) }
    }

    private func link(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(
            try await coupons.link(context.parameters.require("batch"), channel: request.queryText("channel") ?? "", context.managedEnvironment()))
    }

    // MARK: Codes and grants

    private func codes(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(try await coupons.codes(of: context.parameters.require("batch"), context.managedEnvironment()))
    }

    private func upload(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let skips: Bool =
            switch request.queryText("faults") {
            case nil, "refuse": false
            case "skip": true
            default: throw SampanError.badMember("faults", Localized("refuse or skip", zh: " refuse 或 skip"))
            }
        return .json(
            try await coupons.uploadCodes(to: context.parameters.require("batch"), request.body, skips: skips, context.managedEnvironment()), status: .created)
    }

    private func abandon(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try await coupons.abandonUpload(context.parameters.require("batch"), context.managedEnvironment())
        return Response(status: .noContent)
    }

    private func generated(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let (environment, batch) = (try context.managedEnvironment(), try context.parameters.require("batch"))
        let first = try await coupons.generatedCodes(of: batch, from: 0, limit: Int64(Self.pieceMax), environment)
        let body = ResponseBody { [coupons] writer in
            var (codes, index) = (first, Int64(0))
            while !codes.isEmpty {
                try await writer.write(ByteBuffer(string: codes.joined(separator: "\n") + "\n"))
                index += Int64(codes.count)
                codes = try await coupons.generatedCodes(of: batch, from: index, limit: Int64(Self.pieceMax), environment)
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: .file("\(batch)-codes.txt", "text/plain; charset=utf-8"), body: body)
    }

    private func grant(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        guard let name = request.queryText("name") else {
            throw SampanError.badMember("name", Localized("a name, by which a repeat is known", zh: "发放名称（用于识别重复请求）"))
        }
        let call = context.keyCall(try context.managedEnvironment())
        return .json(try await coupons.grant(name, of: context.parameters.require("batch"), to: request.body, call))
    }
}

extension Request {
    /// Whether a file for spreadsheets is wanted instead of JSON.
    fileprivate func wantsCSV() throws -> Bool {
        switch queryText("format") {
        case nil, "json": false
        case "csv": true
        default: throw SampanError.badMember("format", Localized("json or csv", zh: " json 或 csv"))
        }
    }

    /// Milliseconds since 1970, or ISO 8601.
    fileprivate func queryMoment(_ name: String) throws -> Int64? {
        guard let text = queryText(name) else { return nil }
        let object: JSONObject = [name: Int64(text).map { .int($0) } ?? .string(text)]
        return try object.moment(name)
    }
}

extension HTTPFields {
    fileprivate static func file(_ name: String, _ type: String) -> HTTPFields {
        [.contentType: type, .contentDisposition: "attachment; filename=\"\(name)\""]
    }
}

extension Response {
    /// Objects as a CSV file, piece by piece.
    /// - Parameter piece: gets where to go on, `nil` at first; answers objects, and where to go on behind them or `nil`.
    fileprivate static func csv(
        _ name: String, _ columns: [String], _ piece: @escaping @Sendable (JSON?) async throws -> ([JSON], JSON?)
    ) async throws -> Response {
        // Read before the answer begins: what cannot be read is then refused with a clear error.
        let first = try await piece(nil)
        let body = ResponseBody { writer in
            var next = first
            try await writer.write(ByteBuffer(string: CSVText.mark + CSVText.line(columns)))
            while true {
                if !next.0.isEmpty { try await writer.write(ByteBuffer(string: next.0.map { CSVText.line($0, columns) }.joined())) }
                guard let place = next.1 else { break }
                next = try await piece(place)
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: .file("\(name).csv", "text/csv; charset=utf-8"), body: body)
    }
}
