internal import Files
internal import Foundation
internal import HTTPSupport
internal import Hummingbird
internal import Kernel
internal import Tenancy

/// `/console/env/{env}/files`: files by folder or by the beginning of their path; uploading, downloading, deleting.
struct FilesPage: Sendable {
    private static let filesShown = 100

    let tenancy: Tenancy
    let files: Files

    var section: ConsoleSection {
        ConsoleSection(
            path: "files", title: "files", icon: "file", permission: .filesRead,
            pages: [
                .show(needs: .filesRead, show), .answer("download", needs: .filesRead, download),
                .receive("upload", needs: .filesWrite, back: path, upload),
                .act("delete", needs: .filesWrite, asks: "confirmDeleteFile", back: path, delete),
            ])
    }

    @Sendable private func path(_ visit: Visit) throws -> String { Address.environment(try visit.environment(), "files") }

    /// The page of the folder that a file lies in.
    private func folderPath(of file: String, _ visit: Visit) throws -> String {
        let folder = String(file[..<(file.lastIndex(of: "/").map(file.index(after:)) ?? file.startIndex)])
        return Self.folderPath(try path(visit), folder)
    }

    private static func folderPath(_ page: String, _ folder: String) -> String {
        Address.with(page, [("folder", folder.isEmpty ? nil : folder)])
    }

    /// What a visit asks for: the files below a prefix wherever they lie, or what lies in a folder.
    private struct Place {
        let prefix: String?
        let folder: String
        let after: String?

        init(_ visit: Visit) {
            prefix = visit.query("prefix")
            let named = prefix == nil ? visit.query("folder") ?? "" : ""
            folder = named.isEmpty || named.hasSuffix("/") ? named : named + "/"
            after = visit.query("after")
        }

        func path(_ page: String, after: String?) -> String {
            Address.with(page, [("prefix", prefix), ("folder", folder.isEmpty ? nil : folder), ("after", after)])
        }
    }

    func show(_ visit: Visit) async throws -> Page {
        let environment = try tenancy.environment(visit.environment())
        let place = Place(visit)
        let found = try entries(place, environment.id)
        let path = try path(visit)
        var model = environment.shown(visit.language)
        model["path"] = .string(path)
        model["prefix"] = .string(place.prefix ?? "")
        model["folder"] = .string(place.folder)
        model["isFiltered"] = .bool(place.prefix != nil || place.after != nil || !place.folder.isEmpty)
        model["hasFiles"] = .bool(!found.isEmpty)
        model["files"] = .array(found.prefix(Self.filesShown).map { Self.row($0, in: place.folder, path) })
        model["mayWrite"] = .bool(visit.may(.filesWrite))
        if place.after != nil { model["firstPath"] = .string(place.path(path, after: nil)) }
        if found.count > Self.filesShown, let last = found[Self.filesShown - 1]["folder"] ?? found[Self.filesShown - 1]["path"] {
            model["nextPath"] = .string(place.path(path, after: last.stringValue))
        }
        let (title, crumbs) = Self.way(to: place.folder, path, visit.language)
        model["heading"] = .string(title)
        return Page(template: "files", title: title, model: model, crumbs: crumbs, scripts: ["transfer.js"])
    }

    /// One more than is shown, to see whether there are more.
    private func entries(_ place: Place, _ environment: EnvironmentID) throws -> [JSON] {
        let (after, max) = (place.after ?? "", Self.filesShown + 1)
        if let prefix = place.prefix { return try files.list(environment, prefix: prefix, after: after, max: max) }
        return try files.entries(environment, in: place.folder, after: after, max: max)
    }

    /// The folder's own name, and the folders that it lies in.
    private static func way(to folder: String, _ page: String, _ language: Language) -> (title: String, crumbs: [(path: String, text: String)]) {
        var names = folder.split(separator: "/").map(String.init)
        guard let own = names.popLast() else { return (Catalogue.phrase("files", language), []) }
        let crumbs = names.indices.map { (path: folderPath(page, names[...$0].joined(separator: "/") + "/"), text: names[$0]) }
        return (own, crumbs)
    }

    /// On to a temporary address, which serves the bytes.
    private func download(_ visit: Visit) async throws -> Response {
        let environment = try visit.environment()
        guard let path = visit.query("path") else { throw SampanError.badMember("path", Localized("a file's path", zh: "文件路径")) }
        let wanted: JSONObject = ["fileList": [.string("cloud://\(environment)/\(path)")]]
        let address = try files.urls(wanted, visit.context.keyCall(environment))["fileList"]?.arrayValue?.first?["tempFileURL"]?.stringValue
        guard let url = address.flatMap(URLComponents.init(string:)), let query = url.percentEncodedQuery else { throw SampanError.nothingHere }
        // Of this server, however the visitor reached it.
        return ConsoleFrame.redirect("\(url.percentEncodedPath)?\(query)")
    }

    private func upload(_ visit: Visit, _ form: FileForm) async throws -> Outcome {
        let environment = try visit.environment()
        try tenancy.requireActive(environment)
        var stored = ""
        let upload = try await form.receive { form in
            stored = form["path"]
            return try files.begin(stored, visit.context.keyCall(environment))
        }
        _ = try await upload.finish()
        return .go(try folderPath(of: stored, visit), Flash(Phrases.fileUploaded(stored)))
    }

    private func delete(_ visit: Visit, _ form: Form) async throws -> Outcome {
        try await files.remove(form["path"], visit.environment())
        return .go(try folderPath(of: form["path"], visit), Flash(Phrases.fileDeleted(form["path"])))
    }

    private static func row(_ entry: JSON, in folder: String, _ page: String) -> JSON {
        if let path = entry["folder"]?.stringValue {
            return ["isFolder": true, "entryName": .string(String(path.dropFirst(folder.count))), "folderPath": .string(folderPath(page, path))]
        }
        let path = entry["path"]?.stringValue ?? ""
        return [
            "filePath": .string(path), "entryName": .string(String(path.dropFirst(folder.count))),
            "fileName": .string(path.split(separator: "/").last.map(String.init) ?? path),
            "fileID": entry["fileID"] ?? .null, "size": .string(Showing.bytes(entry["size"]?.intValue ?? 0)),
            "updated": Showing.time(entry["updatedAt"]?.intValue ?? 0),
            "downloadPath": .string(Address.with("\(page)/download", [("path", path)])),
        ]
    }
}
