import Foundation
import Kernel

/// Everything around a command that is not its arguments, so that tests can set it.
struct CommandContext: Sendable {
    /// Environment variables.
    var variables: [String: String]
    /// The folder that relative paths start from.
    var folder: URL
    /// The person's home.
    var home: URL
    /// The program that runs, from which its templates are found.
    var executable: URL
    var language: Language
    var console: any Console

    /// The process as it is.
    static func ofProcess() -> CommandContext {
        let files = FileManager.default
        return CommandContext(
            variables: ProcessInfo.processInfo.environment,
            folder: URL(fileURLWithPath: files.currentDirectoryPath, isDirectory: true),
            home: files.homeDirectoryForCurrentUser,
            executable: Self.runningProgram, language: .ofProcess, console: StandardConsole())
    }

    /// A path as typed, seen from `folder`.
    func resolve(_ path: String) -> URL {
        if path == "~" || path.hasPrefix("~/") { return home.appendingPathComponent(String(path.dropFirst(2))).standardizedFileURL }
        return path.hasPrefix("/")
            ? URL(fileURLWithPath: path).standardizedFileURL : folder.appendingPathComponent(path).standardizedFileURL
    }

    /// A sentence in the person's language.
    func say(_ english: String, zh chinese: String) -> String { Localized(english, zh: chinese)[language] }

    private static var runningProgram: URL {
        let link = "/proc/self/exe"
        let target = try? FileManager.default.destinationOfSymbolicLink(atPath: link)
        return URL(fileURLWithPath: target ?? CommandLine.arguments.first ?? link)
    }
}
