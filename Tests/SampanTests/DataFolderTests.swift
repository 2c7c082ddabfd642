import Foundation
import Testing

@testable import Sampan

@Suite struct DataFolderTests {
    /// A server that was killed may leave a child that holds the lock for a moment longer.
    @Test func whoeverIsJustLeavingIsWaitedFor() async throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("data-folder-\(UUID())")
        defer { try? FileManager.default.removeItem(at: root) }
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        let lock = open(root.appendingPathComponent("lock").path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
        async let folder = DataFolder(root)
        try await Task.sleep(for: .milliseconds(200))
        close(lock)
        #expect(try await folder.root == root)
    }
}
