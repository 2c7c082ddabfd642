import Foundation
import Kernel

/// The keys that `sampan login` saved, by server; readable by their owner only.
struct CredentialsFile {
    /// What is known of one server.
    struct Server: Equatable {
        var key: String
        /// The environment that the key belongs to, where it belongs to one.
        var environment: String?
    }

    /// The server of the latest login.
    var current: String?
    var servers: [String: Server] = [:]

    /// Where the file lies: `$XDG_CONFIG_HOME/sampan` or `~/.config/sampan`.
    static func location(in context: CommandContext) -> URL {
        let folder = context.variables["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? URL(fileURLWithPath: $0) : nil }
        return (folder ?? context.home.appendingPathComponent(".config")).appendingPathComponent("sampan/credentials.json")
    }

    /// The saved file; empty when there is none.
    init(readingFrom file: URL) throws {
        guard FileManager.default.fileExists(atPath: file.path) else { return }
        let json = try ConfigurationFile.json(at: file)
        current = json["current"]?.stringValue
        for (endpoint, entry) in json["servers"]?.objectValue ?? [:] {
            guard let key = entry["key"]?.stringValue else { continue }
            servers[endpoint] = Server(key: key, environment: entry["environment"]?.stringValue)
        }
    }

    /// Writes the file so that at no moment anyone else can read it.
    func save(to file: URL) throws {
        let files = FileManager.default
        try files.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let draft = file.appendingPathExtension("new")
        try? files.removeItem(at: draft)
        let isMade = files.createFile(
            atPath: draft.path, contents: Data((json.indentedText + "\n").utf8), attributes: [.posixPermissions: 0o600])
        guard isMade, rename(draft.path, file.path) == 0 else {
            throw CLIError(
                Localized("Cannot write \(file.path).", zh: "无法写入 \(file.path)。"),
                remedy: Localized("Check the folder's permissions.", zh: "请检查该文件夹的权限。"))
        }
    }

    private var json: JSON {
        let entries = servers.sorted { $0.key < $1.key }.map { endpoint, server in
            var entry: JSONObject = ["key": .string(server.key)]
            if let environment = server.environment { entry["environment"] = .string(environment) }
            return (endpoint, JSON.object(entry))
        }
        var file: JSONObject = [:]
        if let current { file["current"] = .string(current) }
        file["servers"] = .object(JSONObject(entries))
        return .object(file)
    }
}
