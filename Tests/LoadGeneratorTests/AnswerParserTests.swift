import NIOCore
import Testing

@testable import LoadGenerator

@Suite struct AnswerParserTests {
    private static let plain = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{\"a\":42}"
    private static let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n5;x=y\r\n\":42}\r\n0\r\nTrailer: t\r\n\r\n"
    private static let refusal = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n"
    private static let continued = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"

    private func answer(_ result: AnswerParser.Result) -> Answer? { if case .answer(let answer) = result { answer } else { nil } }

    private func isMore(_ result: AnswerParser.Result) -> Bool { if case .more = result { true } else { false } }

    private func isMalformed(_ result: AnswerParser.Result) -> Bool { if case .malformed = result { true } else { false } }

    @Test(arguments: [plain, chunked, refusal, continued]) func everyCutGivesTheSameAnswer(text: String) throws {
        var whole = AnswerParser()
        let expected = try #require(answer(whole.read(ByteBuffer(string: text))))
        let bytes = Array(text.utf8)
        for cut in 1..<bytes.count {
            var parser = AnswerParser()
            // Twice, since a parser serves one answer after the other.
            for _ in 0..<2 {
                #expect(isMore(parser.read(ByteBuffer(bytes: bytes[..<cut]))), "\(cut)")
                let got = try #require(answer(parser.read(ByteBuffer(bytes: bytes[cut...]))), "\(cut)")
                #expect(got.status == expected.status && got.body == expected.body && got.keepsConnection == expected.keepsConnection)
            }
        }
        var parser = AnswerParser()
        for byte in bytes.dropLast() { #expect(isMore(parser.read(ByteBuffer(bytes: [byte])))) }
        #expect(answer(parser.read(ByteBuffer(bytes: bytes.suffix(1))))?.body == expected.body)
    }

    @Test func whatAnAnswerSaysIsKept() throws {
        var parser = AnswerParser()
        let plain = try #require(answer(parser.read(ByteBuffer(string: Self.plain))))
        #expect(plain.status == 200 && plain.keepsConnection && plain.retryAfter == nil && plain.body == Array(#"{"a":42}"#.utf8))
        #expect(answer(parser.read(ByteBuffer(string: Self.chunked)))?.body == Array(#"{"a":42}"#.utf8))
        let refusal = try #require(answer(parser.read(ByteBuffer(string: Self.refusal))))
        #expect(refusal.status == 429 && refusal.retryAfter == 7 && !refusal.keepsConnection)
        #expect(answer(parser.read(ByteBuffer(string: Self.continued)))?.status == 204)
        #expect(answer(parser.read(ByteBuffer(string: "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")))?.keepsConnection == false)
    }

    @Test func aLongBodyIsReadButNotKept() throws {
        var parser = AnswerParser()
        let length = Answer.bodyBytesMax + 1000
        _ = parser.read(ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: \(length)\r\n\r\n"))
        let body = try #require(answer(parser.read(ByteBuffer(repeating: 65, count: length)))).body
        #expect(body.count == Answer.bodyBytesMax)
    }

    @Test(arguments: [
        "HTTP/2 200\r\n\r\n", "HTTP/1.1 99 X\r\n\r\n", "HTTP/1.1 2000 X\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 200 OK\r\nno field\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab",
    ]) func whatIsNoAnswerIsMalformed(text: String) {
        var parser = AnswerParser()
        #expect(isMalformed(parser.read(ByteBuffer(string: text))))
    }

    @Test func aHeadWithoutEndIsMalformedAtSomePoint() {
        var parser = AnswerParser()
        #expect(isMore(parser.read(ByteBuffer(string: "HTTP/1.1 200 OK\r\nX: "))))
        #expect(isMalformed(parser.read(ByteBuffer(repeating: 65, count: AnswerHead.bytesMax))))
    }
}
