/// One immutable version of a function as a worker needs it.
///
/// Two values with the same `key` are the same code: whatever changes what a worker would do has to change the key.
public struct FunctionCode: Sendable {
    /// The identity of a worker that has loaded this code: environment, function and version.
    public var key: String
    /// The folder with the deployed files; nothing in it may change while workers use it.
    public var directory: String
    /// Which export is called, such as `index.main`.
    public var handler: String
    /// Environment variables that the code sees.
    public var environment: [String: String]
    /// The environment's id.
    public var env: String
    /// The function's name.
    public var function: String
    /// The version's number.
    public var version: Int
    /// How long one invocation may take.
    public var timeoutMs: Int
    /// How much memory a worker may use.
    public var memoryMB: Int
    /// How many invocations one worker takes at the same time.
    public var concurrency: Int
    /// Whether the code can reach the internet.
    public var internet: Bool

    /// Describes one version of a function.
    public init(
        key: String, directory: String, handler: String = "index.main", environment: [String: String] = [:], env: String, function: String,
        version: Int, timeoutMs: Int = 20_000, memoryMB: Int = 512, concurrency: Int = 32, internet: Bool = false
    ) {
        self.key = key
        self.directory = directory
        self.handler = handler
        self.environment = environment
        self.env = env
        self.function = function
        self.version = version
        self.timeoutMs = timeoutMs
        self.memoryMB = memoryMB
        self.concurrency = max(1, concurrency)
        self.internet = internet
    }
}

extension FunctionCode: Hashable {
    /// Whether both are the same version.
    public static func == (left: FunctionCode, right: FunctionCode) -> Bool { left.key == right.key }

    /// Hashes the key, which stands for the rest.
    public func hash(into hasher: inout Hasher) { hasher.combine(key) }
}
