public import HTTPSupport
public import Kernel
internal import NIOCore
internal import Synchronization

/// Talks with one client that watches: `GET /v1/watch` as a WebSocket (`docs/api/wire.md`, Watch).
public struct WatchRoutes: Sendable {
    /// Who a client is by its token, and whether its environment serves; asked again while it listens.
    public typealias Identify = @Sendable (_ token: String, _ environment: String?, _ clientIP: String) throws -> CallContext

    private static let firstMessageSeconds: Int64 = 10
    private static let askAgainSeconds: Int64 = 60

    private let documents: Documents
    private let identify: Identify

    /// Makes the route.
    public init(_ documents: Documents, identify: @escaping Identify) {
        self.documents = documents
        self.identify = identify
    }

    /// The WebSocket of the client API.
    public var webSocket: WebSocketRoute { WebSocketRoute(path: "/v1/watch") { await serve($0) } }

    private func serve(_ connection: WebSocketConnection) async {
        let peer = Peer(connection)
        let session = WatchSession(documents: documents, peer: peer) { [identify] token, environment in
            try identify(token, environment ?? connection.environment, connection.clientIP)
        }
        if let header = connection.authorization, header.hasPrefix("Bearer ") { session.login(String(header.dropFirst(7)), nil) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // Cancelled when the client hangs up: the loop ends.
                try? await Task.sleep(for: .seconds(Self.firstMessageSeconds))
                while !Task.isCancelled {
                    guard session.isStillWelcome() else { return connection.close(.policyViolation) }
                    try? await Task.sleep(for: .seconds(Self.askAgainSeconds))
                }
            }
            for await message in connection.messages { session.take(message) }
            group.cancelAll()
        }
        session.end()
    }
}

/// A connection as watches know it.
private final class Peer: WatchPeer {
    private let connection: WebSocketConnection

    init(_ connection: WebSocketConnection) { self.connection = connection }

    func send(_ text: ByteBuffer) { connection.send(text) }
}

/// One client's watches.
final class WatchSession: Sendable {
    private struct State {
        var token = ""
        var context: CallContext?
        var watches: Set<String> = []
    }

    private let documents: Documents
    private let peer: any WatchPeer
    private let identify: @Sendable (_ token: String, _ environment: String?) throws -> CallContext
    private let state = Mutex(State())

    init(documents: Documents, peer: any WatchPeer, identify: @escaping @Sendable (_ token: String, _ environment: String?) throws -> CallContext) {
        self.documents = documents
        self.peer = peer
        self.identify = identify
    }

    /// Does what a message asks; what is wrong with it is told, and the session goes on.
    func take(_ message: ByteBuffer) {
        var watch: String?
        do {
            guard let object = try message.withUnsafeReadableBytes(DocumentOperation.parse, or: SampanError.malformedJSON).objectValue else {
                throw SampanError.badMember("message", Localized("a JSON object", zh: " JSON 对象"))
            }
            watch = try object.optionalText("watch")
            switch try object.text("type") {
            case "login": login(try object.text("token"), try object.optionalText("env"))
            case "watch": try begin(object, watch)
            case "close": try close(watch)
            case "ping": peer.send(WatchMessage.plain("pong"))
            default: throw SampanError.badMember("type", Localized("login, watch, close or ping", zh: " login、watch、close 或 ping"))
            }
        } catch {
            peer.send(WatchMessage.failure(watch, error, state.withLock { $0.context?.language } ?? .en))
        }
    }

    func login(_ token: String, _ environment: String?) {
        do {
            let context = try identify(token, environment)
            let isSame = state.withLock { state in
                // A token that was renewed goes on with what is watched; another user's does not.
                guard state.context == nil || (state.context?.caller == context.caller && state.context?.environment == context.environment) else {
                    return false
                }
                (state.token, state.context) = (token, context)
                return true
            }
            guard isSame else { throw SampanError.badMember("token", Localized("that of the same user", zh: "同一用户的令牌")) }
            peer.send(WatchMessage.plain("ready"))
        } catch {
            peer.send(WatchMessage.failure(nil, error, .en))
        }
    }

    /// Whether the client has logged in and its token still holds; where not, the client is told why.
    func isStillWelcome() -> Bool {
        do {
            _ = try identify(state.withLock { $0.token }, known().environment.text)
            return true
        } catch {
            peer.send(WatchMessage.failure(nil, error, state.withLock { $0.context?.language } ?? .en))
            return false
        }
    }

    /// Ends everything: the client has gone.
    func end() {
        guard let context = state.withLock({ $0.context }) else { return }
        documents.openStore(context.environment)?.watches.unwatch(peer)
    }

    private func known() throws -> CallContext {
        guard let context = state.withLock({ $0.context }) else {
            throw SampanError.unauthenticated(
                "LOGIN_FIRST", Localized("The first message is the login.", zh: "第一条消息应为登录。"),
                remedy: Localized("Send {\"type\":\"login\",\"token\":…} first.", zh: "请先发送 {\"type\":\"login\",\"token\":…}。"))
        }
        return context
    }

    private func begin(_ message: JSONObject, _ watch: String?) throws {
        let context = try known()
        guard let watch, (1...64).contains(watch.utf8.count) else { throw SampanError.badMember("watch", Localized("1 to 64 bytes", zh: " 1 到 64 字节")) }
        let room = try documents.store(context.environment).watches
        let request = try WatchRequest(message, caller: context.caller, limits: documents.limits, now: documents.clock.now(), language: context.language)
        try state.withLock { state in
            guard state.watches.count < documents.limits.watchesOfConnectionMax else {
                throw SampanError.limitExceeded(
                    Localized(
                        "A connection watches at most \(documents.limits.watchesOfConnectionMax) queries.",
                        zh: "每个连接至多监听 \(documents.limits.watchesOfConnectionMax) 个查询。"))
            }
            guard state.watches.insert(watch).inserted else { throw SampanError.badMember("watch", Localized("a name that is not in use", zh: "未被占用的名称")) }
        }
        let member = WatchRoom.Member(peer: peer, watch: watch) { [weak self] in self?.state.withLock { _ = $0.watches.remove(watch) } }
        room.watch(request, context.caller, member)
    }

    private func close(_ watch: String?) throws {
        let context = try known()
        guard let watch, state.withLock({ $0.watches.remove(watch) }) != nil else {
            throw SampanError.badMember("watch", Localized("the name of a watch", zh: "监听的名称"))
        }
        documents.openStore(context.environment)?.watches.unwatch(peer, watch)
        peer.send(WatchMessage.plain("closed", watch: watch))
    }
}
