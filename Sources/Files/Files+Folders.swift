public import Kernel
internal import Storage

/// Files as people look at them: paths have no folders of their own, but what stands before a slash reads like one.
extension Files {
    /// What lies directly in a folder, in order: folders as `{"folder":"images/2026/"}`, files as the list has them.
    /// - Parameters:
    ///   - folder: empty, or a path with a slash at its end.
    ///   - after: the path or folder after which it goes on.
    public func entries(_ environment: EnvironmentID, in folder: String, after: String, max: Int) throws -> [JSON] {
        try store(environment).entries(in: folder, after: after, max: max).map { entry in
            switch entry {
            case .folder(let path): ["folder": .string(path)]
            case .file(let file): Self.shown(file, environment)
            }
        }
    }

    static func shown(_ file: FileStore.Entry, _ environment: EnvironmentID) -> JSON {
        [
            "path": .string(file.path), "size": .int(file.size), "updatedAt": .int(file.updatedAt), "fileID": .string(fileID(environment, file.path)),
        ]
    }
}

extension FileStore {
    /// What a folder holds.
    enum FolderEntry: Sendable {
        case folder(String)
        case file(Entry)
    }

    private static let slash = UInt8(ascii: "/")

    /// One look-up an entry: however much lies in a folder below, it is passed over at once.
    func entries(in folder: String, after: String, max: Int) throws -> [FolderEntry] {
        var found: [FolderEntry] = []
        var from = after.isEmpty ? folder : Self.next(after: after)
        try database.read { connection in
            while found.count < max, let file = try first(from: from, in: folder, connection) {
                let name = file.path.utf8.dropFirst(folder.utf8.count)
                if let end = name.firstIndex(of: Self.slash) {
                    let path = String(decoding: file.path.utf8[...end], as: UTF8.self)
                    found.append(.folder(path))
                    from = Self.next(after: path)
                } else {
                    found.append(.file(file))
                    from = Self.next(after: file.path)
                }
            }
        }
        return found
    }

    private func first(from: String, in folder: String, _ connection: Connection) throws -> Entry? {
        let columns = "SELECT path, object, size, owner, updated_at FROM files WHERE path >= $1"
        guard !folder.isEmpty else {
            return try connection.first("\(columns) ORDER BY path LIMIT 1", .text(from), transform: Self.entry)
        }
        return try connection.first("\(columns) AND path < $2 ORDER BY path LIMIT 1", .text(from), .text(Self.next(after: folder)), transform: Self.entry)
    }

    /// Where the paths after a file, or after all of a folder, begin.
    ///
    /// No path has a control character; `0` is what follows a slash.
    private static func next(after path: String) -> String {
        guard path.utf8.last == slash else { return path + "\u{1}" }
        return String(decoding: path.utf8.dropLast(), as: UTF8.self) + "0"
    }
}
