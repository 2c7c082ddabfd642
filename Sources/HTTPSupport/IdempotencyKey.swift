public import Hummingbird
public import Kernel

extension Request {
    /// The idempotency key, if one was sent.
    public func idempotencyKeyChecked() throws -> String? {
        guard let key = headers[.idempotencyKey] else { return nil }
        guard (1...128).contains(key.utf8.count) else { throw SampanError.badMember("Idempotency-Key", Localized("1 to 128 bytes", zh: " 1 到 128 字节")) }
        return key
    }
}

extension SampanError {
    /// 422 where a key comes again with another request.
    public static let idempotencyMismatch = SampanError(
        "IDEMPOTENCY_MISMATCH", status: 422,
        Localized("This Idempotency-Key was used for another request.", zh: "该 Idempotency-Key 已用于另一请求。"),
        remedy: Localized("Use a new key for a new request.", zh: "新的请求请使用新的 key。"))
}
