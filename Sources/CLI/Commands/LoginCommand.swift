import ArgumentParser
import Foundation
import Kernel

/// `sampan login`.
struct LoginCommand: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: said("Save a server's address and key, or sign in with email and password.", zh: "保存服务器地址与密钥，或用邮箱和密码登录。"),
        discussion: said(
            """
            The key, or the session that the password opens, is kept in ~/.config/sampan/credentials.json, readable by you only.

            Example: sampan login --endpoint https://cloud.example.com
                     sampan login --email mei@example.com
                     echo "$KEY" | sampan login --endpoint https://cloud.example.com --key -
            """,
            zh: """
                密钥（或密码登录得到的会话）保存在 ~/.config/sampan/credentials.json，仅本人可读。

                示例：sampan login --endpoint https://cloud.example.com
                      sampan login --email mei@example.com
                      echo "$KEY" | sampan login --endpoint https://cloud.example.com --key -
                """))

    @Option(help: ArgumentHelp(said("The server; asked for when absent.", zh: "服务器地址；不写则询问。"), valueName: "url"))
    var endpoint: String?

    @Option(help: ArgumentHelp(said("The key, or - to read it from standard input; asked for when absent.", zh: "密钥，或 - 表示从标准输入读取；不写则询问。")))
    var key: String?

    @Option(help: ArgumentHelp(said("Sign in as this person; the password is asked for.", zh: "以此邮箱登录；会询问密码。")))
    var email: String?

    @OptionGroup var output: OutputOptions

    var wantsJSON: Bool { output.json }

    func execute(in context: CommandContext) async throws {
        let file = CredentialsFile.location(in: context)
        var credentials = try CredentialsFile(readingFrom: file)
        let endpoint = try Connection.normalized(chosenEndpoint(saved: credentials.current, in: context))
        let key = if let email { try await session(of: email, at: endpoint, in: context) } else { try chosenKey(in: context) }
        let client = try Connection(endpoint: endpoint, key: key).client(in: context)
        let who = try await client.send(.get, ["whoami"]).json()
        let environment = who["environment"]?.stringValue ?? who["environment"]?["id"]?.stringValue
        credentials.servers[endpoint] = CredentialsFile.Server(key: key, environment: environment)
        credentials.current = endpoint
        try credentials.save(to: file)
        tell(who, endpoint: endpoint, environment: environment, file: file, in: context)
    }

    private func chosenEndpoint(saved: String?, in context: CommandContext) -> String {
        let usual = saved ?? Connection.defaultEndpoint
        if let given = endpoint ?? context.variable("SAMPAN_ENDPOINT") { return given }
        // A key that comes from a pipe leaves nobody to answer a question.
        guard key == nil else { return usual }
        let typed = context.console.ask(context.say("Server [\(usual)]: ", zh: "服务器 [\(usual)]："), hidden: false) ?? ""
        return typed.isEmpty ? usual : typed
    }

    func validate() throws {
        if key != nil, email != nil { throw ValidationError(said("Give --key or --email, not both.", zh: "--key 与 --email 只能选一个。")) }
    }

    /// Signs in with a password, and a code where the account has a second factor.
    private func session(of email: String, at endpoint: String, in context: CommandContext) async throws -> String {
        let anyone = ManagementClient(endpoint: endpoint, key: nil, language: context.language)
        var body: JSONObject = ["email": .string(email), "password": .string(try answer("Password: ", zh: "密码：", in: context))]
        do {
            return try await token(anyone, body)
        } catch let problem as CLIError where problem.code == "SECOND_FACTOR_NEEDED" {
            body["code"] = .string(try answer("Code of the authenticator app: ", zh: "验证器应用中的验证码：", in: context))
            return try await token(anyone, body)
        }
    }

    private func token(_ anyone: ManagementClient, _ body: JSONObject) async throws -> String {
        guard let token = try await anyone.send(.post, ["sessions"], body: .json(.object(body))).json()["token"]?.stringValue else {
            throw CLIError(
                Localized("The server answered without a session.", zh: "服务器未返回会话。"),
                remedy: Localized("Check that the address is Sampan's.", zh: "请确认该地址是 Sampan 服务器。"))
        }
        return token
    }

    /// What somebody types, or the next line of standard input where nobody can be asked.
    private func answer(_ question: String, zh: String, in context: CommandContext) throws -> String {
        if let typed = context.console.ask(context.say(question, zh: zh), hidden: true) { return typed }
        let piped = String(decoding: try context.console.readInput(), as: UTF8.self).split(separator: "\n").first.map(String.init) ?? ""
        guard !piped.isEmpty else {
            throw CLIError(
                Localized("Nothing was typed.", zh: "没有输入内容。"),
                remedy: Localized("Type it when asked, or pipe it.", zh: "请在提示时输入，或用管道传入。"))
        }
        return piped
    }

    private func chosenKey(in context: CommandContext) throws -> String {
        let typed: String
        if let key, key != "-" {
            typed = key
        } else if key == nil, let answer = context.console.ask(context.say("Key: ", zh: "密钥："), hidden: true) {
            typed = answer
        } else {
            typed = String(decoding: try context.console.readInput(), as: UTF8.self)
        }
        let key = typed.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !key.isEmpty, key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw CLIError(
                Localized("No key was given.", zh: "没有收到密钥。"),
                remedy: Localized(
                    "Make one in the console or with `sampan env keys create`, and type it, pipe it, or add --key.",
                    zh: "请在控制台或用 `sampan env keys create` 创建密钥，然后输入、用管道传入或加上 --key。"))
        }
        return key
    }

    private func tell(_ who: JSON, endpoint: String, environment: String?, file: URL, in context: CommandContext) {
        guard !wantsJSON else {
            var answer = who.objectValue ?? [:]
            answer["endpoint"] = .string(endpoint)
            return context.console.line(JSON.object(answer).text)
        }
        let account = who["account"] == nil ? nil : who["name"]?.stringValue
        let who = environment ?? account ?? context.say("operator", zh: "平台运营者")
        context.console.line(context.say("Signed in to \(endpoint) as \(who).", zh: "已登录 \(endpoint)，身份：\(who)。"))
        context.console.notice(context.say("Saved in \(file.path).", zh: "已保存到 \(file.path)。"))
    }
}
