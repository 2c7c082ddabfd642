import Foundation
import Kernel
import Synchronization

/// Where a command's words go: results to standard output, everything else to standard error.
protocol Console: Sendable {
    /// Whether results go to a person's screen.
    var isTerminal: Bool { get }
    /// Whether notices go to a person's screen, where one line may be rewritten.
    var noticesAreOnTerminal: Bool { get }
    /// Writes a result.
    func write(_ text: String)
    /// Writes a piece of a result, which may end within a character.
    func write(bytes: [UInt8])
    /// Writes a notice, without a line end of its own.
    func writeNotice(_ text: String)
    /// Asks a person a question and answers what was typed; nil when nobody can be asked.
    func ask(_ question: String, hidden: Bool) -> String?
    /// All of standard input.
    func readInput() throws -> [UInt8]
}

extension Console {
    /// Writes a result and ends its line.
    func line(_ text: String) { write(text + "\n") }

    /// Writes a notice and ends its line.
    func notice(_ text: String) { writeNotice(text + "\n") }
}

/// The process' own standard streams.
struct StandardConsole: Console {
    var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    var noticesAreOnTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    func write(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }

    func write(bytes: [UInt8]) { FileHandle.standardOutput.write(Data(bytes)) }

    func writeNotice(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

    func ask(_ question: String, hidden: Bool) -> String? {
        guard isatty(STDIN_FILENO) == 1 else { return nil }
        writeNotice(question)
        guard hidden else { return readLine() }
        return withoutEcho { readLine() }
    }

    func readInput() throws -> [UInt8] {
        try FileHandle.standardInput.readToEnd().map { [UInt8]($0) } ?? []
    }

    /// A key that is typed must not stay readable on the screen.
    private func withoutEcho(_ read: () -> String?) -> String? {
        var before = termios()
        guard tcgetattr(STDIN_FILENO, &before) == 0 else { return read() }
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            writeNotice("\n")
        }
        return read()
    }
}

/// Keeps what is written, for tests and for commands that run inside others.
final class RecordingConsole: Console {
    private struct Record {
        var output: [UInt8] = []
        var notices = ""
        var answers: [String]
    }

    private let record: Mutex<Record>
    private let input: [UInt8]
    let isTerminal: Bool
    let noticesAreOnTerminal: Bool

    /// `answers` are given to questions in order; when none is left nobody can be asked.
    init(answers: [String] = [], input: String = "", isTerminal: Bool = false) {
        record = Mutex(Record(answers: answers))
        self.input = Array(input.utf8)
        self.isTerminal = isTerminal
        noticesAreOnTerminal = isTerminal
    }

    var output: String { record.withLock { String(decoding: $0.output, as: UTF8.self) } }
    var notices: String { record.withLock { $0.notices } }

    func write(_ text: String) { write(bytes: Array(text.utf8)) }
    func write(bytes: [UInt8]) { record.withLock { $0.output += bytes } }
    func writeNotice(_ text: String) { record.withLock { $0.notices += text } }
    func readInput() -> [UInt8] { input }

    func ask(_ question: String, hidden: Bool) -> String? {
        record.withLock { record in
            record.notices += question + "\n"
            return record.answers.isEmpty ? nil : record.answers.removeFirst()
        }
    }
}
