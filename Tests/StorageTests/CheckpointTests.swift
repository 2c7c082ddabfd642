import Foundation
import Testing

@testable import Storage

struct CheckpointTests {
    /// Under writes that never pause the log is begun anew again and again, and nothing is lost by that.
    @Test func theLogStaysBoundedUnderSteadyWrites() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("checkpoint-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("t.sqlite").path
        let database = try Database(path: path, durability: .normal)
        try await database.write { try $0.script("CREATE TABLE t (a INTEGER PRIMARY KEY, body BLOB)") }
        let body = [UInt8](repeating: 7, count: 4000)
        // 320 MB in the log, were it never begun anew; several writers, so that one always waits.
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    for number in 0..<200 {
                        // One that fails is missing in the count below.
                        try? await database.write { connection in
                            for row in 0..<100 {
                                try connection.execute("INSERT INTO t (a, body) VALUES ($1, $2)", .int(Int64((writer * 200 + number) * 100 + row)), .blob(body))
                            }
                        }
                    }
                }
            }
        }
        let log = try FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int ?? 0
        #expect(log < 160 << 20, "the log has \(log >> 20) MiB")
        try database.close()
        let again = try Database(path: path)
        #expect(try again.read { try $0.first("SELECT count(*) FROM t") { $0.int(0) } } == 80_000)
        try again.close()
        #expect(!FileManager.default.fileExists(atPath: path + "-wal"), "whoever closes the file last takes the whole log back")
    }
}
