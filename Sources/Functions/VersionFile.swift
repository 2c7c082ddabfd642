public import Foundation

/// A file of a deployed version; it never changes.
public struct VersionFile: Sendable, Hashable {
    /// Where it lies in the function's folder.
    public let path: String
    /// Where it lies on this machine.
    public let url: URL
    /// How many bytes it has.
    public let size: Int64
    /// Whether it may be run as a program.
    public let isExecutable: Bool

    /// Every file in a version's folder, by path.
    static func all(in folder: URL) throws -> [VersionFile] {
        let manager = FileManager.default
        return try manager.subpathsOfDirectory(atPath: folder.path).sorted().compactMap { path in
            let url = folder.appendingPathComponent(path)
            let attributes = try manager.attributesOfItem(atPath: url.path)
            guard attributes[.type] as? FileAttributeType == .typeRegular else { return nil }
            let mode = (attributes[.posixPermissions] as? Int) ?? 0
            return VersionFile(path: path, url: url, size: (attributes[.size] as? Int64) ?? 0, isExecutable: mode & 0o100 != 0)
        }
    }
}
