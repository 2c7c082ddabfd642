internal import Foundation
internal import Workers

/// Sees before the server listens that functions can run here: the programs are there, and a sandbox can be made.
enum WorkersCheck {
    private static let oldestNode = 18

    static func run(_ configuration: WorkerConfiguration) throws {
        let programs: WorkerConfiguration.Programs
        do throws(WorkersError) {
            programs = try configuration.findPrograms()
        } catch {
            throw StartError("Functions cannot run here: \(error.message)")
        }
        try checkVersion(try output(of: programs.node, ["--version"]), programs.node)
        guard let bubblewrap = programs.bubblewrap else { return }
        let trial = try output(of: bubblewrap, ["--unshare-user", "--unshare-pid", "--unshare-net", "--ro-bind", "/", "/", "--", programs.node, "--version"])
        guard trial.status == 0 else {
            throw StartError(
                """
                Functions cannot run here: a sandbox cannot be made (\(trial.text)). Allow unprivileged user namespaces \
                (sysctl kernel.unprivileged_userns_clone=1), or, for development only, start with --insecure-no-sandbox.
                """)
        }
    }

    private static func checkVersion(_ said: (status: Int32, text: String), _ node: String) throws {
        let major = said.text.drop { $0 == "v" }.prefix { $0.isNumber }
        guard said.status == 0, let version = Int(major), version >= oldestNode else {
            throw StartError("Functions cannot run here: \(node) says \"\(said.text)\". Install Node.js \(oldestNode) or later, or name one with --node.")
        }
    }

    /// What a program says, on either output, and how it ends.
    private static func output(of program: String, _ arguments: [String]) throws -> (status: Int32, text: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = pipe
        do {
            try process.run()
            let bytes = try pipe.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            return (process.terminationStatus, String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
        } catch {
            throw StartError("Functions cannot run here: \(program) cannot be started (\(error.localizedDescription)). Reinstall it, or name another.")
        }
    }
}
