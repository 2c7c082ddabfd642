internal import Foundation
public import HTTPSupport
public import Kernel

/// One upload: bytes go to a file aside, are synced, and appear under their path whole or not at all.
public final class Upload: FileReceiver {
    private let path: String
    private let store: FileStore
    private let context: CallContext
    private let bytesMax: Int
    private let now: Int64
    private let object: String
    private let part: URL
    private let handle: FileHandle
    private var size: Int64 = 0
    private var isOver = false

    init(path: String, store: FileStore, context: CallContext, bytesMax: Int, now: Int64) throws {
        self.path = path
        self.store = store
        self.context = context
        self.bytesMax = bytesMax
        self.now = now
        try store.requireRoom(for: 0, at: path)
        (object, part) = store.newObject()
        guard FileManager.default.createFile(atPath: part.path, contents: nil, attributes: [.posixPermissions: 0o600]) else {
            throw DurableFile.Failure("cannot create \(part.path)")
        }
        handle = try FileHandle(forWritingTo: part)
    }

    /// Takes the next bytes; refuses what is larger than a file may be, or than the environment has room for.
    public func write(_ bytes: ArraySlice<UInt8>) async throws {
        size += Int64(bytes.count)
        guard size <= Int64(bytesMax) else { throw SampanError.tooLarge(bytesMax) }
        // What will not fit is refused as soon as that shows, not when all of it has come.
        try store.requireRoom(for: size, at: path)
        try await offEventLoop { [handle] in try handle.write(contentsOf: bytes) }
    }

    /// Makes the file appear.
    public func finish() async throws -> JSON {
        do {
            try await offEventLoop { [handle] in
                try handle.synchronize()
                try handle.close()
            }
        } catch {
            abandon()
            throw error
        }
        isOver = true
        let caller = context.caller
        try await store.commit(object, at: path, size: size, owner: caller.user?.openid ?? "", now: now) { caller.mayChange(fileOf: $0) }
        if caller == .key { AuditNote.changed("file \(path)") }
        return ["fileID": .string(Files.fileID(context.environment, path)), "size": .int(size)]
    }

    /// Forgets what has arrived.
    func abandon() {
        guard !isOver else { return }
        isOver = true
        // Closing may fail only because it is closed already.
        try? handle.close()
        store.discard(part)
    }

    deinit { abandon() }
}
