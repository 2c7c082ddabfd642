import Kernel

/// What an answer that is not a success says.
enum ServerProblem {
    /// Reads the problem document of an answer; an answer without one (of a proxy, say) is told by its status.
    static func error(status: Int, body: [UInt8], requestID: String?, endpoint: String) -> CLIError {
        let problem = try? JSON(parsing: body)
        let detail = problem?["detail"]?.stringValue ?? problem?["title"]?.stringValue
        var error: CLIError
        if let detail {
            error = CLIError(Localized(detail, zh: detail))
        } else {
            error = CLIError(
                Localized("\(endpoint) answered with HTTP \(status).", zh: "\(endpoint) 返回了 HTTP \(status)。"))
        }
        error.remedy = problem?["remedy"]?.stringValue.map { Localized($0, zh: $0) } ?? remedy(for: status)
        error.code = problem?["code"]?.stringValue
        error.requestID = problem?["requestId"]?.stringValue ?? requestID
        error.status = status
        error.details = thrown(problem?["error"])
        return error
    }

    private static func remedy(for status: Int) -> Localized? {
        switch status {
        case 401: Localized("Run `sampan login`.", zh: "请运行 `sampan login`。")
        case 404: Localized("Check that this is the address of a Sampan server.", zh: "请确认这是 Sampan 服务器的地址。")
        case 500...: Localized("Try again, or look at the server's log.", zh: "请重试，或查看服务器日志。")
        default: nil
        }
    }

    /// The stack of an error that a function threw.
    private static func thrown(_ error: JSON?) -> [String] {
        guard let error else { return [] }
        if let stack = error["stack"]?.stringValue, !stack.isEmpty {
            return stack.split(separator: "\n").map { String($0.drop { $0 == " " }) }
        }
        guard let message = error["message"]?.stringValue else { return [] }
        return [[error["name"]?.stringValue, message].compactMap(\.self).joined(separator: ": ")]
    }
}
