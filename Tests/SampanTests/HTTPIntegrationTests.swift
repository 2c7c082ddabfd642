import Foundation
import HTTPSupport
import HTTPTypes
import Hummingbird
import Kernel
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import Functions

@Suite struct HTTPIntegrationTests {
    private func event(
        _ method: HTTPRequest.Method, _ path: String, headers: [(String, String)] = [], body: [UInt8] = []
    ) throws -> JSON {
        var fields = HTTPFields()
        for (name, value) in headers { fields.append(HTTPField(name: try #require(HTTPField.Name(name)), value: value)) }
        let request = Request(
            head: HTTPRequest(method: method, scheme: "http", authority: "shop.example", path: "/http/env-x" + path, headerFields: fields),
            body: .init(buffer: ByteBuffer()))
        let event = IntegrationEvent(request, path: request.uri.path.replacingOccurrences(of: "/http/env-x", with: ""), body: ByteBuffer(bytes: body))
        return try JSON(parsing: Array(event.bytes.readableBytesView))
    }

    @Test func aRequestBecomesTheEventOfBothPlatforms() throws {
        let event = try event(
            .post, "/pay/a?x=1&y=%E4%B8%96&z", headers: [("Content-Type", "text/plain"), ("X-Many", "1"), ("X-Many", "2")], body: Array("héllo".utf8))
        #expect(event["path"] == "/pay/a" && event["httpMethod"] == "POST" && event["body"] == "héllo" && event["isBase64Encoded"] == false)
        #expect(event["headers"]?["content-type"] == "text/plain" && event["headers"]?["host"] == "shop.example")
        #expect(event["headers"]?["x-many"] == "1, 2")
        #expect(event["queryStringParameters"]?["x"] == "1" && event["queryStringParameters"]?["y"] == "世")
    }

    @Test(arguments: [[0xFF, 0xFE, 0x00], [0xC3], [0x80], [0xED, 0xA0, 0x80]] as [[UInt8]]) func bytesThatAreNoTextTravelAsBase64(_ body: [UInt8]) throws {
        let event = try event(.put, "/", body: body)
        #expect(event["isBase64Encoded"] == true)
        #expect(event["body"]?.stringValue.flatMap { Data(base64Encoded: $0) } == Data(body))
    }

    @Test func anEmptyBodyIsAnEmptyText() throws {
        let event = try event(.get, "/")
        #expect(event["body"] == "" && event["isBase64Encoded"] == false)
    }

    private func text(_ response: Response) async throws -> String {
        let writer = Collector()
        try await response.body.write(writer)
        return String(buffer: writer.bytes.withLockedValue { $0 })
    }

    @Test(arguments: [
        ("\"hi\"", 200, "text/plain; charset=utf-8", "hi"), ("5", 200, "text/plain; charset=utf-8", "5"), ("true", 200, "text/plain; charset=utf-8", "true"),
        ("{\"a\":1}", 200, "application/json; charset=utf-8", "{\"a\":1}"), ("[1]", 200, "application/json; charset=utf-8", "[1]"),
        ("null", 200, "application/json; charset=utf-8", "null"),
        (#"{"statusCode":201,"body":"x"}"#, 201, "text/plain; charset=utf-8", "x"),
        (#"{"statusCode":404,"headers":{"Content-Type":"text/html"},"body":"<p>"}"#, 404, "text/html", "<p>"),
        (#"{"statusCode":200,"body":{"a":1}}"#, 200, "application/json; charset=utf-8", #"{"a":1}"#),
        (#"{"statusCode":200,"isBase64Encoded":true,"body":"aGk="}"#, 200, "text/plain; charset=utf-8", "hi"),
        (#"{"statusCode":204}"#, 204, "text/plain; charset=utf-8", ""), (#"{"statusCode":99,"body":"x"}"#, 502, "text/plain; charset=utf-8", "x"),
        (#"{"statusCode":100}"#, 502, "text/plain; charset=utf-8", ""), (#"{"statusCode":600}"#, 502, "text/plain; charset=utf-8", ""),
        (#"{"statusCode":-9223372036854775808}"#, 502, "text/plain; charset=utf-8", ""),
        (#"{"statusCode":"200"}"#, 200, "application/json; charset=utf-8", #"{"statusCode":"200"}"#),
    ])
    func aReturnValueBecomesAnAnswer(_ value: String, status: Int, contentType: String, body: String) async throws {
        let response = IntegrationResponse.make(ByteBuffer(string: value))
        #expect(response.status.code == status && response.headers[.contentType] == contentType)
        #expect(try await text(response) == body)
    }

    @Test func headersOfAnAnswerAreTakenButNotThoseOfTheConnection() throws {
        let response = IntegrationResponse.make(
            ByteBuffer(
                string:
                    #"{"statusCode":200,"headers":{"X-A":"1","Set-Cookie":["a=1","b=2"],"Content-Length":"999","Transfer-Encoding":"chunked","Connection":"close","X-N":5,"bad name":"x"},"body":""}"#
            ))
        let (text, number) = (try #require(HTTPField.Name("x-a")), try #require(HTTPField.Name("x-n")))
        #expect(response.headers[text] == "1" && response.headers[number] == "5")
        #expect(response.headers[values: .setCookie] == ["a=1", "b=2"])
        #expect(response.headers[.transferEncoding] == nil && response.headers[.connection] == nil && response.headers[.contentLength] != "999")
    }

    @Test func aHeaderValueCannotBeginAnotherHeader() throws {
        let response = IntegrationResponse.make(ByteBuffer(string: #"{"statusCode":200,"headers":{"X-A":"1\r\nX-Evil: 1"},"body":""}"#))
        for field in response.headers { #expect(!field.value.contains("\n") && !field.value.contains("\r"), "\(field)") }
    }
}

/// Keeps what a response writes.
private struct Collector: ResponseBodyWriter {
    let bytes = NIOLockedValueBox(ByteBuffer())

    func write(_ buffer: ByteBuffer) async throws { _ = bytes.withLockedValue { $0.writeImmutableBuffer(buffer) } }

    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
