internal import Storage

/// The tables of one environment's coupons, in its file or namespace; append only.
///
/// `journal` is what the writer appends to, one row a commit; what of it is settled lies in the other tables and is removed here.
/// `entries` is the ledger, a row for each step.
let couponsMigrations: [Migration] = [
    Migration("coupons-1") { dialect in
        let (int, text, bytes) = (dialect.integerType, dialect.textType, dialect.bytesType)
        return """
            CREATE TABLE journal (page \(int) PRIMARY KEY, bytes \(bytes) NOT NULL);
            CREATE TABLE settling (page \(int) NOT NULL, next_coupon \(int) NOT NULL);
            INSERT INTO settling (page, next_coupon) VALUES (0, 1);
            CREATE TABLE batches (
                number \(int) PRIMARY KEY, record \(text) NOT NULL, held \(int) NOT NULL, locked \(int) NOT NULL, redeemed \(int) NOT NULL,
                expired \(int) NOT NULL, voided \(int) NOT NULL, reserved \(int) NOT NULL, spent \(int) NOT NULL);
            CREATE TABLE coupons (
                number \(int) PRIMARY KEY, batch \(int) NOT NULL, holder \(text) NOT NULL, claim_key \(text) NOT NULL, claim_hash \(int) NOT NULL,
                device \(text) NOT NULL, claimed_at \(int) NOT NULL, valid_from \(int) NOT NULL, valid_until \(int) NOT NULL, reserve \(int) NOT NULL,
                code \(int) NOT NULL, account \(int) NOT NULL, is_frozen \(int) NOT NULL, ord \(text) NOT NULL, locked_until \(int) NOT NULL,
                balance \(int) NOT NULL, uses \(text) NOT NULL, page \(int) NOT NULL);
            CREATE INDEX coupons_of_holder ON coupons (holder, batch);
            CREATE INDEX coupons_of_device ON coupons (device, batch) WHERE device <> '';
            CREATE INDEX coupons_due ON coupons (valid_until) WHERE account = 1;
            CREATE INDEX coupons_locked ON coupons (locked_until) WHERE account = 2;
            CREATE TABLE entries (
                seq \(dialect.identityColumn), kind \(int) NOT NULL, batch \(int) NOT NULL, coupon \(int) NOT NULL, at \(int) NOT NULL,
                account \(int) NOT NULL, amount \(int) NOT NULL, balance \(int) NOT NULL, ord \(text) NOT NULL, holder \(text) NOT NULL,
                step_key \(text) NOT NULL, step_hash \(int) NOT NULL, page \(int) NOT NULL);
            CREATE INDEX entries_of_coupon ON entries (coupon);
            CREATE INDEX entries_of_key ON entries (step_key, kind) WHERE step_key <> '' AND kind <> 1;
            """
    },
    // Where steps happened, who invited whom, codes, and indexes for those who read the ledger.
    Migration("coupons-2") { dialect in
        let (int, text) = (dialect.integerType, dialect.textType)
        return """
            ALTER TABLE entries ADD COLUMN place \(text) NOT NULL DEFAULT '';
            ALTER TABLE entries ADD COLUMN inviter \(int) NOT NULL DEFAULT 0;
            CREATE INDEX entries_of_batch ON entries (batch, seq);
            CREATE INDEX entries_of_time ON entries (at);
            CREATE INDEX entries_of_inviter ON entries (inviter) WHERE inviter <> 0;
            CREATE INDEX coupons_of_batch ON coupons (batch, number);
            CREATE INDEX coupons_of_code ON coupons (batch, code) WHERE code >= 0;
            CREATE TABLE codes (batch \(int) NOT NULL, place \(int) NOT NULL, code \(text) NOT NULL, PRIMARY KEY (batch, place))\(dialect.withoutRowID);
            CREATE UNIQUE INDEX codes_by_text ON codes (code);
            CREATE TABLE code_uploads (
                batch \(int) PRIMARY KEY, first \(int) NOT NULL, lines \(int) NOT NULL, hash \(int) NOT NULL, codes \(int) NOT NULL, faults \(int) NOT NULL,
                samples \(text) NOT NULL);
            """
    },
]
