internal import CArgon2
internal import Foundation
internal import Kernel
internal import LoopTasks
internal import NIOPosix

/// Turns passwords into what is stored of them, and compares: argon2id, written as a PHC string.
///
/// A hash takes 19 MiB and some 20 ms of a processor, which is its purpose. So it runs on two threads of its own, and a
/// flood of sign-ins is turned away before it takes the memory and the processors from everybody else.
public final class PasswordHasher: Sendable {
    /// What a hash costs.
    public struct Cost: Sendable, Hashable {
        /// The memory that each hash fills, in KiB.
        public var memoryKiB: UInt32
        /// How often it goes over that memory.
        public var passes: UInt32
        /// How many lanes it has.
        public var lanes: UInt32

        /// Takes the parts as they are.
        public init(memoryKiB: UInt32, passes: UInt32, lanes: UInt32) {
            self.memoryKiB = memoryKiB
            self.passes = passes
            self.lanes = lanes
        }

        /// What OWASP's Password Storage Cheat Sheet recommends: 19 MiB, two passes, one lane.
        public static let recommended = Cost(memoryKiB: 19 << 10, passes: 2, lanes: 1)

        /// How every hash of this cost begins.
        var prefix: String { "$argon2id$v=19$m=\(memoryKiB),t=\(passes),p=\(lanes)$" }
    }

    private static let saltBytes = 16
    private static let hashBytes = 32
    /// How many hashes are computed at once on this node.
    private static let threadCount = 2
    /// How many sign-ins may wait: on a machine with nothing else to do the last one waits for less than a second.
    static let waitingMax = 64

    /// Not NIO's own pool, where files are synced: those must not wait for sign-ins.
    private static let threads = {
        let threads = NIOThreadPool(numberOfThreads: threadCount)
        threads.start()
        return threads
    }()

    private let cost: Cost
    private let gate = AdmissionGate(places: threadCount, waitingMax: waitingMax)

    /// A hasher that makes hashes of this cost.
    public init(cost: Cost = .recommended) { self.cost = cost }

    /// What to store of a password: a PHC string with a salt of its own.
    public func hash(_ password: String) async throws -> String {
        let bytes = PasswordText.bytes(password)
        let salt = Self.randomSalt()
        return try await compute { [cost] in try Self.encode(bytes, salt: salt, cost: cost) }
    }

    /// Whether this is the password that `stored` was made from.
    ///
    /// `stored` may have been made with another cost; ``needsRehash(_:)`` says so.
    public func verify(_ password: String, against stored: String) async throws -> Bool {
        // What is longer than any password can be is not even brought into its normal form.
        let isPossible = PasswordText.isShortEnoughToRead(password)
        let bytes = isPossible ? PasswordText.bytes(password) : []
        let fits = try await compute { try Self.fits(bytes, stored) }
        return fits && isPossible
    }

    /// Takes as long as ``verify(_:against:)`` does, for an account that does not exist: an answer's time must not tell.
    public func verifyNothing(_ password: String) async throws {
        _ = try await verify(password, against: decoy)
    }

    /// Whether a stored hash was made with another cost than new ones: hash the password again at its next use.
    public func needsRehash(_ stored: String) -> Bool { !stored.hasPrefix(cost.prefix) }

    /// A hash that nobody knows a password for, since it was not made from any.
    var decoy: String {
        let unpadded = { (count: Int) in Data(count: count).base64EncodedString().filter { $0 != "=" } }
        return cost.prefix + unpadded(Self.saltBytes) + "$" + unpadded(Self.hashBytes)
    }

    private func compute<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        do {
            return try await gate.run {
                try await Self.threads.runIfActive {
                    ThreadPriority.background.apply()
                    return try work()
                }
            }
        } catch is AdmissionGate.Full {
            throw SampanError(
                "SIGN_IN_BUSY", status: 503,
                Localized("Too many people are signing in at this moment.", zh: "当前登录的人太多。"),
                remedy: Localized("Try again after a few seconds.", zh: "请几秒后重试。"), retryAfter: 2)
        }
    }

    private static func randomSalt() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<saltBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// The PHC string of a password, a salt and a cost.
    static func encode(_ password: [UInt8], salt: [UInt8], cost: Cost) throws -> String {
        let length = argon2_encodedlen(cost.passes, cost.memoryKiB, cost.lanes, UInt32(salt.count), UInt32(hashBytes), Argon2_id)
        var encoded = [CChar](repeating: 0, count: length)
        let code = argon2id_hash_encoded(
            cost.passes, cost.memoryKiB, cost.lanes, password, password.count, salt, salt.count, hashBytes, &encoded, length)
        guard code == ARGON2_OK.rawValue else { throw PasswordHasherError(code: code) }
        return encoded.withUnsafeBytes { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    private static func fits(_ password: [UInt8], _ stored: String) throws -> Bool {
        let code = argon2id_verify(stored, password, password.count)
        switch code {
        case ARGON2_OK.rawValue: return true
        case ARGON2_VERIFY_MISMATCH.rawValue: return false
        default: throw PasswordHasherError(code: code)
        }
    }
}

/// Why a hash could not be computed: no memory, or what is stored is not a hash.
public struct PasswordHasherError: Error, CustomStringConvertible {
    let code: Int32

    /// The library's own words, for the log.
    public var description: String { "argon2: \(String(cString: argon2_error_message(code)))" }
}
