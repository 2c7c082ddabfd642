import Testing

@testable import Console

/// Browsers by the names that people know them by, although most of them say that they are several.
struct ClientNameTests {
    @Test(arguments: [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36", "Chrome · Windows"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0", "Edge · Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15", "Safari · macOS"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox · Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 MicroMessenger/8.0.49", "WeChat · iPhone"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36 AlipayClient/10.6", "Alipay · Android"),
        ("sampan-cli", "Sampan CLI"), ("somebody's own thing/1.0", "somebody's own thing/1.0"),
    ])
    func theyAreNamed(_ userAgent: String, _ name: String) {
        #expect(ClientName.of(userAgent) == name)
    }

    @Test func whatSaysNothingHasNoName() {
        #expect(ClientName.of("") == nil)
        #expect(ClientName.of(String(repeating: "x", count: 500))?.count == 60)
    }
}
