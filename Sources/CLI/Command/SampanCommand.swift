import ArgumentParser
import Foundation
import Kernel

/// A command of the CLI: its work takes a context, and its failure is one clear line and a status that is not zero.
protocol SampanCommand: AsyncParsableCommand {
    /// Whether the answer is for a program.
    var wantsJSON: Bool { get }
    /// Does the work.
    func execute(in context: CommandContext) async throws
}

extension SampanCommand {
    mutating func run() async throws {
        let context = CommandContext.ofProcess()
        guard await runReporting(in: context) else { throw ExitCode.failure }
    }

    /// Runs and reports a failure in the person's language; answers whether all went well.
    func runReporting(in context: CommandContext) async -> Bool {
        do {
            try await execute(in: context)
            return true
        } catch let error as CLIError {
            report(error, in: context)
        } catch let error as SampanError {
            report(CLIError(error), in: context)
        } catch is SilentFailure {
            // The command has already said what is wrong, line by line.
        } catch let error as JSONError {
            report(CLIError(Localized("The server's answer is not JSON: \(error).", zh: "服务器的应答不是合法的 JSON：\(error.message.zh)。")), in: context)
        } catch {
            // Foundation's errors have a sentence for people; the others describe themselves.
            let text = (error as? CocoaError)?.localizedDescription ?? String(describing: error)
            report(CLIError(Localized(text, zh: text)), in: context)
        }
        return false
    }

    private func report(_ error: CLIError, in context: CommandContext) {
        if wantsJSON { context.console.line(error.json(in: context.language).text) }
        context.console.notice(error.rendered(in: context.language))
    }
}

/// Ends a command with a failure that it has already described.
struct SilentFailure: Error {}
