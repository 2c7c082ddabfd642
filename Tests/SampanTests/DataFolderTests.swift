import Foundation
import Testing

@testable import Sampan

@Suite struct DataFolderTests {
    /// A server that was killed may leave a child that holds the lock for a moment longer.
    @Test func whoeverIsJustLeavingIsWaitedFor() throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("data-folder-\(UUID())")
        defer { try? FileManager.default.removeItem(at: root) }
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        let lock = open(root.appendingPathComponent("lock").path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
        // On a thread of its own: the pool of tasks may be full of other tests.
        Thread.detachNewThread {
            Thread.sleep(forTimeInterval: 0.2)
            close(lock)
        }
        #expect(try DataFolder(root).root == root)
    }
}
