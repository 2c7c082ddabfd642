internal import Files
internal import Foundation
internal import HTTPSupport
internal import Hummingbird
internal import Kernel
internal import NIOCore
internal import Tenancy

/// `/console/env/{env}/files`: files by prefix; uploading, downloading, deleting.
struct FilesPage: Sendable {
    private static let filesShown = 100
    /// An upload through a page is held in memory whole; the SDK and the command line send larger ones piece by piece.
    private static let uploadBytesMax = 64 << 20

    let tenancy: Tenancy
    let files: Files

    var section: ConsoleSection {
        ConsoleSection(
            path: "files", title: "files", icon: "file", permission: .filesRead,
            pages: [
                .show(needs: .filesRead, show), .answer(.get, "download", needs: .filesRead, download),
                .answer(.put, "content", needs: .filesWrite, upload),
                .act("delete", needs: .filesWrite, asks: "confirmDeleteFile", back: path, delete),
            ])
    }

    @Sendable private func path(_ visit: Visit) throws -> String { Address.environment(try visit.environment(), "files") }

    func show(_ visit: Visit) async throws -> Page {
        let environment = try tenancy.environment(visit.environment())
        let prefix = visit.query("prefix")
        let after = visit.query("after")
        let found = try files.list(environment.id, prefix: prefix ?? "", after: after ?? "", max: Self.filesShown + 1)
        let path = try path(visit)
        var model = environment.shown(visit.language)
        model["path"] = .string(path)
        model["prefix"] = .string(prefix ?? "")
        model["isFiltered"] = .bool(prefix != nil || after != nil)
        model["hasFiles"] = .bool(!found.isEmpty)
        model["files"] = .array(found.prefix(Self.filesShown).map { Self.row($0, path) })
        model["mayWrite"] = .bool(visit.may(.filesWrite))
        if after != nil { model["firstPath"] = .string(Address.with(path, [("prefix", prefix)])) }
        if found.count > Self.filesShown {
            model["nextPath"] = .string(Address.with(path, [("prefix", prefix), ("after", found[Self.filesShown - 1]["path"]?.stringValue)]))
        }
        return Page(template: "files", title: Catalogue.phrase("files", visit.language), model: model, scripts: ["transfer.js"])
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

    /// The bytes of one file, as the page's script sends them.
    private func upload(_ visit: Visit) async throws -> Response {
        let environment = try visit.environment()
        try tenancy.requireActive(environment)
        guard let path = visit.query("path") else { throw SampanError.badMember("path", Localized("a file's path", zh: "文件路径")) }
        let bytes = try await visit.request.bytes(upTo: Self.uploadBytesMax)
        return .json(try await files.upload(path, bytes, visit.context.keyCall(environment)))
    }

    private func delete(_ visit: Visit, _ form: Form) async throws -> Outcome {
        try await files.remove(form["path"], visit.environment())
        return .go(try path(visit), Flash(Phrases.fileDeleted(form["path"])))
    }

    private static func row(_ file: JSON, _ page: String) -> JSON {
        let path = file["path"]?.stringValue ?? ""
        return [
            "filePath": .string(path), "fileName": .string(path.split(separator: "/").last.map(String.init) ?? path),
            "fileID": file["fileID"] ?? .null, "size": .string(Showing.bytes(file["size"]?.intValue ?? 0)),
            "updated": Showing.time(file["updatedAt"]?.intValue ?? 0),
            "downloadPath": .string(Address.with("\(page)/download", [("path", path)])),
        ]
    }
}
