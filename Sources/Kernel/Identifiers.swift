internal import Synchronization

/// An id of one kind of thing: its prefix and ten characters of an alphabet without look-alikes.
public protocol Identifier: Sendable, Hashable, CustomStringConvertible {
    /// What every id of this kind begins with, the hyphen included.
    static var prefix: String { get }
    /// The id as text, safe in paths, host names and SQL text.
    var text: String { get }
    /// Takes a text that is known to be well-formed.
    init(wellFormed text: String)
}

extension Identifier {
    /// Accepts a well-formed id, `nil` otherwise.
    ///
    /// Well-formed says nothing about whether it exists.
    public init?(_ text: some StringProtocol) {
        let bytes = text.utf8
        guard bytes.count > Self.prefix.utf8.count, bytes.count <= 40, text.hasPrefix(Self.prefix) else { return nil }
        guard bytes.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }) else { return nil }
        self.init(wellFormed: String(text))
    }

    /// A new random id.
    public static func random() -> Self { Self(wellFormed: prefix + RandomText.make(10, alphabet: RandomText.readable)) }

    /// The text for people and logs.
    public var description: String { text }
}

/// The id of an environment.
public struct EnvironmentID: Identifier {
    /// What every id of this kind begins with.
    public static let prefix = "env-"
    /// The id as text.
    public let text: String
    /// Takes a text that is known to be well-formed.
    public init(wellFormed text: String) { self.text = text }
}

/// The id of an organization: a merchant, an agency, or the platform's operator.
public struct OrganizationID: Identifier {
    /// What every id of this kind begins with.
    public static let prefix = "org-"
    /// The id as text.
    public let text: String
    /// Takes a text that is known to be well-formed.
    public init(wellFormed text: String) { self.text = text }
}

/// The id of an app: one mini program with its ids on the platforms.
public struct AppID: Identifier {
    /// What every id of this kind begins with.
    public static let prefix = "app-"
    /// The id as text.
    public let text: String
    /// Takes a text that is known to be well-formed.
    public init(wellFormed text: String) { self.text = text }
}

/// The id of somebody's account for the console and the management API.
public struct AccountID: Identifier {
    /// What every id of this kind begins with.
    public static let prefix = "acc-"
    /// The id as text.
    public let text: String
    /// Takes a text that is known to be well-formed.
    public init(wellFormed text: String) { self.text = text }
}

/// Random text for ids and secrets, from the system's generator.
public enum RandomText {
    /// Lower-case letters and digits without 0, 1, l and o.
    public static let readable = Array("23456789abcdefghijkmnpqrstuvwxyz".utf8)
    /// 62 letters and digits.
    public static let alphanumeric = Array("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)

    /// `count` characters drawn from `alphabet`.
    public static func make(_ count: Int, alphabet: [UInt8] = alphanumeric) -> String {
        var generator = SystemRandomNumberGenerator()
        return String(unsafeUninitializedCapacity: count) { buffer in
            for index in 0..<count { buffer[index] = alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] }
            return count
        }
    }
}

/// Ids of requests: `r-` and sixteen characters.
public enum RequestID {
    private static let digits = Array("0123456789abcdefghijklmnopqrstuv".utf8)

    /// Random once for each process; what follows is a count, mixed so that it looks like nothing.
    ///
    /// Nobody gains anything by guessing an id, and to ask the kernel for chance costs two system calls a request.
    private static let seeds = (high: UInt64.random(in: 0 ... .max), low: UInt64.random(in: 0 ... .max))
    private static let count = Atomic<UInt64>(0)

    /// A new id of 80 bits.
    public static func make() -> String {
        let number = count.wrappingAdd(1, ordering: .relaxed).newValue
        var high = mixed(seeds.high &+ number &* 0x9E37_79B9_7F4A_7C15)
        var low = mixed(seeds.low ^ number &* 0xD1B5_4A32_D192_ED03)
        return String(unsafeUninitializedCapacity: 18) { buffer in
            buffer[0] = 114
            buffer[1] = 45
            for index in 2..<10 {
                buffer[index] = digits[Int(high & 31)]
                high >>= 5
            }
            for index in 10..<18 {
                buffer[index] = digits[Int(low & 31)]
                low >>= 5
            }
            return 18
        }
    }

    /// A bijection in which every bit depends on every other (SplitMix64).
    private static func mixed(_ word: UInt64) -> UInt64 {
        var word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// The id that a client sent, if it may be used as one: letters, digits and `-`, at most 64.
    public static func accepted(_ text: String) -> Bool {
        let bytes = text.utf8
        return !bytes.isEmpty && bytes.count <= 64
            && bytes.allSatisfy { (97...122).contains($0) || (65...90).contains($0) || (48...57).contains($0) || $0 == 45 || $0 == 95 }
    }
}

/// Ids of documents: 24 hexadecimal digits as on Alipay's and MongoDB's clouds, beginning with the time in seconds.
public enum DocumentID {
    private static let digits = Array("0123456789abcdef".utf8)

    /// A new id.
    public static func make(now: Int64) -> String {
        var generator = SystemRandomNumberGenerator()
        var seconds = UInt32(truncatingIfNeeded: now / 1000)
        var random = generator.next()
        return String(unsafeUninitializedCapacity: 24) { buffer in
            for index in (0..<8).reversed() {
                buffer[index] = digits[Int(seconds & 15)]
                seconds >>= 4
            }
            for index in 8..<24 {
                buffer[index] = digits[Int(random & 15)]
                random >>= 4
            }
            return 24
        }
    }
}
