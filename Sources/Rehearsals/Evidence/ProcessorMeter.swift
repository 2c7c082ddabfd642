internal import Foundation

/// How the machine's processors are used, from what the kernel tells in `/proc`.
///
/// Where there is none, everything is 0, and nothing is named after it.
struct ProcessorMeter: Sendable {
    private struct Reading: Sendable {
        var busy = 0.0
        var waiting = 0.0
        var server = 0.0
        /// By process, since one may end between two readings.
        var children: [Int: Double] = [:]
    }

    private static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
    private let began: Date
    private let first: Reading
    private let generator: Int?
    /// What children had used when they were last seen.
    private var seen: [Int: Double] = [:]

    /// Begins.
    /// - Parameter generator: The process that makes the load, which is no worker.
    init(generator: Int?) {
        self.generator = generator
        began = Date()
        first = Self.read(without: generator)
        seen = first.children
    }

    /// Looks at who is there: what a worker used before it ended counts, too.
    mutating func look() { seen.merge(Self.read(without: generator).children) { max($0, $1) } }

    /// What was used since the beginning, in processors.
    mutating func use() -> Evidence.Processors {
        let last = Self.read(without: generator)
        seen.merge(last.children) { max($0, $1) }
        let seconds = max(0.001, Date().timeIntervalSince(began))
        let workers = seen.reduce(0) { $0 + max(0, $1.value - (first.children[$1.key] ?? 0)) }
        return Evidence.Processors(
            count: ProcessInfo.processInfo.activeProcessorCount, busy: (last.busy - first.busy) / seconds, server: (last.server - first.server) / seconds,
            workers: workers / seconds, waitingForDisk: (last.waiting - first.waiting) / seconds)
    }

    private static func read(without generator: Int?) -> Reading {
        var reading = Reading()
        let machine = lines(of: "/proc/stat").first { $0.hasPrefix("cpu ") }?.split(separator: " ").dropFirst().compactMap { Double($0) } ?? []
        if machine.count > 4 {
            // user, nice, system, idle, iowait, irq, softirq, steal
            reading.busy = (machine.enumerated().reduce(0) { [3, 4].contains($1.offset) || $1.offset > 7 ? $0 : $0 + $1.element }) / ticksPerSecond
            reading.waiting = machine[4] / ticksPerSecond
        }
        let own = Int(ProcessInfo.processInfo.processIdentifier)
        var parents: [Int: (parent: Int, used: Double)] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let pid = Int(name), let process = process(pid) else { continue }
            parents[pid] = process
        }
        for (pid, process) in parents {
            if pid == own {
                reading.server = process.used
            } else if isDescendant(pid, of: own, parents), !isOrBelow(pid, generator, parents) {
                reading.children[pid] = process.used
            }
        }
        return reading
    }

    private static func isDescendant(_ pid: Int, of ancestor: Int, _ parents: [Int: (parent: Int, used: Double)]) -> Bool {
        var current = pid
        for _ in 0..<16 {
            guard let parent = parents[current]?.parent, parent > 1 else { return false }
            if parent == ancestor { return true }
            current = parent
        }
        return false
    }

    private static func isOrBelow(_ pid: Int, _ other: Int?, _ parents: [Int: (parent: Int, used: Double)]) -> Bool {
        guard let other else { return false }
        return pid == other || isDescendant(pid, of: other, parents)
    }

    /// Parent and seconds of processor time; the name in front of them may hold anything, a bracket too.
    private static func process(_ pid: Int) -> (parent: Int, used: Double)? {
        guard let line = lines(of: "/proc/\(pid)/stat").first, let bracket = line.lastIndex(of: ")") else { return nil }
        let fields = line[line.index(after: bracket)...].split(separator: " ")
        guard fields.count > 12, let parent = Int(fields[1]), let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
        return (parent, (user + system) / ticksPerSecond)
    }

    private static func lines(of path: String) -> [Substring] {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self).split(separator: "\n") } ?? []
    }
}
