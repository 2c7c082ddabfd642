internal import HTTPSupport
public import Kernel
public import NIOCore
internal import Storage
internal import Synchronization

/// Import and export of a collection.
extension Documents {
    /// Stores the documents of a file as it arrives.
    ///
    /// A document that is refused undoes its batch, earlier batches stay in, and the error names the place; or it is left out and told
    /// of, as the plan says.
    /// - Returns: `{"inserted", "updated"}`, with `refused` and `refusals` where such are left out.
    public func importDocuments<Pieces: AsyncSequence>(_ file: Pieces, _ plan: ImportPlan, _ context: CallContext) async throws -> JSON
    where Pieces.Element == ByteBuffer {
        let store = try await storeForImport(plan, context.environment)
        var importer = DocumentImporter(store, plan)
        var taken: Int64 = 0
        for try await piece in file {
            taken += Int64(piece.readableBytes)
            guard taken <= limits.importBytesMax else { throw SampanError.tooLarge(Int(limits.importBytesMax)) }
            try await importer.take(piece)
        }
        try await importer.finish()
        let counts = importer.counts
        var answer: JSONObject = ["inserted": .int(counts.inserted), "updated": .int(counts.updated)]
        if !plan.stopsOnError {
            answer["refused"] = .int(counts.refused)
            answer["refusals"] = .array(counts.refusals.map { KeptError.shown($0, context.language) })
        }
        return .object(answer)
    }

    /// The same with a file that is in memory.
    public func importDocuments(_ file: ByteBuffer, _ plan: ImportPlan, _ context: CallContext) async throws -> JSON {
        let pieces = AsyncStream { pieces in
            pieces.yield(file)
            pieces.finish()
        }
        return try await importDocuments(pieces, plan, context)
    }

    /// The environment's documents, with the collection that a plan names.
    private func storeForImport(_ plan: ImportPlan, _ environment: EnvironmentID) async throws -> DocumentStore {
        let store = try store(environment)
        if store.catalog[plan.collection] == nil { _ = try await createCollection(plan.collection, permission: nil, environment) }
        return store
    }

    // MARK: Imports with a file that stays here until they are over

    /// Notes an import whose file is about to come.
    /// - Parameter bytes: the file's size, when it comes in several pieces; its last byte then starts the import.
    public func beginImport(_ plan: ImportPlan, fileName: String?, bytes: Int64? = nil, _ context: CallContext) async throws -> JSON {
        _ = try await storeForImport(plan, context.environment)
        let record = try await imports.begin(plan, fileName: fileName, bytes: bytes, context.environment)
        AuditNote.changed("documents of \(plan.collection)")
        return try imports.shown(record.id, context.environment, context.language)
    }

    /// What takes the bytes of an import's file.
    /// - Parameter offset: how many have come before.
    public func receiveImport(_ id: String, from offset: Int64, _ environment: EnvironmentID) throws -> ImportUpload {
        try imports.receive(id, from: offset, environment)
    }

    /// Closes an upload; starts the import when its file is whole.
    /// - Parameter isWhole: whether nothing more comes, where the file's size was not said before.
    public func received(_ upload: ImportUpload, isWhole: Bool, _ context: CallContext) async throws -> JSON {
        try upload.close()
        let announced = try imports.shown(upload.id, context.environment, context.language)["bytes"]?.intValue
        if announced.map({ $0 == upload.size }) ?? isWhole { try await imports.start(upload.id, bytes: upload.size, context.environment) }
        return try imports.shown(upload.id, context.environment, context.language)
    }

    /// The imports of an environment, the newest first.
    public func imports(of environment: EnvironmentID, _ language: Language) throws -> [JSON] { try imports.all(environment, language) }

    /// One import: its state, how far it is, what was refused.
    public func importShown(_ id: String, _ environment: EnvironmentID, _ language: Language) throws -> JSON {
        try imports.shown(id, environment, language)
    }

    /// Ends an import, whose stored documents stay; forgets one that is over.
    public func cancelImport(_ id: String, _ environment: EnvironmentID) async throws {
        try await imports.cancel(id, environment)
        AuditNote.changed("import \(id)")
    }

    /// Lets a failed import go on behind what it has stored.
    public func resumeImport(_ id: String, skips: Bool?, _ environment: EnvironmentID) async throws {
        try await imports.resume(id, skips: skips, environment)
        AuditNote.changed("import \(id)")
    }
}
