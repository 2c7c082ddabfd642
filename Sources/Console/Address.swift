internal import Foundation
internal import Kernel

/// Addresses of the console.
enum Address {
    /// The first page of an environment, or one below it.
    static func environment(_ environment: EnvironmentID, _ parts: String...) -> String {
        (["/console/env/\(environment)"] + parts.map(escaped)).joined(separator: "/")
    }

    /// An address with parameters; those without a value are left out.
    static func with(_ path: String, _ parameters: [(name: String, value: String?)]) -> String {
        let pairs = parameters.compactMap { name, value in value.map { "\(name)=\(escaped($0))" } }
        return pairs.isEmpty ? path : "\(path)?\(pairs.joined(separator: "&"))"
    }

    /// The management API of an environment.
    static func api(_ environment: EnvironmentID) -> String { "/admin/v1/environments/\(environment)" }

    /// Text as a part of an address.
    static func escaped(_ text: String) -> String { text.addingPercentEncoding(withAllowedCharacters: plain) ?? "" }

    private static let plain = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
}
