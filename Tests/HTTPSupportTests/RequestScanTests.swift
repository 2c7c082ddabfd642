import Testing

@testable import HTTPSupport

/// Reading heads strictly, and counting where requests begin.
@Suite struct RequestScanTests {
    private func scan(_ text: String) -> String {
        Array(text.utf8).withUnsafeBytes { bytes in
            switch RequestScan.read(bytes) {
            case .more: "more"
            case .strange: "strange"
            case .whole(let scan):
                "\(String(decoding: bytes[scan.method], as: UTF8.self)) \(String(decoding: bytes[scan.target], as: UTF8.self)) \(scan.length)+\(scan.bodyLength)"
                    + (scan.isPlain ? "" : " not plain")
            }
        }
    }

    @Test func whatIsPlain() {
        #expect(scan("GET / HTTP/1.1\r\n\r\n") == "GET / 18+0")
        #expect(scan("POST /a?b=c HTTP/1.1\r\nHost: x\r\ncontent-length:  12 \r\n\r\nhello") == "POST /a?b=c 55+12")
        #expect(scan("GET / HTTP/1.1\r\nConnection: Keep-Alive\r\nX-A:\r\n\r\n") == "GET / 48+0")
    }

    @Test(arguments: ["", "G", "GET / HTTP/1.1", "GET / HTTP/1.1\r", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: x\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r"])
    func whatHasNotComeWhole(_ text: String) { #expect(scan(text) == "more") }

    @Test(
        arguments: [
            "Connection: close", "Origin: https://x", "Cookie: a=b", "Expect: 100-continue", "Idempotency-Key: k", "connection: keep-alive, upgrade",
            "Authorization: a\r\nAuthorization: b", "x-sampan-env: a\r\nX-Sampan-Env: a",
        ])
    func whatNeedsAWordMore(_ fields: String) { #expect(scan("GET / HTTP/1.1\r\n\(fields)\r\n\r\n").hasSuffix(" not plain")) }

    @Test(
        arguments: [
            "\r\nGET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\n\n\r\n\r\n", "get / HTTP/1.1\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1 \r\n\r\n", "CONNECT a:1 HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nA : b\r\n\r\n", "GET / HTTP/1.1\r\n a\r\n\r\n",
            "GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n", "GET / HTTP/1.1\r\nA: b\rC: d\r\n\r\n", "GET / HTTP/1.1\r\nA: \u{0}\r\n\r\n",
            "GET / HTTP/1.1\r\nno colon\r\n\r\n",
            "GET / HTTP/1.1\r\n: b\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length:\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: identity\r\n\r\n",
            "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", "GET /\u{e4} HTTP/1.1\r\n\r\n",
        ])
    func whatIsStrange(_ text: String) { #expect(scan(text) == "strange") }

    @Test func boundsAreFollowedThroughAnyPieces() {
        let first = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
        let second = "GET /b HTTP/1.1\r\nHost: x\r\n\r\n"
        let bytes = Array((first + second + first).utf8)
        let ends = [first.utf8.count, first.utf8.count + second.utf8.count, bytes.count]
        for size in 1...bytes.count {
            var bounds = RequestBounds()
            var passed = 0
            while passed < bytes.count {
                let piece = Array(bytes[passed..<min(passed + size, bytes.count)])
                piece.withUnsafeBytes { bounds.pass($0) }
                passed += piece.count
                #expect(bounds.isBetween == ends.contains(passed), "pieces of \(size), after \(passed)")
            }
        }
    }

    @Test func whatCannotBeCountedIsLostForGood() {
        var bounds = RequestBounds()
        Array("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".utf8).withUnsafeBytes { bounds.pass($0) }
        #expect(!bounds.isBetween)
        Array("GET / HTTP/1.1\r\n\r\n".utf8).withUnsafeBytes { bounds.pass($0) }
        #expect(!bounds.isBetween)
    }
}
