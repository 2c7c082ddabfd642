internal import Kernel

/// A kind of coupon as the ledger knows it: what it is, where it stands, and its accounts.
struct Batch: Sendable, Hashable {
    /// How many coupons are in each account, and what they cost.
    struct Accounts: Sendable, Hashable {
        var held: Int64 = 0
        var locked: Int64 = 0
        var redeemed: Int64 = 0
        var expired: Int64 = 0
        var voided: Int64 = 0
        /// What the coupons that are held or locked can cost at most.
        var reserved: Int64 = 0
        /// What those that were redeemed did cost.
        var spent: Int64 = 0

        var claimed: Int64 { held + locked + redeemed + expired + voided }

        subscript(account: CouponAccount) -> Int64 {
            get {
                switch account {
                case .stock: 0
                case .held: held
                case .locked: locked
                case .redeemed: redeemed
                case .expired: expired
                case .voided: voided
                }
            }
            set {
                switch account {
                // What is in stock is what has not been claimed: it needs no counter of its own.
                case .stock: break
                case .held: held = newValue
                case .locked: locked = newValue
                case .redeemed: redeemed = newValue
                case .expired: expired = newValue
                case .voided: voided = newValue
                }
            }
        }
    }

    let number: Int64
    let id: String
    var definition: BatchDefinition
    var status = BatchStatus.draft
    var createdAt: Int64
    /// Who did the last step towards publishing, as the audit log names them.
    var submittedBy = ""
    var approvedBy = ""
    /// Grows with each change: what somebody has read and wants to change must still be so.
    var revision: Int64 = 1
    /// How many codes were uploaded.
    var codes: Int64 = 0
    /// What the platforms' clients have changed about it: a digest of each request by its step and number, so that a repeat changes nothing.
    var requests: [String: String] = [:]
    /// How many coupons have been claimed; each is somewhere in `accounts`.
    var claimed: Int64 = 0
    var accounts = Accounts()

    /// Counts a coupon that was claimed.
    mutating func add(_ coupon: Coupon) {
        claimed += 1
        accounts.held += 1
        accounts.reserved += coupon.reserve
    }

    var left: Int64 { definition.stock - claimed }

    /// How many can still be claimed: where each coupon goes by an uploaded code, no more than there are codes.
    var available: Int64 { max(0, definition.namesCoupons ? min(left, codes - claimed) : left) }

    /// Everything but the accounts, as a page of the journal has it.
    var record: String {
        var record: JSONObject = [
            "number": .int(number), "id": .string(id), "definition": definition.json, "status": .string(status.rawValue), "createdAt": .int(createdAt),
            "submittedBy": .string(submittedBy), "approvedBy": .string(approvedBy), "revision": .int(revision),
        ]
        if codes > 0 { record["codes"] = .int(codes) }
        if !requests.isEmpty { record["requests"] = .object(JSONObject(requests.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })) }
        return String(decoding: JSON.object(record).serialized(), as: UTF8.self)
    }

    init(number: Int64, id: String, definition: BatchDefinition, createdAt: Int64) {
        self.number = number
        self.id = id
        self.definition = definition
        self.createdAt = createdAt
    }

    /// Reads a record.
    init(record text: String) throws {
        let object = try JSON(parsing: Array(text.utf8)).objectValue ?? [:]
        guard let number = object["number"]?.intValue, let id = object["id"]?.stringValue, let definition = object["definition"]?.objectValue,
            let status = object["status"]?.stringValue.flatMap(BatchStatus.init(rawValue:)), let createdAt = object["createdAt"]?.intValue
        else { throw JournalPage.Damage.form }
        self.init(number: number, id: id, definition: try BatchDefinition(definition), createdAt: createdAt)
        self.status = status
        submittedBy = object["submittedBy"]?.stringValue ?? ""
        approvedBy = object["approvedBy"]?.stringValue ?? ""
        revision = object["revision"]?.intValue ?? 1
        codes = object["codes"]?.intValue ?? 0
        for (key, digest) in object["requests"]?.objectValue ?? [:] { requests[key] = digest.stringValue }
    }
}
