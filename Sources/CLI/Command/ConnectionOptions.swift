import ArgumentParser
import Kernel

/// The flag that every command has.
struct OutputOptions: ParsableArguments {
    @Flag(name: .long, help: ArgumentHelp(said("Print JSON for programs.", zh: "输出供程序读取的 JSON。")))
    var json = false
}

/// Which server, with which key.
struct ServerOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            said(
                "The server (SAMPAN_ENDPOINT; default: where you signed in, else http://127.0.0.1:9800).",
                zh: "服务器地址（SAMPAN_ENDPOINT；默认为登录过的服务器，否则 http://127.0.0.1:9800）。"), valueName: "url"))
    var endpoint: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            said("The key (SAMPAN_KEY; default: the one saved by sampan login).", zh: "密钥（SAMPAN_KEY；默认为 sampan login 保存的密钥）。")))
    var key: String?

    @OptionGroup var output: OutputOptions
}

/// Which server, with which key, in which environment.
struct ConnectionOptions: ParsableArguments {
    @OptionGroup var server: ServerOptions

    @Option(
        name: .customLong("env"),
        help: ArgumentHelp(
            said(
                "The environment (SAMPAN_ENV; default: .sampan.json of the project, else that of the saved key).",
                zh: "环境（SAMPAN_ENV；默认为项目中的 .sampan.json，否则为已保存密钥所属的环境）。")))
    var environment: String?
}
