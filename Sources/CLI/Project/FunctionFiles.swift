import Foundation
import Kernel

/// The files of a function that are uploaded.
struct FunctionFiles: Sendable {
    /// One file, with its path inside the function.
    struct File: Sendable, Equatable {
        var path: String
        var location: URL
        var bytes: Int
        var isExecutable: Bool
    }

    /// How much a function may hold.
    struct Bounds: Sendable {
        var fileBytesMax = Limits().blobBytesMax
        var filesMax = Limits().functionFilesMax
        var totalBytesMax = 512 << 20
    }

    /// By path, so that the same files always make the same manifest.
    var files: [File]
    var notes: [Localized] = []

    var bytes: Int { files.reduce(0) { $0 + $1.bytes } }

    /// What tools leave behind and no function needs; `.npmrc` may hold a registry's password.
    static let junk = [
        ".git", ".svn", ".hg", ".DS_Store", "Thumbs.db", ".idea", ".vscode", ".npmrc", ".sampan.json", "npm-debug.log",
        "**/node_modules/.cache",
        "**/node_modules/.bin", "**/node_modules/.package-lock.json",
    ].map(IgnorePattern.init)

    /// Collects the files of `function`; a link that leaves its folder, or more than `bounds` allow, is refused.
    static func collect(_ function: FunctionSource, bounds: Bounds = Bounds()) throws -> FunctionFiles {
        var walk = FunctionFilesWalk(function: function, bounds: bounds)
        try walk.run()
        return FunctionFiles(files: walk.files.sorted { $0.path < $1.path }, notes: walk.notes)
    }
}

/// One walk through a function's folder.
private struct FunctionFilesWalk {
    let function: FunctionSource
    let bounds: FunctionFiles.Bounds
    /// The folder's real place: links are compared with it.
    let home: String
    var files: [FunctionFiles.File] = []
    var notes: [Localized] = []
    var bytes = 0
    var ignored: [IgnorePattern] = []

    init(function: FunctionSource, bounds: FunctionFiles.Bounds) {
        self.function = function
        self.bounds = bounds
        home = function.folder.resolvingSymlinksInPath().path
    }

    mutating func run() throws {
        ignored = try patterns()
        try visitFolder(URL(fileURLWithPath: home), path: "", open: [home])
        if FileManager.default.isFolder(URL(fileURLWithPath: home + "/node_modules/.pnpm")) {
            notes.append(
                Localized(
                    "\(function.name): node_modules was made by pnpm with links, which do not survive an upload; use `pnpm install --node-linker=hoisted`.",
                    zh: "\(function.name)：node_modules 由 pnpm 以链接方式生成，上传后会失效；请使用 `pnpm install --node-linker=hoisted`。"))
        }
    }

    /// Nobody installs packages on the server, so an `ignore` of node_modules counts only where no package would be missed.
    private mutating func patterns() throws -> [IgnorePattern] {
        let needed = try ProvidedPackages.missing(in: function.folder, countingOwnModules: false)
        let (modules, others) = function.settings.ignore.reduce(into: ([String](), [String]())) { lists, pattern in
            if pattern.contains("node_modules") { lists.0.append(pattern) } else { lists.1.append(pattern) }
        }
        if !modules.isEmpty, !needed.isEmpty {
            notes.append(
                Localized(
                    "\(function.name): node_modules is uploaded although \"ignore\" names it, since \(needed.joined(separator: ", ")) must come with the function.",
                    zh: "\(function.name)：虽然 “ignore” 列出了 node_modules，但 \(needed.joined(separator: "、")) 需要随函数上传，因此仍会上传。"))
        }
        return FunctionFiles.junk + (needed.isEmpty ? others + modules : others).map(IgnorePattern.init)
    }

    private mutating func visitFolder(_ folder: URL, path: String, open: [String]) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
            let inner = path.isEmpty ? name : path + "/" + name
            guard !ignored.contains(where: { $0.matches(inner) }) else { continue }
            try visit(folder.appendingPathComponent(name), path: inner, open: open)
        }
    }

    private mutating func visit(_ location: URL, path: String, open: [String]) throws {
        let kind = try FileManager.default.attributesOfItem(atPath: location.path)[.type] as? FileAttributeType
        switch kind {
        case .typeDirectory?: try visitFolder(location, path: path, open: open + [location.path])
        case .typeRegular?: try add(location, path: path)
        case .typeSymbolicLink?: try follow(location, path: path, open: open)
        default:
            notes.append(
                Localized("\(function.name)/\(path) is neither file nor folder: left out.", zh: "\(function.name)/\(path) 既不是文件也不是文件夹，已略过。")
            )
        }
    }

    /// A link inside the function is uploaded as what it points to.
    private mutating func follow(_ link: URL, path: String, open: [String]) throws {
        guard let target = realpath(link.path, nil) else {
            notes.append(Localized("\(function.name)/\(path) is a link to nothing: left out.", zh: "\(function.name)/\(path) 是失效的链接，已略过。"))
            return
        }
        defer { free(target) }
        let real = String(cString: target)
        guard real == home || real.hasPrefix(home + "/") else { throw leaves(path, real) }
        guard !open.contains(real) else { throw circles(path) }
        let url = URL(fileURLWithPath: real)
        if FileManager.default.isFolder(url) {
            try visitFolder(url, path: path, open: open + [real])
        } else {
            try add(url, path: path)
        }
    }

    private mutating func add(_ location: URL, path: String) throws {
        let attributes = try FileManager.default.attributesOfItem(atPath: location.path)
        let size = (attributes[.size] as? NSNumber)?.intValue ?? 0
        let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
        bytes += size
        if size > bounds.fileBytesMax { throw tooLarge("\(function.name)/\(path)", size, limit: bounds.fileBytesMax) }
        if bytes > bounds.totalBytesMax { throw tooLarge(function.name, bytes, limit: bounds.totalBytesMax) }
        files.append(FunctionFiles.File(path: path, location: location, bytes: size, isExecutable: mode & 0o111 != 0))
        if files.count > bounds.filesMax { throw tooMany() }
    }

    private func leaves(_ path: String, _ target: String) -> CLIError {
        CLIError(
            Localized(
                "\(function.name)/\(path) is a link to \(target), outside of the function.",
                zh: "\(function.name)/\(path) 是指向函数之外 \(target) 的链接。"),
            remedy: Localized("Copy the files into the function, or remove the link.", zh: "请把文件复制到函数内，或删除该链接。"))
    }

    private func circles(_ path: String) -> CLIError {
        CLIError(
            Localized("\(function.name)/\(path) is a link to a folder that it lies in.", zh: "\(function.name)/\(path) 是指向自身所在文件夹的链接。"),
            remedy: Localized("Remove the link.", zh: "请删除该链接。"))
    }

    private func tooLarge(_ what: String, _ bytes: Int, limit: Int) -> CLIError {
        let (size, most) = (ByteCount.text(bytes), ByteCount.text(limit))
        return CLIError(
            Localized("\(what) has \(size); the most is \(most).", zh: "\(what) 大小为 \(size)，上限为 \(most)。"),
            remedy: Localized("Put large files into file storage, or name them in \"ignore\".", zh: "请把大文件放到云存储，或在 “ignore” 中列出。"))
    }

    private func tooMany() -> CLIError {
        CLIError(
            Localized("\(function.name) has more than \(bounds.filesMax) files.", zh: "\(function.name) 的文件超过 \(bounds.filesMax) 个。"),
            remedy: Localized("Install only what it needs (`npm install --omit=dev`).", zh: "请只安装运行所需的依赖（`npm install --omit=dev`）。"))
    }
}

/// Sizes as people read them.
enum ByteCount {
    static func text(_ bytes: Int) -> String {
        var size = Double(bytes)
        for unit in ["B", "KB", "MB"] {
            if size < 1024 { return unit == "B" ? "\(bytes) B" : String(format: "%.1f \(unit)", size) }
            size /= 1024
        }
        return String(format: "%.1f GB", size)
    }
}
