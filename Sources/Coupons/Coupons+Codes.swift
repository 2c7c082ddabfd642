internal import HTTPSupport
public import Kernel
public import NIOCore
internal import Storage

extension Coupons {
    private static let abandonMax = 5000

    /// Takes a merchant's file of codes, one on each line, as it arrives.
    ///
    /// A file that broke off is sent again and goes on where it was. A file with faults is not put into force, unless `skips`.
    /// - Returns: what ``codes(of:_:)`` answers.
    /// - Throws: `COUPON_CODES_FAULTY` with `faults` and the first of them in `samples`; then nothing of the file is kept.
    public func uploadCodes<Body: AsyncSequence<ByteBuffer, any Error>>(
        to id: String, _ body: Body, skips: Bool, _ environment: EnvironmentID
    ) async throws -> JSON {
        let store = try store(environment)
        let batch = try await batchForCodes(id, store)
        AuditNote.changed("coupon batch \(id)")
        let known = try await upload(of: batch, store)
        if known == nil { try await abandonUpload(id, environment) }
        var uploader = CodeUploader(
            store, batch: batch.number, bytesMin: batch.definition.proof == .code ? CodeUploader.claimBytesMin : 1, known: known, first: batch.codes)
        do {
            for try await piece in body { try await uploader.take(piece.readableBytesView) }
            try await uploader.finish()
        } catch {
            throw Self.told(error)
        }
        let state = uploader.state
        guard state.faults == 0 || skips else {
            try await abandonUpload(id, environment)
            throw SampanError.codesFaulty(state)
        }
        try await putIntoForce(state, batch, store)
        return try await codes(of: id, environment)
    }

    /// The upload that is under way, if it belongs to the batch as it is: one that was put into force just before a crash is over.
    private func upload(of batch: Batch, _ store: EnvironmentCoupons) async throws -> CodeUploadState? {
        try await reading(store) { try $0.upload(batch.number) }.flatMap { $0.first == batch.codes ? $0 : nil }
    }

    /// The codes and the end of their upload in one transaction: nobody can abandon in between what is being put into force.
    private func putIntoForce(_ state: CodeUploadState, _ batch: Batch, _ store: EnvironmentCoupons) async throws {
        let change = LedgerCommand.BatchChange(batch: batch.number) { batch throws(LedgerRefusal) in
            var batch = batch
            guard batch.codes == state.first else { throw .changedMeanwhile }
            batch.codes += state.codes
            return batch
        }
        do {
            let outcome = try await store.writer.turn { [clock] turn, tables in
                guard try tables.upload(batch.number) == state else { return LedgerOutcome.refused(.changedMeanwhile) }
                try tables.removeUpload(batch.number)
                return try turn.run([.batch(change)], now: clock.now())[0]
            }
            if case .refused(let refusal) = outcome { throw refusal.sampanError(store.numbers.id) }
        } catch {
            throw Self.told(error)
        }
    }

    /// Gives up an upload that broke off.
    public func abandonUpload(_ id: String, _ environment: EnvironmentID) async throws {
        let store = try store(environment)
        let number = try await batchForCodes(id, store).number
        do {
            // In pieces, so that claims get their turns between them; each goes by what is in force then.
            while try await store.writer.turn({ turn, tables in
                try turn.catchUp()
                try tables.removeUpload(number)
                guard let inForce = try turn.memory.change({ $0.batch(number)?.codes }) else { return 0 }
                return try tables.removeCodes(batch: number, from: inForce, atMost: Self.abandonMax)
            }) > 0 {}
        } catch {
            throw Self.told(error)
        }
    }

    /// How many codes a batch has and how many are left: `{"source":"uploaded","count":1000,"used":3,"upload":{"lines":…}}`.
    public func codes(of id: String, _ environment: EnvironmentID) async throws -> JSON {
        let store = try store(environment)
        let batch = try await found(id, store)
        guard let source = batch.definition.codes else { throw SampanError.noCodes }
        var json: JSONObject = source.json.objectValue ?? [:]
        if source == .uploaded { json["count"] = .int(batch.codes) }
        json["for"] = batch.definition.namesCoupons ? "coupons" : "claims"
        json["used"] = .int(batch.claimed)
        if let upload = try await upload(of: batch, store) {
            json["upload"] = ["lines": .int(upload.lines), "codes": .int(upload.codes), "faults": .int(upload.faults), "samples": upload.samplesJSON]
        }
        return .object(json)
    }

    /// The generated codes of a batch from one on, for a file that is printed.
    public func generatedCodes(of id: String, from index: Int64, limit: Int64, _ environment: EnvironmentID) async throws -> [String] {
        let store = try store(environment)
        let batch = try await found(id, store)
        guard case .generated(let count) = batch.definition.codes else { throw SampanError.noCodes }
        guard index < count else { return [] }
        return (index..<min(count, index + limit)).map { store.codes.code(GeneratedCodes.Place(batch: batch.number, index: $0)) }
    }

    private func batchForCodes(_ id: String, _ store: EnvironmentCoupons) async throws -> Batch {
        let batch = try await found(id, store)
        guard batch.definition.codes == .uploaded else { throw SampanError.noCodes }
        return batch
    }
}

extension CodeUploadState {
    var samplesJSON: JSON { .array(samples.map { ["line": .int($0.line), "fault": .string($0.fault)] }) }
}

extension SampanError {
    static let noCodes = SampanError(
        "COUPON_NO_CODES", status: 409, Localized("The batch has no codes of this kind.", zh: "该批次没有此类券码。"),
        remedy: Localized(
            "Say \"codes\" when you make the batch: {\"source\":\"uploaded\"} or {\"source\":\"generated\",\"count\":1000}.",
            zh: "创建批次时请设置 codes：{\"source\":\"uploaded\"} 或 {\"source\":\"generated\",\"count\":1000}。"))

    static func codesFaulty(_ state: CodeUploadState) -> SampanError {
        SampanError(
            "COUPON_CODES_FAULTY", status: 422,
            Localized("\(state.faults) of \(state.lines) lines are no good; none was kept.", zh: "\(state.lines) 行中有 \(state.faults) 行有误；未保存任何券码。"),
            remedy: Localized("Mend the file, or send it with ?faults=skip.", zh: "请修正文件，或附加 ?faults=skip 跳过。"),
            members: ["lines": .int(state.lines), "codes": .int(state.codes), "faults": .int(state.faults), "samples": state.samplesJSON])
    }
}
