internal import Crypto
public import HTTPSupport
internal import HTTPTypes
public import Hummingbird
internal import Kernel
internal import NIOCore

/// Answers a management request that is sent again under the same `Idempotency-Key` with the first answer, for 24 hours.
///
/// That a request begins is written down before it runs. Whatever it refused is forgotten, so that it can be tried again; an answer is kept
/// sealed, since it may hold a secret that is shown once.
public struct RepeatMiddleware: RouterMiddleware {
    private static let keptMilliseconds: Int64 = 24 * 3_600_000
    private static let rowsMax = 100_000
    /// The largest body of a management request that is not a transfer of data.
    private static let bodyBytesMax = 16 << 20
    private static let answerBytesMax = 1 << 20
    /// It has keys of its own, kept in the same transaction as its writes.
    private static let database = "/admin/v1/environments/{env}/database"
    /// Addressed by its content.
    private static let blob = "/admin/v1/environments/{env}/blobs/{hash}"
    private static let importing = "/admin/v1/environments/{env}/import"

    private let store: AnswerStore
    private let sealer: Sealer
    private let clock: WallClock
    private let turns = Turns<String>()

    /// Makes the middleware; it belongs after the one that lets only those through who may.
    public init(_ tenancy: Tenancy) {
        store = tenancy.answers
        sealer = tenancy.sealer
        clock = tenancy.clock
    }

    static func sweep(_ store: AnswerStore, now: Int64) async throws { try await store.sweep(before: now - keptMilliseconds, rowsMax: rowsMax) }

    /// Passes one request through.
    public func handle(
        _ request: Request, context: SampanRequestContext, next: (Request, SampanRequestContext) async throws -> Response
    ) async throws -> Response {
        guard request.method != .get, request.method != .head, request.headers[.idempotencyKey] != nil, let principal = context.principal,
            let path = context.endpointPath, path.hasPrefix("/admin/"), path != Self.database, path != Self.blob
        else { return try await next(request, context) }
        guard path != Self.importing, let key = try request.idempotencyKeyChecked() else {
            throw SampanError.badMember("Idempotency-Key", Localized("none here: mode=upsert can be repeated", zh: "此处不支持，请使用可重复执行的 mode=upsert"))
        }
        let caller = "\(principal.kind.word) \(principal.kind.id)"
        var request = request
        let body = try await request.bytes(upTo: Self.bodyBytesMax)
        request.body = .init(buffer: body)
        let fingerprint = Self.fingerprint(request, body)
        await turns.enter("\(caller) \(key)")
        do {
            let response = try await answer(key, caller, fingerprint, request, context, next)
            await turns.leave("\(caller) \(key)")
            return response
        } catch {
            await turns.leave("\(caller) \(key)")
            throw error
        }
    }

    private func answer(
        _ key: String, _ caller: String, _ fingerprint: String, _ request: Request, _ context: SampanRequestContext,
        _ next: (Request, SampanRequestContext) async throws -> Response
    ) async throws -> Response {
        let now = clock.now()
        if let kept = try store.find(key, of: caller, since: now - Self.keptMilliseconds) {
            guard kept.fingerprint == fingerprint else { throw SampanError.idempotencyMismatch }
            return try repeated(kept)
        }
        try await store.begin(key, of: caller, fingerprint: fingerprint, now: now)
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            try await store.forget(key, of: caller)
            throw error
        }
        guard response.status.code < 400 else {
            try await store.forget(key, of: caller)
            return response
        }
        let body = try await response.body.collected()
        response.body = .init(byteBuffer: body)
        if body.readableBytes <= Self.answerBytesMax {
            try await store.finish(
                key, of: caller, status: response.status.code, contentType: response.headers[.contentType], tag: response.headers[.eTag],
                sealedBody: body.readableBytes == 0 ? nil : sealer.seal(String(buffer: body)))
        }
        return response
    }

    private func repeated(_ kept: AnswerStore.Kept) throws -> Response {
        guard let status = kept.status else { throw SampanError.firstAnswerUnknown }
        var headers: HTTPFields = [.idempotentReplayed: "true"]
        if let type = kept.contentType { headers[.contentType] = type }
        if let tag = kept.tag { headers[.eTag] = tag }
        let body = try kept.sealedBody.map { ByteBuffer(string: try sealer.open($0)) } ?? ByteBuffer()
        return Response(status: .init(code: status), headers: headers, body: .init(byteBuffer: body))
    }

    /// Another request than the first must not get the first one's answer.
    private static func fingerprint(_ request: Request, _ body: ByteBuffer) -> String {
        var hash = SHA256()
        hash.update(data: Array("\(request.method.rawValue) \(request.uri.string)\n\(request.headers[.ifMatch] ?? "")\n".utf8))
        body.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
        return hash.finalize().hex
    }
}

extension ResponseBody {
    /// All bytes of a body that ends by itself.
    fileprivate func collected() async throws -> ByteBuffer {
        let collector = Collector()
        try await write(collector)
        return collector.buffer
    }

    private final class Collector: ResponseBodyWriter {
        var buffer = ByteBuffer()

        func write(_ part: ByteBuffer) async throws {
            var part = part
            buffer.writeBuffer(&part)
        }

        func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}

extension HTTPField.Name {
    /// `Idempotent-Replayed`: the answer is that of an earlier request.
    static let idempotentReplayed = HTTPField.Name("idempotent-replayed").unsafelyUnwrapped
}

extension SampanError {
    /// 409 where a request began and it is not known how it ended, or its answer was too large to keep.
    static let firstAnswerUnknown = SampanError(
        "FIRST_ANSWER_UNKNOWN", status: 409,
        Localized("A request with this Idempotency-Key was begun; its answer is not known.", zh: "使用该 Idempotency-Key 的请求已开始执行，但其结果未知。"),
        remedy: Localized("Look whether it took effect, then go on with a new key.", zh: "请先确认其是否生效，再使用新的 key。"))
}
