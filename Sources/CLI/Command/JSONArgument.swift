import Foundation
import Kernel

/// JSON given on the command line: as text, as `@file`, or `-` for standard input.
struct JSONArgument {
    var json: JSON

    init(_ argument: String, named name: String, in context: CommandContext) throws {
        let bytes: [UInt8]
        switch argument.first {
        case "@": bytes = try Self.contents(of: context.resolve(String(argument.dropFirst())))
        case "-" where argument == "-": bytes = try context.console.readInput()
        default: bytes = Array(argument.utf8)
        }
        do {
            json = try JSON(parsing: bytes)
        } catch {
            throw CLIError(
                Localized("The \(name) is not JSON: \(error).", zh: "\(name) 不是合法的 JSON：\(error)。"),
                remedy: Localized(
                    "Write it like '{\"id\":1}' in single quotes, or give @file or -.", zh: "请用单引号写成 '{\"id\":1}'，或使用 @文件、-。"))
        }
    }

    private static func contents(of file: URL) throws -> [UInt8] {
        do {
            return [UInt8](try Data(contentsOf: file))
        } catch {
            throw CLIError(
                Localized("Cannot read \(file.path): \(error.localizedDescription)", zh: "无法读取 \(file.path)：\(error.localizedDescription)"))
        }
    }
}
