import Foundation
import Kernel

/// A function with the hash of every file: what a version is made of.
struct FunctionManifest: Sendable {
    var function: FunctionSource
    var files: [FunctionFiles.File]
    /// The hash of each file, in the files' order.
    var hashes: [String]

    /// Hashes the files of a function, several at a time.
    static func make(_ function: FunctionSource, files: FunctionFiles, progress: ProgressLine) async throws -> FunctionManifest {
        let hashes = try await concurrently(files.files, limit: ProcessInfo.processInfo.activeProcessorCount) { file in
            let hash = try ContentHash.hex(of: file.location)
            progress.advance()
            return hash
        }
        return FunctionManifest(function: function, files: files.files, hashes: hashes)
    }

    /// The body of the call that makes a version; settings that the project does not name keep what the server has.
    func version(description: String?, activate: Bool, force: Bool) -> JSON {
        let entries = zip(files, hashes).map { file, hash in
            var entry: JSONObject = ["path": .string(file.path), "hash": .string(hash)]
            if file.isExecutable { entry["mode"] = 0o755 }
            return JSON.object(entry)
        }
        var body: JSONObject = ["files": .array(entries)]
        let settings = function.settings
        body["handler"] = settings.handler.map { .string($0) }
        body["timeoutSeconds"] = settings.timeoutSeconds
        body["memoryMB"] = settings.memoryMB
        body["concurrency"] = settings.concurrency
        body["asyncRetries"] = settings.asyncRetries
        body["onSuccess"] = settings.onSuccess
        body["onFailure"] = settings.onFailure
        body["httpPath"] = settings.httpPath
        body["variables"] = settings.variables.map { .object($0) }
        body["triggers"] = settings.triggers.map { .array($0.map(\.json)) }
        body["description"] = description.map { .string($0) }
        body["activate"] = .bool(activate)
        if force { body["force"] = true }
        return .object(body)
    }
}
