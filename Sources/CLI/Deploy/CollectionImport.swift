import Foundation
import Kernel

/// Brings a file of JSON lines into a collection, batch by batch.
struct CollectionImport {
    let client: ManagementClient
    let environment: String

    /// What the server did with the documents.
    struct Counts: Equatable {
        var inserted: Int64 = 0
        var updated: Int64 = 0
    }

    /// Imports `file`; a failure names the file and the line that its own count starts from.
    func run(_ file: URL, into collection: String, mode: String) async throws -> Counts {
        var reader = try JSONLineReader(file: file)
        var counts = Counts()
        while let batch = try reader.nextBatch() {
            let answer = try await send(batch, of: file, into: collection, mode: mode)
            counts.inserted += answer["inserted"]?.intValue ?? 0
            counts.updated += answer["updated"]?.intValue ?? 0
        }
        return counts
    }

    private func send(_ batch: JSONLineReader.Batch, of file: URL, into collection: String, mode: String) async throws -> JSON {
        do {
            return try await client.send(
                .post, ["environments", environment, "import"], query: [("collection", collection), ("mode", mode)],
                body: .bytes(batch.bytes, type: "application/x-ndjson"), timeout: .seconds(600)
            ).json()
        } catch var error as CLIError where error.status != nil {
            let (name, line) = (file.lastPathComponent, batch.firstLine)
            error.what = Localized("\(name), counted from line \(line): \(error.what.en)", zh: "\(name)（自第 \(line) 行起）：\(error.what.zh)")
            throw error
        }
    }
}
