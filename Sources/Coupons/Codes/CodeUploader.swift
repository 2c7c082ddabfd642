internal import Kernel
internal import NIOCore
internal import Storage

/// Takes the codes of a merchant as their file arrives, a line each, some hundred in a transaction.
///
/// What has come is kept but not in force; only a whole file without faults is put into force, at once. A file that broke off goes on when the same
/// file is sent again: the lines that have come are passed by, if they are the same.
struct CodeUploader {
    /// So many lines are looked at and kept together.
    static let groupMax = 1000
    private static let samplesMax = 20
    /// As long as the platforms allow.
    private static let bytesMax = 64
    /// What users type to get a coupon is longer than what others guess.
    static let claimBytesMin = 8

    private let store: EnvironmentCoupons
    private let batch: Int64
    /// The fewest bytes that a code may have.
    private let bytesMin: Int
    /// What had come when this began.
    private let known: CodeUploadState
    private(set) var state: CodeUploadState
    /// Of the file that is coming now.
    private var lines: Int64 = 0
    private var hash: UInt64 = 0
    private var text = TextLines()
    private var group: [(line: Int64, code: String)] = []

    init(_ store: EnvironmentCoupons, batch: Int64, bytesMin: Int, known: CodeUploadState?, first: Int64) {
        self.store = store
        self.batch = batch
        self.bytesMin = bytesMin
        self.known = known ?? CodeUploadState(first: first)
        state = self.known
    }

    /// Whether a text can be a code: visible ASCII without spaces, at most 64 letters.
    static func isCode(_ text: some StringProtocol) -> Bool { (1...bytesMax).contains(text.utf8.count) && text.utf8.allSatisfy { (33...126).contains($0) } }

    mutating func take(_ bytes: ByteBufferView) async throws {
        for line in try text.take(bytes) { try await take(line) }
    }

    /// The file has ended.
    mutating func finish() async throws {
        for line in text.finish() { try await take(line) }
        try await keep()
        if lines < known.lines { throw SampanError.codesUnfinished(known.lines) }
    }

    private mutating func take(_ line: TextLines.Line) async throws {
        lines = line.number
        hash = (JournalPage.hash(Array(line.text.utf8)) ^ hash) &* 0x0000_0100_0000_01B3
        guard lines > known.lines else {
            if lines == known.lines, hash != known.hash { throw SampanError.codesUnfinished(known.lines) }
            return
        }
        if !line.text.isEmpty { group.append((lines, line.text)) }
        if group.count >= Self.groupMax { try await keep() }
    }

    /// Keeps what has come since.
    private mutating func keep() async throws {
        guard lines > state.lines else { return }
        let (group, before, batch, bytesMin) = (self.group, state, self.batch, self.bytesMin)
        var after = before
        (after.lines, after.hash) = (lines, hash)
        self.group.removeAll(keepingCapacity: true)
        state = try await store.database.write { [after] connection in
            let tables = CouponTables(connection: connection)
            // Somebody else's upload, or one that was abandoned meanwhile.
            guard try tables.upload(batch) ?? CodeUploadState(first: before.first) == before else { throw SampanError.codesUnfinished(before.lines) }
            let taken = try tables.places(ofCodes: group.map(\.code).filter { Self.isCode($0) })
            var (after, fresh, seen): (CodeUploadState, [String], Set<String>) = (after, [], [])
            for (line, code) in group {
                let fault: String? =
                    if !Self.isCode(code) || code.utf8.count < bytesMin { "form" } else if let place = taken[code] {
                        place.batch == batch && place.index >= before.first ? "duplicate" : "taken"
                    } else if !seen.insert(code).inserted { "duplicate" } else { nil }
                guard let fault else {
                    fresh.append(code)
                    continue
                }
                after.faults += 1
                if after.samples.count < Self.samplesMax { after.samples.append(CodeFault(line: line, fault: fault)) }
            }
            try tables.add(fresh, batch: batch, from: before.first + before.codes)
            after.codes += Int64(fresh.count)
            try tables.put(after, batch: batch)
            return after
        }
    }
}

extension SampanError {
    static func codesUnfinished(_ lines: Int64) -> SampanError {
        SampanError(
            "COUPON_CODES_UNFINISHED", status: 409,
            Localized(
                "An upload of codes has broken off after \(lines) lines, and this file begins with others.", zh: "上一次券码上传在第 \(lines) 行中断，且本文件的开头与之不同。"),
            remedy: Localized(
                "Send the same file again and it goes on, or abandon that upload first (DELETE …/codes/upload).",
                zh: "请重新发送同一文件以继续，或先放弃该上传（DELETE …/codes/upload）。"),
            members: ["lines": .int(lines)])
    }
}
