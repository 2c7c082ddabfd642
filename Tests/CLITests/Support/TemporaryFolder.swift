import Foundation
import Kernel

@testable import CLI

/// A folder that is gone after the test.
final class TemporaryFolder {
    let url: URL

    init() throws {
        let made = FileManager.default.temporaryDirectory.appendingPathComponent("sampan-cli-\(UUID().uuidString)", isDirectory: true)
        try FileManager.default.createDirectory(at: made, withIntermediateDirectories: true)
        url = made.resolvingSymlinksInPath()
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// Writes files with the folders that they need.
    func write(_ files: [String: String]) throws {
        for (path, text) in files {
            let file = url.appendingPathComponent(path)
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
    }

    func link(_ path: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: url.appendingPathComponent(path).path, withDestinationPath: target)
    }

    subscript(path: String) -> URL { url.appendingPathComponent(path) }
}

extension CommandContext {
    /// A context whose home and project lie in `folder` and that nothing of the machine's leaks into.
    static func inTest(
        _ folder: TemporaryFolder, variables: [String: String] = [:], language: Language = .en,
        console: RecordingConsole = RecordingConsole()
    ) throws -> CommandContext {
        let home = folder["home"]
        let project = folder["project"]
        for url in [home, project] { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
        return CommandContext(
            variables: variables, folder: project, home: home, executable: folder["bin/sampan"], language: language, console: console)
    }
}
