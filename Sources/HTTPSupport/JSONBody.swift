public import HTTPTypes
public import Hummingbird
public import Kernel
public import NIOCore

extension Request {
    /// The whole body, refused beyond `limit` bytes.
    public func bytes(upTo limit: Int) async throws -> ByteBuffer {
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit { throw SampanError.tooLarge(limit) }
        do {
            return try await body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw SampanError.tooLarge(limit)
        }
    }

    /// The body as JSON; an empty body is an empty object.
    public func json(upTo limit: Int) async throws -> JSON {
        let buffer = try await bytes(upTo: limit)
        return buffer.readableBytes == 0 ? .object([:]) : try JSON(buffer)
    }

    /// The body as a JSON object.
    public func jsonObject(upTo limit: Int) async throws -> JSONObject {
        guard let object = try await json(upTo: limit).objectValue else {
            throw SampanError.badMember("body", Localized("a JSON object", zh: " JSON 对象"))
        }
        return object
    }
}

extension JSON {
    /// Parses the readable bytes of `buffer`.
    /// - Throws: `SampanError` `MALFORMED_JSON`.
    public init(_ buffer: ByteBuffer) throws {
        do {
            self = try buffer.withUnsafeReadableBytes { try JSON(parsing: $0) }
        } catch let error as JSONError {
            throw SampanError.malformedJSON(error)
        }
    }
}

extension Response {
    /// An answer whose body is JSON that is ready as bytes.
    public static func json(_ bytes: ByteBuffer, status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, headers: jsonHeaders, body: .init(byteBuffer: bytes))
    }

    /// An answer whose body is `value`.
    public static func json(_ value: JSON, status: HTTPResponse.Status = .ok) -> Response {
        json(ByteBuffer(bytes: value.serialized()), status: status)
    }

    private static let jsonHeaders: HTTPFields = [.contentType: "application/json; charset=utf-8"]
}

extension SampanError {
    /// 413 for a body or a file over its limit.
    public static func tooLarge(_ limit: Int) -> SampanError {
        SampanError(
            "TOO_LARGE", status: 413, Localized("The body is larger than \(limit) bytes.", zh: "请求体超过 \(limit) 字节。"),
            remedy: Localized("Send less at once.", zh: "请减小单次发送的数据量。"))
    }
}
