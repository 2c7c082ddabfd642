import Kernel
import Synchronization

/// Answers as a Sampan server that knows `blobs` and makes version 1 of everything.
final class SampanStandIn: Sendable {
    private let blobs: Mutex<Set<String>>
    private let versions = Mutex<[String: JSON]>([:])

    private let keysEnvironment: String?

    /// - Parameter keysEnvironment: the environment that the key belongs to; `nil` for an operator's key.
    init(blobs: Set<String> = [], keysEnvironment: String? = nil) {
        self.blobs = Mutex(blobs)
        self.keysEnvironment = keysEnvironment
    }

    var answer: RecordingServer.Answer { { self.respond($0) } }

    func respond(_ request: RecordingServer.Request) -> RecordingServer.Response {
        guard request.headers["authorization"] == "Bearer sk-test" else {
            return .problem(401, code: "KEY_INVALID", detail: "The key is not known.", remedy: "Run `sampan login` again.")
        }
        if request.line == "GET /admin/v1/whoami" {
            guard let keysEnvironment else { return .json(["kind": "operator"]) }
            return .json(["kind": "environment", "environment": .string(keysEnvironment)])
        }
        let parts = request.path.split(separator: "/").map(String.init)
        switch (request.method, parts.dropFirst(4).first) {
        case ("POST", "blobs"):
            let asked = (request.json["hashes"]?.arrayValue ?? []).compactMap(\.stringValue)
            return .json(["missing": .array(asked.filter { hash in !blobs.withLock { $0.contains(hash) } }.map { .string($0) })])
        case ("PUT", "blobs"):
            blobs.withLock { _ = $0.insert(parts[5]) }
            return RecordingServer.Response(status: 204)
        case ("POST", "functions") where parts.last == "versions":
            return makeVersion(parts[5], request.json)
        default: return .problem(404, code: "NOT_FOUND", detail: "There is nothing at \(request.path).", remedy: "Check it.")
        }
    }

    /// The same content again is the same version.
    private func makeVersion(_ name: String, _ body: JSON) -> RecordingServer.Response {
        versions.withLock { versions in
            let isReused = versions[name]?["files"] == body["files"]
            versions[name] = body
            return .json(["version": 1, "reused": .bool(isReused)], status: isReused ? 200 : 201)
        }
    }
}
