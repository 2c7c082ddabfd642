internal import Foundation
internal import Kernel
internal import Mail
internal import Storage

/// How a node is run: flags over `SAMPAN_*` variables over defaults.
struct ServerConfiguration: Sendable {
    /// The folder that holds everything.
    var data: URL
    /// The address to listen on.
    var host = "127.0.0.1"
    /// The port to listen on; 0 takes a free one.
    var port = 9800
    /// Where clients reach this server, when that is not the address it listens on.
    var publicURL: String?
    /// The program's own files: SDKs and templates.
    var home: URL
    /// This very program, which a rehearsal starts once more to make its load.
    var program = URL(fileURLWithPath: FileManager.default.fileExists(atPath: "/proc/self/exe") ? "/proc/self/exe" : CommandLine.arguments.first ?? "sampan")
    /// Folders of Node packages that every function can require.
    var layers: [String] = []
    /// The node program; found in PATH when not set.
    var nodePath: String?
    /// Whether functions run in a sandbox; off only for development, and only when asked for.
    var isSandboxed = true
    /// How many generic workers are kept ready.
    var warmWorkers = 2
    /// How mail leaves this server; `nil`: not at all.
    var mail: MailSettings?
    /// Where backups of databases lie, on a disk that may outlive the data's; `nil`: in the data folder.
    var backups: URL?
    /// The bounds that every part obeys.
    var limits = Limits()
    /// The PostgreSQL that holds the documents; `nil`: a file for each environment.
    var documents: PostgresConfiguration?
}

/// Where the program's own files lie: beside an installed binary, or in the checkout that built it.
enum ProgramHome {
    static func find(_ asked: String?) throws -> URL {
        if let asked { return URL(fileURLWithPath: asked) }
        var folder = URL(fileURLWithPath: CommandLine.arguments.first ?? "").resolvingSymlinksInPath()
        if let executable = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") { folder = URL(fileURLWithPath: executable) }
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            for candidate in [folder, folder.appendingPathComponent("share/sampan")] where isHome(candidate) { return candidate }
        }
        throw StartError(
            "The SDKs (sdk/functions/worker.js) were not found beside the program. Set --home or SAMPAN_HOME to the folder that holds sdk/ and templates/.")
    }

    private static func isHome(_ folder: URL) -> Bool {
        FileManager.default.fileExists(atPath: folder.appendingPathComponent("sdk/functions/worker.js").path)
    }
}

/// Why the server cannot start: one sentence with the remedy.
struct StartError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
