import Foundation
import Kernel

/// What `package.json` of a function says.
struct PackageFile {
    var main: String?
    /// The packages that the function needs when it runs.
    var dependencies: [String]

    init?(in folder: URL) throws {
        let file = folder.appendingPathComponent("package.json")
        guard FileManager.default.isFile(file) else { return nil }
        let json = try ConfigurationFile.json(at: file)
        main = json["main"]?.stringValue
        dependencies = json["dependencies"]?.objectValue.map { Array($0.keys) } ?? []
    }
}

/// The packages that every function finds without bringing them.
enum ProvidedPackages {
    static let names: Set<String> = [
        "wx-server-sdk", "@alipay/faas-server-sdk", "@cloudbase/node-sdk", "tcb-admin-node", "tcb-router",
        "axios", "lodash", "moment", "xml2js", "uuid", "request", "ws",
    ]

    /// The dependencies of the function in `folder` that it would not find.
    static func missing(in folder: URL, countingOwnModules: Bool = true) throws -> [String] {
        guard let package = try PackageFile(in: folder) else { return [] }
        return package.dependencies.filter { name in
            let own = folder.appendingPathComponent("node_modules/\(name)")
            return !names.contains(name) && !(countingOwnModules && FileManager.default.isFolder(own))
        }
    }
}
