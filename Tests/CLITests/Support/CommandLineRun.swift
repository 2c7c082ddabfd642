import ArgumentParser
import Foundation
import Kernel

@testable import CLI

/// Runs a command line as the executable would, and keeps what it said.
struct CommandLineRun {
    let succeeded: Bool
    let output: String
    let notices: String

    /// The lines to standard error, without those that only tell how far long work is (a busy machine has some).
    var messages: [String] {
        let progress = ["reading ", "uploading ", "读取 ", "上传 "]
        return notices.split(separator: "\n").map(String.init).filter { line in !progress.contains { line.hasPrefix($0) } }
    }

    var json: JSON { (try? JSON(parsing: output)) ?? .null }

    struct Root: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "sampan", subcommands: SampanCLI.subcommands)
    }

    init(
        _ arguments: [String], in folder: TemporaryFolder, server: RecordingServer? = nil, variables: [String: String] = [:],
        language: Language = .en, console: RecordingConsole = RecordingConsole()
    ) async throws {
        var all = variables
        if let server {
            let usual = ["SAMPAN_ENDPOINT": server.endpoint, "SAMPAN_KEY": "sk-test", "SAMPAN_ENV": "env-1"]
            all = usual.merging(variables) { $1 }
        }
        let context = try CommandContext.inTest(folder, variables: all, language: language, console: console)
        guard let command = try Root.parseAsRoot(arguments) as? any SampanCommand else { throw NotACommand(arguments: arguments) }
        succeeded = await command.runReporting(in: context)
        output = console.output
        notices = console.notices
    }

    struct NotACommand: Error {
        var arguments: [String]
    }
}
