internal import Crypto
internal import Foundation
public import HTTPSupport
public import Kernel
internal import NIOCore

/// Coupons in the platforms' own words, for back ends that speak to Alipay or WeChat: what they say becomes what the engine does anyway.
public struct CouponFacade: Sendable {
    /// Who speaks.
    struct Voice: Sendable {
        /// In whose environment, and how the engine sees it.
        let context: CallContext
        /// Who it is when batches are submitted and approved.
        let principal: Principal
        /// Whether they may approve at all.
        var mayApprove = true
        /// So that one out_biz_no of each platform's is another.
        var platform = ""
    }

    let coupons: Coupons
    private let approval: BatchApproval
    /// Codes of one batch come one after the other.
    private let deposits = Turns<String>()

    /// Makes it.
    public init(_ coupons: Coupons, approval: BatchApproval) {
        self.coupons = coupons
        self.approval = approval
    }

    // MARK: Batches

    /// Makes a batch and submits it, in one commit; where nobody else could approve it, it is published at once.
    ///
    /// Its id is made of `number`: the same number again finds what it made.
    func make(_ definition: BatchDefinition, number: String, body: JSONObject, _ voice: Voice) async throws -> Batch {
        let environment = voice.context.environment
        let store = try coupons.store(environment)
        let digest = Self.digest(body)
        let id = "cpb-" + Self.stableText("\(environment) \(voice.platform) \(number)")
        AuditNote.changed("coupon batch \(id)", to: definition.json)
        if let known = try await store.ledger({ $0.batch(id: id) }) { return try Self.repeated(known, "create", digest) }
        try await coupons.requireRoom(store)
        let isApproved = try voice.mayApprove && !approval.needsSecond(than: voice.principal, environment)
        let person = voice.principal.person
        let change = LedgerCommand.BatchChange(
            batch: nil,
            change: { batch throws(LedgerRefusal) in
                var batch = try batch.stepped(.submit, by: person, needsSecond: false)
                if isApproved { batch = try batch.stepped(.approve, by: person, needsSecond: false) }
                batch.requests["create"] = digest
                return batch
            }, new: (id, definition))
        return try Self.repeated(try await submit(change, store, voice), "create", digest)
    }

    /// Changes a batch once, however often the request with this number comes.
    func change(
        _ id: String, _ step: String, number: String, body: JSONObject, _ voice: Voice,
        _ change: @escaping @Sendable (Batch) throws(LedgerRefusal) -> Batch
    ) async throws -> Batch {
        let store = try coupons.store(voice.context.environment)
        let batch = try await coupons.found(id, store)
        let (key, digest) = ("\(step) \(number)", Self.digest(body))
        AuditNote.changed("coupon batch \(id)")
        if batch.requests[key] != nil { return try Self.repeated(batch, key, digest) }
        guard batch.requests.count < Self.requestsMax else {
            throw SampanError(
                "LIMIT_EXCEEDED", status: 422,
                Localized("A batch can be changed \(Self.requestsMax) times in this way.", zh: "每个批次至多可以此方式修改 \(Self.requestsMax) 次。"),
                remedy: Localized("Change it in the console, or make another one.", zh: "请在控制台修改，或新建批次。"))
        }
        let command = LedgerCommand.BatchChange(batch: batch.number) { batch throws(LedgerRefusal) in
            if let known = batch.requests[key] {
                guard known == digest else { throw .keyReused }
                return batch
            }
            var batch = try change(batch)
            batch.requests[key] = digest
            return batch
        }
        return try await submit(command, store, voice)
    }

    private static let requestsMax = 1000

    private func submit(_ change: LedgerCommand.BatchChange, _ store: EnvironmentCoupons, _ voice: Voice) async throws -> Batch {
        switch try await coupons.submit(.batch(coupons.bounded(change, voice.context.environment)), store) {
        case .batch(let batch): return batch
        case .refused(let refusal): throw refusal.sampanError(store.numbers.id)
        case .claimed, .moved: throw SampanError.internalError
        }
    }

    private static func repeated(_ batch: Batch, _ key: String, _ digest: String) throws -> Batch {
        guard batch.requests[key] == digest else { throw LedgerRefusal.keyReused.sampanError { "\($0)" } }
        return batch
    }

    func batch(_ id: String, _ voice: Voice) async throws -> Batch { try await coupons.found(id, coupons.store(voice.context.environment)) }

    // MARK: Coupons

    /// The coupon that goes by a code: one that was uploaded, or its own id.
    /// - Parameters:
    ///   - batch: the batch that it must be of; `nil` for any.
    ///   - user: whose it must be; `nil` for anybody's.
    func coupon(_ code: String, of batch: String?, user: String? = nil, _ voice: Voice) async throws -> JSON {
        let environment = voice.context.environment
        let isID = try coupons.store(environment).numbers.number(code) != nil
        let coupon = isID ? try await coupons.coupon(code, of: nil, environment) : try await coupons.coupon(code: code, voice.context)
        guard batch == nil || coupon["batch"]?.stringValue == batch else { throw SampanError.noCoupon(code) }
        guard let user else { return coupon }
        return try await coupons.coupon(coupon["id"]?.stringValue ?? "", of: user, environment)
    }

    /// The order whose use a refund takes back: clients name the coupon only.
    func orderToRefund(_ coupon: JSON, number: String, _ voice: Voice) async throws -> String {
        let uses = coupon["uses"]?.arrayValue ?? []
        if uses.count > 1 {
            var wanted = Coupons.EntriesWanted()
            (wanted.coupon, wanted.limit) = (coupon["id"]?.stringValue, 1000)
            let entries = try await coupons.entries(wanted, voice.context.environment)["entries"]?.arrayValue ?? []
            let same = entries.first { $0["step"]?.stringValue == "refund" && $0["outBizNo"]?.stringValue == number }
            if let order = same?["order"]?.stringValue { return order }
        }
        guard let use = uses.last(where: { $0["refunded"]?.boolValue == false }) ?? uses.last, let order = use["order"]?.stringValue else {
            throw SampanError(
                "COUPON_USE_NOT_FOUND", status: 404, Localized("The coupon was not used.", zh: "该优惠券尚未核销。"),
                remedy: Localized("Check its code.", zh: "请检查券码。"))
        }
        return order
    }

    // MARK: Codes

    /// What became of the codes of one request.
    struct Deposit {
        var added: [String] = []
        /// In the batch already.
        var present: [String] = []
        /// More than once in the request.
        var doubled: [String] = []
        /// No good, with why.
        var faults: [(code: String, fault: String)] = []
    }

    /// Adds the codes that are good; each is in the batch once, however often it is sent.
    func deposit(_ codes: [String], to batch: String, _ voice: Voice) async throws -> Deposit {
        try await deposits.inTurn("\(voice.context.environment) \(batch)") {
            let environment = voice.context.environment
            let store = try coupons.store(environment)
            let found = try await coupons.found(batch, store)
            guard found.definition.codes == .uploaded else { throw SampanError.noCodes }
            let deposit = try await sorted(codes, found, store)
            guard !deposit.added.isEmpty else { return deposit }
            let body = AsyncStream<ByteBuffer> { stream in
                stream.yield(ByteBuffer(string: deposit.added.joined(separator: "\n") + "\n"))
                stream.finish()
            }
            _ = try await coupons.uploadCodes(to: batch, CodeStream(body), skips: false, environment)
            return deposit
        }
    }

    private func sorted(_ codes: [String], _ batch: Batch, _ store: EnvironmentCoupons) async throws -> Deposit {
        var (deposit, seen): (Deposit, Set<String>) = (Deposit(), [])
        let good = Set(codes.filter { CodeUploader.isCode($0) })
        let places = try await coupons.reading(store) { try $0.places(ofCodes: Array(good)) }
        for code in codes {
            guard seen.insert(code).inserted else {
                deposit.doubled.append(code)
                continue
            }
            if !good.contains(code) {
                deposit.faults.append((code, "form"))
            } else if let place = places[code], place.batch != batch.number {
                deposit.faults.append((code, "taken"))
            } else if let place = places[code], place.index < batch.codes {
                deposit.present.append(code)
            } else {
                deposit.added.append(code)
            }
        }
        return deposit
    }

    // MARK: Digests

    /// What is the same for the same request, whatever the order of its members.
    static func digest(_ body: JSONObject) -> String { SHA256.hash(data: Data(sorted(.object(body)).text.utf8)).hex.prefix(24).description }

    private static func sorted(_ json: JSON) -> JSON {
        if let object = json.objectValue { return .object(JSONObject(object.sorted { $0.key < $1.key }.map { ($0.key, sorted($0.value)) })) }
        if let list = json.arrayValue { return .array(list.map(sorted)) }
        return json
    }

    private static func stableText(_ text: String) -> String {
        let letters = RandomText.readable
        return String(decoding: SHA256.hash(data: Data(text.utf8)).prefix(10).map { letters[Int($0) % letters.count] }, as: UTF8.self)
    }
}

/// Codes that are in memory, as an upload takes them.
private struct CodeStream: AsyncSequence {
    typealias Element = ByteBuffer
    typealias Failure = any Error

    private let stream: AsyncStream<ByteBuffer>

    init(_ stream: AsyncStream<ByteBuffer>) { self.stream = stream }

    struct AsyncIterator: AsyncIteratorProtocol {
        var iterator: AsyncStream<ByteBuffer>.AsyncIterator

        mutating func next() async throws -> ByteBuffer? { await iterator.next() }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(iterator: stream.makeAsyncIterator()) }
}
