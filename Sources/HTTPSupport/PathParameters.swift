internal import Foundation
public import Hummingbird
internal import Kernel

extension Parameters {
    /// A path parameter with its percent escapes undone.
    public func requireDecoded(_ name: String) throws -> String {
        let text = try require(name)
        guard text.utf8.contains(37) else { return text }
        guard let decoded = text.removingPercentEncoding else { throw SampanError.badMember(name, Localized("a well-formed path", zh: "格式正确的路径")) }
        return decoded
    }
}
