internal import Foundation
internal import HTTPSupport
internal import HTTPTypes
internal import Hummingbird
internal import Kernel
internal import NIOCore

/// An HTTP request as a function sees it: the integration event of both platforms.
struct IntegrationEvent {
    let bytes: ByteBuffer

    init(_ request: Request, path: String, body: ByteBuffer) {
        var headers: JSONObject = [:]
        for field in request.headers {
            let name = field.name.rawName.lowercased()
            // A name that comes more than once is a list (RFC 9110, 5.3).
            headers[name] = .string(headers[name]?.stringValue.map { "\($0), \(field.value)" } ?? field.value)
        }
        if let host = request.head.authority { headers["host"] = .string(host) }
        var query: JSONObject = [:]
        for (name, value) in request.uri.queryParameters { query[String(name)] = .string(String(value)) }
        let text = body.getString(at: body.readerIndex, length: body.readableBytes)
        let isText = text.map { $0.utf8.count == body.readableBytes && !$0.unicodeScalars.contains("\u{FFFD}") } ?? false
        let event: JSONObject = [
            "path": .string(path), "httpMethod": .string(request.method.rawValue), "headers": .object(headers),
            "queryStringParameters": .object(query),
            "body": .string(isText ? text ?? "" : Data(body.readableBytesView).base64EncodedString()), "isBase64Encoded": .bool(!isText),
        ]
        bytes = ByteBuffer(bytes: JSON.object(event).serialized())
    }
}

/// What a function's return value becomes over HTTP.
enum IntegrationResponse {
    static func make(_ result: ByteBuffer) -> Response {
        guard let value = try? JSON(result) else { return .json(result) }
        switch value {
        case .string(let text): return plain(text)
        case .int, .double, .bool: return plain(value.text)
        case .object(let object) where object["statusCode"]?.intValue != nil: return integrated(object)
        default: return .json(result)
        }
    }

    private static func plain(_ text: String) -> Response {
        Response(status: .ok, headers: [.contentType: "text/plain; charset=utf-8"], body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    private static func integrated(_ object: JSONObject) -> Response {
        let code = Int(object["statusCode"]?.intValue ?? 200)
        var headers = HTTPFields()
        for (name, value) in object["headers"]?.objectValue ?? [:] {
            // Lengths and hops are the server's own business.
            guard let field = HTTPField.Name(name), !["content-length", "transfer-encoding", "connection"].contains(name.lowercased()) else { continue }
            for value in value.arrayValue ?? [value] { headers.append(HTTPField(name: field, value: value.stringValue ?? value.text)) }
        }
        let body: ByteBuffer
        switch object["body"] {
        case .string(let text)?:
            let decoded = object["isBase64Encoded"]?.boolValue == true ? Data(base64Encoded: text) : nil
            body = decoded.map { ByteBuffer(bytes: $0) } ?? ByteBuffer(string: text)
        case nil, .null?: body = ByteBuffer()
        case let other?:
            body = ByteBuffer(bytes: other.serialized())
            if headers[.contentType] == nil { headers[.contentType] = "application/json; charset=utf-8" }
        }
        if headers[.contentType] == nil { headers[.contentType] = "text/plain; charset=utf-8" }
        return Response(status: .init(code: (100...599).contains(code) && code >= 200 ? code : 502), headers: headers, body: .init(byteBuffer: body))
    }
}
