/// What somebody wants of the ledger.
enum LedgerCommand: Sendable {
    case claim(Claim)
    case move(Move)
    case batch(BatchChange)

    /// Somebody wants a coupon.
    struct Claim: Sendable {
        let batch: Int64
        let user: String
        /// `outBizNo`: the same one again, of the same user and batch, answers the same coupon.
        var key = ""
        var device = ""
        var channel = ""
        var level = ""
        /// Whether the user asks, and not a function or key for them.
        var isClient = false
        /// Which of the batch's codes was brought; -1 without one.
        var code: Int64 = -1
        /// Whether it comes by a link of the shop.
        var hasLink = false
        var inviter: Inviter?

        /// What must be the same when the key comes again.
        var hash: UInt64 {
            let more = code >= 0 || inviter != nil ? "\u{0}\(code)\u{0}\(inviter?.coupon ?? 0)" : ""
            return JournalPage.hash(Array("\(device)\u{0}\(channel)\u{0}\(level)\(more)".utf8))
        }

        /// Whether it brings what the batch wants to see.
        func has(_ proof: ClaimProof) -> Bool {
            switch proof {
            case .code: code >= 0
            case .link: hasLink
            case .invitation: inviter != nil
            }
        }
    }

    /// Who invited somebody.
    struct Inviter: Sendable, Hashable {
        /// The coupon by which they are known.
        let coupon: Int64
        let user: String
        /// The batch of which they get a coupon for it.
        var reward: Int64?
    }

    /// Coupons take a step in their lives, all of them or none.
    struct Move: Sendable {
        let kind: LedgerEntry.Kind
        let coupons: [Int64]
        /// What each takes off the order; only for redeeming.
        var amounts: [Int64] = []
        var order = ""
        /// Whose they must be; `nil` where a function or key acts.
        var user: String?
        /// `outBizNo`: the same one again, for the same step, answers the first answer.
        var key = ""
        var hash: UInt64 = 0
        /// How long a lock holds.
        var milliseconds: Int64 = 0
        /// Where it is used.
        var shop = ""
    }

    /// Somebody makes a batch or changes one.
    struct BatchChange: Sendable {
        /// `nil` for a new one.
        let batch: Int64?
        /// The batch that one must be based on; `nil` for any.
        var revision: Int64?
        /// Answers the batch as it shall be from what it is; for a new one from one with nothing claimed.
        /// - Throws: `LedgerRefusal`.
        let change: @Sendable (Batch) throws(LedgerRefusal) -> Batch
        /// The id and definition of a new one.
        var new: (id: String, definition: BatchDefinition)?
        /// How many coupons all batches of the environment may give; `nil` is any number.
        var stockMax: Int64?
    }
}

/// What became of a command.
enum LedgerOutcome: Sendable {
    case claimed(Coupon, isRepeat: Bool)
    case moved([Receipt], isRepeat: Bool)
    case batch(Batch)
    case refused(LedgerRefusal)
}

/// What a step did to one coupon.
struct Receipt: Sendable, Hashable {
    let coupon: Int64
    let batch: Int64
    let at: Int64
    let account: CouponAccount
    let amount: Int64
    let balance: Int64

    init(_ entry: LedgerEntry) {
        coupon = entry.coupon
        batch = entry.batch
        at = entry.at
        account = entry.account
        amount = entry.amount
        balance = entry.balance
    }

    init(coupon: Int64, batch: Int64, at: Int64, account: CouponAccount, amount: Int64, balance: Int64) {
        self.coupon = coupon
        self.batch = batch
        self.at = at
        self.account = account
        self.amount = amount
        self.balance = balance
    }
}

/// Why the ledger did nothing.
enum LedgerRefusal: Error, Sendable, Hashable {
    case noBatch
    case notPublic
    case notYetOpen(at: Int64)
    case closed(at: Int64)
    case paused
    case stopped
    case notPublished
    case soldOut
    case budgetExhausted
    case notForChannel
    case notForLevel
    case deviceNeeded
    case proofNeeded(ClaimProof)
    case codeUsed
    case ownInvitation
    /// The user has as many as one may have; `coupon` is the newest.
    case limitReached(LimitKind, coupon: Int64)
    case keyReused
    case noCoupon(Int64)
    case frozen(Int64)
    case notYetValid(Int64, from: Int64)
    case expired(Int64)
    case wrongTime(Int64)
    case lockedByOther(Int64)
    case notLocked(Int64)
    case wrongState(Int64, CouponAccount)
    case alreadyRefunded(Int64)
    case noSuchUse(Int64)
    case tooMuch(Int64, most: Int64)
    case tooManyUses(Int64)
    case changedMeanwhile
    case unchangeable(String)
    case wrongStatus(BatchStatus)
    case stockBelowClaimed(Int64)
    case needsSecondPerson
    case beyondQuota(Int64)

    enum LimitKind: Sendable, Hashable { case user, day, week, device }
}
