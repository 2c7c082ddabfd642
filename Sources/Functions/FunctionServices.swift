public import Kernel
public import NIOCore

/// What functions may ask of the platform through their worker's channel; the composition root supplies it.
public protocol FunctionServices: Sendable {
    /// A database operation (`docs/api/wire.md`); open transactions end with `scope`.
    func database(_ request: ByteBuffer, scope: UInt64, _ context: CallContext) async throws -> ByteBuffer
    /// Ends what an invocation left open.
    func endScope(_ scope: UInt64, in environment: EnvironmentID)
    /// Stores a file.
    func upload(_ cloudPath: String, _ bytes: ByteBuffer, _ context: CallContext) async throws -> JSON
    /// The bytes of a file.
    func download(_ fileID: String, _ context: CallContext) async throws -> ByteBuffer
    /// Removes files.
    func deleteFiles(_ request: JSONObject, _ context: CallContext) async throws -> JSON
    /// Temporary addresses of files.
    func fileURLs(_ request: JSONObject, _ context: CallContext) async throws -> JSON
    /// A step of coupons, or a look at them (`docs/api/worker-protocol.md`).
    func coupons(_ request: JSONObject, _ context: CallContext) async throws -> JSON
    /// A call to a super-app's open API.
    func openAPI(_ request: JSONObject, _ context: CallContext) async throws -> ByteBuffer
    /// Whether the environment serves, its variables for functions, and whether they reach the internet.
    func environment(_ id: EnvironmentID) throws -> (variables: [String: String], internet: Bool)
}
