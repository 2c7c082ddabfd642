internal import ArgumentParser
internal import CLI

/// The program.
@main
struct SampanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sampan", abstract: "An open cloud for mini programs.", version: Version.current,
        subcommands: [ServeCommand.self] + SampanCLI.subcommands)
}
