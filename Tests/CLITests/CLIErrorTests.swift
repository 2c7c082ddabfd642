import Kernel
import Testing

@testable import CLI

@Suite struct CLIErrorTests {
    private let problem: JSON = [
        "type": "about:blank", "title": "Not found", "status": 404, "code": "FUNCTION_NOT_FOUND",
        "detail": "There is no function named \"pay\".",
        "remedy": "Deploy it with `sampan deploy`.", "requestId": "r-7",
    ]

    @Test func problemOfTheServerInOneLine() {
        let error = ServerProblem.error(status: 404, body: problem.serialized(), requestID: nil, endpoint: "http://x")
        #expect(
            error.rendered(in: .en)
                == "error: There is no function named \"pay\". Deploy it with `sampan deploy`. (FUNCTION_NOT_FOUND, r-7)")
        #expect(
            error.rendered(in: .zh)
                == "错误：There is no function named \"pay\".Deploy it with `sampan deploy`.（FUNCTION_NOT_FOUND，r-7）")
        #expect(error.json(in: .en)["error"]?["status"] == 404)
    }

    @Test func errorThatAFunctionThrewComesWithItsStack() {
        let thrown: JSON = [
            "detail": "boom", "code": "FUNCTION_ERROR",
            "error": ["name": "TypeError", "message": "boom", "stack": "TypeError: boom\n    at main (/code/index.js:3:9)"],
        ]
        let error = ServerProblem.error(status: 500, body: thrown.serialized(), requestID: "r-9", endpoint: "http://x")
        #expect(error.details == ["TypeError: boom", "at main (/code/index.js:3:9)"])
        #expect(error.rendered(in: .en).split(separator: "\n").count == 3)
        #expect(error.requestID == "r-9")
    }

    @Test func answerOfAProxyIsToldByItsStatus() {
        let error = ServerProblem.error(status: 502, body: Array("<html>Bad gateway</html>".utf8), requestID: nil, endpoint: "http://x:1")
        #expect(error.rendered(in: .en) == "error: http://x:1 answered with HTTP 502. Try again, or look at the server's log.")
        #expect(error.rendered(in: .zh) == "错误：http://x:1 返回了 HTTP 502。请重试，或查看服务器日志。")
    }

    @Test(arguments: [
        (["LANG": "zh_CN.UTF-8"], Language.zh), (["LANG": "en_US.UTF-8"], .en), (["LC_ALL": "C", "LANG": "zh_CN"], .en),
        (["LC_ALL": "", "LC_MESSAGES": "zh_TW"], .zh), ([:], .en),
    ])
    func languageOfTheLocale(_ variables: [String: String], _ language: Language) {
        #expect(Language(locale: variables) == language)
    }
}
