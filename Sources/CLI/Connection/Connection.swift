import Foundation
import Kernel

/// The server, key and environment that a command works with.
struct Connection: Sendable {
    /// The server's address without a slash at its end.
    var endpoint: String
    var key: String?
    var environment: String?

    static let defaultEndpoint = "http://127.0.0.1:9800"

    /// Flags over variables over files.
    ///
    /// The project's own file is asked before the saved login for the environment: a folder must not be deployed to where
    /// somebody happened to sign in last. A saved key is only ever sent to the server that it was saved for.
    static func resolve(_ options: ServerOptions, environment: String? = nil, in context: CommandContext) throws -> Connection {
        let credentials = try CredentialsFile(readingFrom: CredentialsFile.location(in: context))
        let asked = options.endpoint ?? context.variable("SAMPAN_ENDPOINT") ?? credentials.current ?? defaultEndpoint
        let endpoint = try normalized(asked)
        let saved = credentials.servers[endpoint]
        var chosen = environment ?? context.variable("SAMPAN_ENV")
        if chosen == nil { chosen = try ProjectFile.nearest(to: context.folder)?.content.environment }
        return Connection(
            endpoint: endpoint, key: options.key ?? context.variable("SAMPAN_KEY") ?? saved?.key, environment: chosen ?? saved?.environment)
    }

    static func resolve(_ options: ConnectionOptions, in context: CommandContext) throws -> Connection {
        try resolve(options.server, environment: options.environment, in: context)
    }

    /// A client for this server.
    func client(in context: CommandContext) throws -> ManagementClient {
        guard let key, !key.isEmpty else {
            throw CLIError(
                Localized("There is no key for \(endpoint).", zh: "没有 \(endpoint) 的密钥。"),
                remedy: Localized("Run `sampan login`, or set SAMPAN_KEY.", zh: "请运行 `sampan login`，或设置 SAMPAN_KEY。"))
        }
        return ManagementClient(endpoint: endpoint, key: key, language: context.language)
    }

    /// The environment that was named; otherwise the one that the key belongs to; otherwise what to do.
    func requiredEnvironment(in context: CommandContext) async throws -> String {
        if let environment, !environment.isEmpty { return environment }
        if let key, !key.isEmpty {
            let who = try await client(in: context).send(.get, ["whoami"]).json()
            if let own = who["environment"]?.stringValue { return own }
        }
        throw CLIError(
            Localized("No environment is chosen.", zh: "尚未选择环境。"),
            remedy: Localized(
                "Add --env, set SAMPAN_ENV, or run `sampan env use <id>` in the project; `sampan env list` shows them.",
                zh: "请加上 --env、设置 SAMPAN_ENV，或在项目中运行 `sampan env use <id>`；`sampan env list` 可列出环境。"))
    }

    /// The address as keys of the credentials file spell it.
    static func normalized(_ typed: String) throws -> String {
        let address = typed.contains("://") ? typed : "http://" + typed
        guard let parts = URLComponents(string: address), let scheme = parts.scheme?.lowercased(), ["http", "https"].contains(scheme),
            let host = parts.host, !host.isEmpty, parts.query == nil, parts.user == nil
        else {
            throw CLIError(
                Localized("\"\(typed)\" is not the address of a server.", zh: "“\(typed)” 不是服务器地址。"),
                remedy: Localized("Write it like http://127.0.0.1:9800.", zh: "请写成 http://127.0.0.1:9800 的形式。"))
        }
        let port = parts.port.map { ":\($0)" } ?? ""
        // An IPv6 address needs its brackets, which some versions of Foundation take away.
        let bracketed = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        let path = parts.path.split(separator: "/").map { "/" + $0 }.joined()
        return "\(scheme)://\(bracketed.lowercased())\(port)\(path)"
    }

    /// Whether the server runs on this machine.
    var isLocal: Bool {
        let host = URLComponents(string: endpoint)?.host ?? ""
        return host == "localhost" || host.hasPrefix("127.") || host == "::1" || host == "[::1]"
    }
}

extension CommandContext {
    /// An environment variable that is set to something.
    func variable(_ name: String) -> String? { variables[name].flatMap { $0.isEmpty ? nil : $0 } }
}
