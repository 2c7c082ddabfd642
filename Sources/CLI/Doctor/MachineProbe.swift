import Foundation
import Kernel

/// What `sampan doctor` asks the machine; tests answer in its place.
protocol MachineProbe: Sendable {
    /// Runs a program found on the path; nil when there is none of that name.
    func run(_ program: String, _ arguments: [String]) -> (status: Int32, output: String)?
    /// The text of a small file of the kernel's.
    func text(of path: String) -> String?
    func exists(_ path: String) -> Bool
    func isWritable(_ path: String) -> Bool
    /// The free bytes where `path` lies.
    func freeBytes(at path: String) -> Int64?
    /// Whether a server could listen on the port of the loopback address.
    func canListen(on port: Int) -> Bool
}

/// The machine that the command runs on.
struct ThisMachine: MachineProbe {
    let searchPath: String

    /// No program that is asked for its version may hold the check up longer.
    static let secondsMax = 10.0

    func run(_ program: String, _ arguments: [String]) -> (status: Int32, output: String)? {
        let folders = searchPath.split(separator: ":").map(String.init)
        guard let path = folders.map({ $0 + "/" + program }).first(where: FileManager.default.isExecutableFile) else { return nil }
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = pipe
        do {
            try process.run()
        } catch {
            return (-1, error.localizedDescription)
        }
        let watch = DispatchWorkItem { process.terminate() }
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.secondsMax, execute: watch)
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        watch.cancel()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
    }

    func text(of path: String) -> String? {
        (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    func isWritable(_ path: String) -> Bool { access(path, W_OK) == 0 }

    func freeBytes(at path: String) -> Int64? {
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: path)
        return (attributes?[.systemFreeSize] as? NSNumber)?.int64Value
    }

    func canListen(on port: Int) -> Bool {
        let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard handle >= 0 else { return false }
        defer { close(handle) }
        // As a server would: a port that only waits for old connections to fade is free.
        var yes: Int32 = 1
        setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(handle, $0, size) == 0 }
        }
    }
}
