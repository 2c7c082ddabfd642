import Foundation
import Kernel

/// `seed/` of a project: the collections that it needs and the documents that they start with.
///
/// `collections.json` lists `{"name","permission","rules"?,"validator"?,"indexes":[{"name","keys","unique"}]}`; every `*.jsonl` holds the documents of the
/// collection that it is named after.
struct SeedFolder {
    /// A collection that the project needs.
    struct Collection {
        var name: String
        var permission: String?
        /// Its own rules and what its documents must look like, as the management API writes them.
        var settings = JSONObject()
        var indexes: [JSON] = []
        var documents: URL?
    }

    var collections: [Collection]

    init(in folder: URL) throws {
        let list = folder.appendingPathComponent("collections.json")
        guard FileManager.default.isFolder(folder) else {
            throw CLIError(
                Localized("There is no folder \(folder.path).", zh: "文件夹 \(folder.path) 不存在。"),
                remedy: Localized(
                    "Put collections.json and <collection>.jsonl there, or leave out --seed.",
                    zh: "请在其中放置 collections.json 与 <集合名>.jsonl，或去掉 --seed。"))
        }
        collections = FileManager.default.isFile(list) ? try Self.declared(in: list) : []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() where name.hasSuffix(".jsonl") {
            let documents = folder.appendingPathComponent(name)
            let collection = String(name.dropLast(".jsonl".count))
            if let place = collections.firstIndex(where: { $0.name == collection }) {
                collections[place].documents = documents
            } else {
                collections.append(Collection(name: collection, documents: documents))
            }
        }
    }

    private static let settingNames = ["rules", "validator", "validationLevel", "validationAction"]

    private static func declared(in file: URL) throws -> [Collection] {
        guard let list = try ConfigurationFile.json(at: file).arrayValue else { throw malformed(file) }
        return try list.map { entry in
            guard let name = entry["name"]?.stringValue else { throw malformed(file) }
            var collection = Collection(name: name, permission: entry["permission"]?.stringValue, indexes: entry["indexes"]?.arrayValue ?? [])
            for name in settingNames { collection.settings[name] = entry[name] }
            return collection
        }
    }

    private static func malformed(_ file: URL) -> CLIError {
        CLIError(
            Localized("\(file.path) is not a list of collections.", zh: "\(file.path) 不是集合列表。"),
            remedy: Localized(
                "Write [{\"name\":\"goods\",\"permission\":\"READONLY\",\"indexes\":[{\"name\":\"byPrice\",\"keys\":[[\"price\",\"asc\"]],\"unique\":false}]}].",
                zh:
                    "格式为 [{\"name\":\"goods\",\"permission\":\"READONLY\",\"indexes\":[{\"name\":\"byPrice\",\"keys\":[[\"price\",\"asc\"]],\"unique\":false}]}]。"
            ))
    }
}

/// Brings a seed folder into an environment; doing it again changes only what differs.
struct SeedImport {
    let client: ManagementClient
    let environment: String

    /// What was done with one collection.
    struct Outcome {
        var collection: String
        var counts = CollectionImport.Counts()
    }

    func run(_ seed: SeedFolder) async throws -> [Outcome] {
        let existing = try await existingCollections()
        var outcomes: [Outcome] = []
        for collection in seed.collections {
            try await prepare(collection, existing: existing[collection.name])
            var outcome = Outcome(collection: collection.name)
            if let documents = collection.documents {
                outcome.counts = try await CollectionImport(client: client, environment: environment)
                    .run(documents, into: collection.name, mode: "upsert")
            }
            outcomes.append(outcome)
        }
        return outcomes
    }

    private var path: [String] { ["environments", environment, "collections"] }

    private func existingCollections() async throws -> [String: JSON] {
        Dictionary(try await client.list("collections", path).compactMap { entry in entry["name"]?.stringValue.map { ($0, entry) } }) { first, _ in first }
    }

    private func prepare(_ collection: SeedFolder.Collection, existing: JSON?) async throws {
        if existing == nil {
            var body: JSONObject = ["name": .string(collection.name)]
            body["permission"] = collection.permission.map { .string($0) }
            for (name, value) in collection.settings { body[name] = value }
            _ = try await client.send(.post, path, body: .json(.object(body)))
        } else {
            var change = JSONObject()
            if let permission = collection.permission, existing?["permission"]?.stringValue != permission { change["permission"] = .string(permission) }
            for (name, value) in collection.settings where existing?[name] != value { change[name] = value }
            // Rules and the permission that stands for them are one thing.
            if change["rules"] != nil { change["permission"] = nil }
            if !change.isEmpty { _ = try await client.send(.patch, path + [collection.name], body: .json(.object(change))) }
        }
        let known = Set((existing?["indexes"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue })
        for index in collection.indexes where index["name"]?.stringValue.map({ !known.contains($0) }) ?? true {
            _ = try await client.send(.post, path + [collection.name, "indexes"], body: .json(index))
        }
    }
}
