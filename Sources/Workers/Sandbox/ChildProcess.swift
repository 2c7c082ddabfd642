import CSpawn
import Glibc

/// What a child process is started with.
struct ChildProcess {
    var program: String
    var arguments: [String]
    var environment: [String]
    /// The child's descriptor `i` is `descriptors[i]`.
    var descriptors: [Int32]
    /// Control groups that it joins, as paths.
    var groups: [String] = []
    var limits: [(resource: Int32, value: UInt64)] = []
    var staged: [SharedFolder] = []

    /// Starts it.
    ///
    /// It ends with the thread that calls this, so that has to be one that lives as long as the server.
    func start() throws(WorkersError) -> pid_t {
        let groupDescriptors = groups.map { open("\($0)/cgroup.procs", O_WRONLY | O_CLOEXEC) }
        defer { groupDescriptors.forEach { close($0) } }
        let words = CStrings(arguments + environment + staged.flatMap { [$0.host, $0.inside] } + [program, SandboxCommand.stage])
        defer { words.free() }
        var argumentPointers = words[0..<arguments.count] + [nil]
        var environmentPointers = words[arguments.count..<(arguments.count + environment.count)] + [nil]
        let mounts = mountPointers(words, from: arguments.count + environment.count)
        let limitValues = limits.map { cspawn_limit(resource: $0.resource, value: $0.value) }
        var pid: pid_t = 0
        var step: UnsafePointer<CChar>?
        let error = argumentPointers.withUnsafeMutableBufferPointer { argv in
            environmentPointers.withUnsafeMutableBufferPointer { envp in
                limitValues.withUnsafeBufferPointer { limits in
                    var request = cspawn_request()
                    request.program = UnsafePointer(words.last(2))
                    request.arguments = UnsafePointer(argv.baseAddress)
                    request.environment = UnsafePointer(envp.baseAddress)
                    request.limits = limits.baseAddress
                    request.limit_count = Int32(limits.count)
                    request.stage = staged.isEmpty ? nil : UnsafePointer(words.last(1))
                    return Self.start(&request, descriptors, groupDescriptors, mounts, &pid, &step)
                }
            }
        }
        guard error == 0 else {
            let at = step.map { String(cString: $0) } ?? ""
            throw WorkersError(.startFailed, "\(program) could not be started (\(at)): \(String(cString: strerror(error)))")
        }
        return pid
    }

    private static func start(
        _ request: inout cspawn_request, _ descriptors: [Int32], _ groups: [Int32], _ mounts: [cspawn_mount], _ pid: inout pid_t,
        _ step: inout UnsafePointer<CChar>?
    ) -> Int32 {
        descriptors.withUnsafeBufferPointer { descriptors in
            groups.withUnsafeBufferPointer { groups in
                mounts.withUnsafeBufferPointer { mounts in
                    request.descriptors = descriptors.baseAddress
                    request.descriptor_count = Int32(descriptors.count)
                    request.group_descriptors = groups.baseAddress
                    request.group_count = Int32(groups.count)
                    request.mounts = mounts.baseAddress
                    request.mount_count = Int32(mounts.count)
                    return cspawn_start(&request, &pid, &step)
                }
            }
        }
    }

    private func mountPointers(_ words: CStrings, from first: Int) -> [cspawn_mount] {
        staged.indices.map { index in
            cspawn_mount(source: UnsafePointer(words[first + 2 * index]), target: UnsafePointer(words[first + 2 * index + 1]))
        }
    }
}

/// Strings as C wants them.
private struct CStrings {
    private let pointers: [UnsafeMutablePointer<CChar>?]

    init(_ strings: [String]) { pointers = strings.map { strdup($0) } }

    subscript(index: Int) -> UnsafeMutablePointer<CChar>? { pointers[index] }
    subscript(range: Range<Int>) -> [UnsafeMutablePointer<CChar>?] { Array(pointers[range]) }

    /// The `n`th from the end, 1 being the last.
    func last(_ n: Int) -> UnsafeMutablePointer<CChar>? { pointers[pointers.count - n] }

    func free() { pointers.forEach { Glibc.free($0) } }
}
