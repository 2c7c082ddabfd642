internal import Foundation
internal import Kernel
internal import Synchronization

/// One step's load, made by a process of its own: `sampan rehearse generate`, so that the server is measured and not slowed by what measures it.
///
/// The process gets what it has to do on its standard input, and ends as soon as that is closed: it cannot outlive the server.
final class GeneratorProcess: Sendable {
    private struct State {
        // Only touched under the mutex.
        var input: FileHandle?
        var answer: Result<JSON, SampanError>?
        var hasEnded = false
    }

    /// `Process` and its pipe belong to the thread that reads; `terminate` and `isRunning` may be called from anywhere.
    private struct Child: @unchecked Sendable {
        let process: Process
        let output: FileHandle
    }

    /// Its id.
    let pid: Int
    private let child: Child
    private let state: Mutex<State>

    /// Starts a process and tells it what to do; blocks for as long as that takes.
    init(program: URL, _ assignment: JSON) throws {
        let process = Process()
        process.executableURL = program
        process.arguments = ["rehearse", "generate", "--json"]
        // Nothing of the server's own, keys and passwords least of all; only where its libraries are.
        let inherited = ProcessInfo.processInfo.environment.filter { $0.key == "LD_LIBRARY_PATH" || $0.key == "PATH" }
        process.environment = inherited.merging(["LC_ALL": "C.UTF-8"]) { $1 }
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        pid = Int(process.processIdentifier)
        child = Child(process: process, output: output.fileHandleForReading)
        state = Mutex(State(input: nil))
        let writing = input.fileHandleForWriting
        Thread { self.read() }.start()
        do {
            try writing.write(contentsOf: assignment.serialized() + [10])
        } catch {
            process.terminate()
            throw error
        }
        state.withLock { $0.input = writing }
    }

    /// Its report, or why there is none; `nil` while there is neither.
    var answer: Result<JSON, SampanError>? { state.withLock { $0.answer } }

    /// Whether it has said all.
    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    /// Lets it stop within some ten milliseconds; its report still comes.
    func stop() {
        state.withLock { state in
            // One that has ended has closed its side already.
            try? state.input?.close()
            state.input = nil
        }
    }

    /// Ends it at once, whatever it does.
    func kill() {
        stop()
        if !hasEnded { child.process.terminate() }
    }

    /// Reads until the process has closed its output, then waits for its end.
    private func read() {
        var rest: [UInt8] = []
        while case let piece = child.output.availableData, !piece.isEmpty {
            rest += piece
            while let end = rest.firstIndex(of: 10) {
                hear(Array(rest[..<end]))
                rest.removeSubrange(...end)
            }
        }
        child.process.waitUntilExit()
        state.withLock { $0.hasEnded = true }
    }

    private func hear(_ line: [UInt8]) {
        guard let json = try? JSON(parsing: line), json["second"] == nil else { return }
        let answer: Result<JSON, SampanError> =
            json["report"].map { .success($0) } ?? .failure(.generatorFailed(json["error"]?["detail"]?.stringValue ?? json.text))
        state.withLock { $0.answer = answer }
    }
}
