internal import Crypto
internal import Foundation
internal import Kernel

/// What a link of the shop carries, so that nobody can make one: twenty digits for a batch and a channel.
struct ClaimLinks: Sendable {
    private static let bytes = 10
    private let key: SymmetricKey

    init(secret: SymmetricKey) { key = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Array("links".utf8), using: secret)) }

    func token(batch: String, channel: String) -> String {
        HMAC<SHA256>.authenticationCode(for: Array("\(batch)\u{0}\(channel)".utf8), using: key).prefix(Self.bytes).hex
    }

    func accepts(_ token: String, batch: String, channel: String) -> Bool {
        let right = Array(self.token(batch: batch, channel: channel).utf8)
        let given = Array(token.utf8)
        // As long for the first wrong letter as for the last.
        return given.count == right.count && zip(given, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
