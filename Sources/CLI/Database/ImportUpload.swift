import Foundation
import Kernel

/// Sends a file to be imported, and the rest of it when the connection broke.
struct ImportUpload {
    /// How often the rest is sent without anything having come.
    private static let attemptsMax = 6

    let database: DatabaseClient
    let file: URL
    let console: any Console

    /// - Returns: the import, whose file has come whole.
    func send(query: [(String, String?)]) async throws -> JSON {
        guard let bytes = try? file.resourceValues(forKeys: [.fileSizeKey]).fileSize else {
            throw CLIError(Localized("Cannot read \(file.path).", zh: "无法读取 \(file.path)。"))
        }
        let begun = try await database.client.send(
            .post, database.path("imports"), query: query, headers: [("upload-length", "\(bytes)")]
        ).json()
        let path = database.path("imports", begun["id"]?.stringValue ?? "")
        let progress = ProgressLine(Localized("sending", zh: "上传")[database.client.language], total: bytes, on: console)
        defer { progress.finish() }
        // A file of nothing has come already.
        var (shown, attempts) = (begun, 0)
        while shown["state"]?.stringValue == "receiving" {
            let received = Int(shown["received"]?.intValue ?? 0)
            do {
                shown = try await database.client.send(
                    .patch, path, body: .rest(file, from: received, length: bytes - received, progress),
                    headers: [("upload-offset", "\(received)")], timeout: .seconds(12 * 3600)
                ).json()
            } catch let error as CLIError where error.status == nil || error.code == "IMPORT_BUSY" {
                // The connection broke, and the server may not know yet.
                attempts += 1
                guard attempts < Self.attemptsMax else { throw error }
                try await Task.sleep(for: .seconds(attempts))
                shown = (try? await database.client.send(.get, path).json()) ?? shown
                if Int(shown["received"]?.intValue ?? 0) > received { attempts = 0 }
            }
        }
        return shown
    }
}

/// Waits for an import to be over.
struct ImportWatch {
    let database: DatabaseClient
    let console: any Console

    func finish(_ begun: JSON, _ collection: String, asJSON: Bool, in context: CommandContext) async throws {
        let shown = try await ended(begun)
        if let error = shown["error"] { throw Self.failure(error, shown) }
        if asJSON { return console.line(shown.text) }
        let count = { (name: String) in shown[name]?.intValue ?? 0 }
        let (inserted, updated, refused) = (count("inserted"), count("updated"), count("refused"))
        console.line(
            context.say("\(collection): \(inserted) inserted, \(updated) updated", zh: "\(collection)：新增 \(inserted) 条，更新 \(updated) 条")
                + (refused > 0 ? context.say(", \(refused) left out", zh: "，跳过 \(refused) 条") : ""))
        for refusal in shown["refusals"]?.arrayValue ?? [] { console.notice("  " + (refusal["detail"]?.stringValue ?? "")) }
    }

    private func ended(_ begun: JSON) async throws -> JSON {
        var shown = begun
        let path = database.path("imports", begun["id"]?.stringValue ?? "")
        let progress = ProgressLine(
            Localized("importing", zh: "导入")[database.client.language], total: Int(begun["bytes"]?.intValue ?? 0), on: console)
        defer { progress.finish() }
        var (told, wait) = (0, 50)
        while shown["state"]?.stringValue == "running" {
            try await Task.sleep(for: .milliseconds(wait))
            wait = min(1000, wait * 2)
            shown = try await database.client.send(.get, path).json()
            let read = Int(shown["bytesRead"]?.intValue ?? 0)
            progress.advance(by: read - told)
            told = read
        }
        return shown
    }

    private static func failure(_ error: JSON, _ shown: JSON) -> CLIError {
        let detail = error["detail"]?.stringValue ?? ""
        let (id, inserted, updated) = (shown["id"]?.stringValue ?? "", shown["inserted"]?.intValue ?? 0, shown["updated"]?.intValue ?? 0)
        var failure = CLIError(
            Localized("\(detail) \(inserted) inserted, \(updated) updated before.", zh: "\(detail)此前新增 \(inserted) 条，更新 \(updated) 条。"),
            remedy: Localized(
                "Go on without such documents: sampan db imports resume \(id) --on-error skip", zh: "跳过此类文档并继续：sampan db imports resume \(id) --on-error skip"))
        failure.code = error["code"]?.stringValue
        return failure
    }
}
