internal import Forecast
internal import Foundation
internal import Kernel
internal import Logging

/// Where the load of environments is kept: a file in the folder of each, and one of the node.
///
/// Damaged or missing bytes cost accuracy and nothing else: what they told is learned anew.
struct LoadFiles: Sendable {
    /// The folder of an environment, whether it is there or not.
    let folder: @Sendable (EnvironmentID) -> URL
    /// The node's own file.
    let node: URL
    let logger: Logger

    private static let nodeMark = "sampan-node-load 1 "

    private func file(_ environment: EnvironmentID) -> URL { folder(environment).appendingPathComponent("load") }

    /// What is known of an environment; nothing where nothing was written or it cannot be read.
    func read(_ environment: EnvironmentID, now: Minute) -> EnvironmentLoad? {
        guard let bytes = FileManager.default.contents(atPath: file(environment).path) else { return nil }
        do {
            return try EnvironmentLoad(bytes: Array(bytes), now: now)
        } catch {
            logger.warning(
                "the history of an environment's load cannot be read; it is begun anew", metadata: ["environment": "\(environment)", "error": "\(error)"])
            return nil
        }
    }

    /// Writes an environment down, unless its folder has gone with it.
    func write(_ load: EnvironmentLoad, of environment: EnvironmentID) {
        guard FileManager.default.fileExists(atPath: folder(environment).path) else { return }
        write(load.bytes(), to: file(environment))
    }

    func readNode() -> (up: UpTimes, pool: LoadPool) {
        guard let bytes = FileManager.default.contents(atPath: node.path) else { return (UpTimes(), .meals) }
        do {
            let json = try JSON(parsing: Self.opened(Array(bytes), mark: Self.nodeMark))
            return (UpTimes(json["up"]), try LoadPool(bytes: Self.base64(json["pool"])))
        } catch {
            logger.warning("what was learned from all environments cannot be read; it is learned anew", metadata: ["error": "\(error)"])
            return (UpTimes(), .meals)
        }
    }

    func writeNode(_ up: UpTimes, _ pool: LoadPool) {
        let content: JSON = ["up": up.json, "pool": .string(Data(pool.bytes()).base64EncodedString())]
        write(Self.sealed(content.serialized(), mark: Self.nodeMark), to: node)
    }

    private func write(_ bytes: [UInt8], to file: URL) {
        do {
            try bytes.withUnsafeBytes { try DurableFile.write($0, to: file.path) }
        } catch {
            logger.warning("load could not be written down; tried again in some minutes", metadata: ["file": "\(file.path)", "error": "\(error)"])
        }
    }

    /// The mark, a checksum (FNV-1a) and the content.
    static func sealed(_ content: [UInt8], mark: String) -> [UInt8] { Array("\(mark)\(checksum(content[...]))\n".utf8) + content }

    static func opened(_ bytes: [UInt8], mark: String) throws -> [UInt8] {
        guard let end = bytes.firstIndex(of: 10), bytes.starts(with: mark.utf8) else { throw EnvironmentLoad.Damaged(description: "it has another form") }
        let content = bytes[(end + 1)...]
        guard Array(bytes[..<end].dropFirst(mark.utf8.count)) == Array(checksum(content).utf8) else {
            throw EnvironmentLoad.Damaged(description: "the checksum is wrong")
        }
        return Array(content)
    }

    static func base64(_ json: JSON?) throws -> [UInt8] {
        guard let data = json?.stringValue.flatMap({ Data(base64Encoded: $0) }) else { throw EnvironmentLoad.Damaged(description: "it is not base64") }
        return Array(data)
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> String {
        String(bytes.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }, radix: 16)
    }
}
