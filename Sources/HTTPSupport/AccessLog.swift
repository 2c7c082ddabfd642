internal import Foundation
internal import Kernel
public import Logging
public import ServiceLifecycle
internal import Synchronization

/// The access log: one JSON line a request, collected in memory and written in batches off the request's path.
///
/// When the disk cannot follow, lines are dropped and counted rather than requests slowed.
public final class AccessLog: Service {
    /// One request.
    public struct Entry: Sendable {
        let method: String
        let path: String
        let status: Int
        let requestID: String
        let environment: String
        let user: String
        let clientIP: String
        let microseconds: Int64
    }

    private struct State {
        var pending: [(at: Int64, entry: Entry)] = []
        var dropped = 0
    }

    private static let pendingMax = 50_000
    private static let fileBytesMax: UInt64 = 64 << 20
    private static let flushEvery = Duration.milliseconds(250)

    private let state = Mutex(State())
    private let path: String
    private let logger: Logger
    private let clock: WallClock

    /// Logs to `path`; the file before it is kept as `path.1`.
    public init(path: String, logger: Logger) {
        self.path = path
        self.logger = logger
        clock = .system
    }

    func append(_ entry: Entry) {
        let at = clock.now()
        state.withLock { state in
            if state.pending.count >= Self.pendingMax { state.dropped += 1 } else { state.pending.append((at, entry)) }
        }
    }

    /// Writes what has gathered, four times a second, until shutdown.
    public func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                // Cancelled by shutdown: the loop ends and the last lines are written below.
                try? await Task.sleep(for: Self.flushEvery)
                flush()
            }
        }
        flush()
    }

    private func flush() {
        let (pending, dropped) = state.withLock { state in
            defer { state = State() }
            return (state.pending, state.dropped)
        }
        guard !pending.isEmpty || dropped > 0 else { return }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(pending.count * 160)
        for (at, entry) in pending { entry.write(at: at, to: &bytes) }
        if dropped > 0 { bytes.append(contentsOf: "{\"droppedLines\":\(dropped)}\n".utf8) }
        do {
            try write(bytes)
        } catch {
            logger.warning("access log cannot be written; check the disk", metadata: ["error": "\(error)", "path": "\(path)"])
        }
    }

    private func write(_ bytes: [UInt8]) throws {
        let files = FileManager.default
        if let size = try? files.attributesOfItem(atPath: path)[.size] as? UInt64, size > Self.fileBytesMax {
            // A missing older file is the ordinary case of the first rotation.
            try? files.removeItem(atPath: path + ".1")
            try files.moveItem(atPath: path, toPath: path + ".1")
        }
        if !files.fileExists(atPath: path), !files.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]) {
            throw CocoaError(.fileWriteUnknown)
        }
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        defer { try? handle.close() }
        try handle.seekToEnd()
        try handle.write(contentsOf: bytes)
    }
}

extension AccessLog.Entry {
    fileprivate func write(at: Int64, to bytes: inout [UInt8]) {
        let line: JSONObject = [
            "at": .int(at), "method": .string(method), "path": .string(path), "status": .int(Int64(status)), "ms": .double(Double(microseconds) / 1000),
            "env": .string(environment), "user": .string(userHash), "ip": .string(clientIP), "requestId": .string(requestID),
        ]
        JSON.object(line).write(to: &bytes)
        bytes.append(10)
    }

    /// FNV-1a of the openid: tells users apart without naming them.
    private var userHash: String {
        guard !user.isEmpty else { return "" }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in user.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }
}
